"""Asked of an installation that is there: rules and boards by Prometheus, rows by psql as RUNBOOKS.md writes it, and the walk from an
exemplar to the row of a complaint."""

import json
import re
import shutil
import subprocess
import urllib.parse
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from tools import NAMESPACE, PROMETHEUS, ROOT, expressions, run, tool
from installation import (
    DATABASES,
    caller,
    certificates,
    create_databases,
    fetch,
    free_port,
    postgres,
    started,
    until,
    write_settings,
)
from test_runbooks import blocks

STATION = "ps-162-001"
SQL = {match[1]: text for text in blocks("sql") if (match := re.match(r"-- (.+)\n", text))}
READER = next(text for text in blocks("sql") if text.startswith("CREATE ROLE"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("live")


@pytest.fixture(scope="module")
def psql(folder):
    """psql of a PostgreSQL with the databases of all services, still empty."""
    (folder / "pg").mkdir()
    with postgres(folder / "pg") as psql:
        create_databases(psql)
        yield psql


@pytest.fixture(scope="module")
def settings(folder, mahila, psql):
    """Where the services will answer, and where they tell how they are; their databases are up to date, and there are readers."""
    certificates(folder)
    # Nobody listens there: traces are made, and lost.
    addresses = write_settings(folder, mahila, folder / "pg", f"http://127.0.0.1:{free_port()}")
    run(mahila, "migrate", "all", "--settings", folder / "settings.toml")
    for name in DATABASES:
        text = READER.replace("intake_reader", f"{name}_reader").replace("DATABASE intake", f"DATABASE {name}")
        run(*psql, "-U", "postgres", "-d", name, input=text.replace("SCHEMA intake,", f"SCHEMA {name},"))
    return addresses


@pytest.fixture(scope="module")
def read(psql, settings):
    """Asks a database as its reader; rows, or what psql said."""

    def read(name, text, **variables):
        words = [word for key, value in variables.items() for word in ("-v", f"{key}={value}")]
        asked = [*psql, "-U", f"{name}_reader", "-d", name, "-A", "-t", "-F", "|", *words]
        done = subprocess.run([str(word) for word in asked], input=text, capture_output=True, text=True, check=False)
        return done.stdout.split("\n")[:-1] if done.returncode == 0 else done.stderr

    return read


@pytest.mark.parametrize("title", SQL)
def test_every_query_of_the_runbooks_is_answered_to_a_reader(title, read):
    database = title.split(":")[0]
    assert database in DATABASES
    subject = "6f1f3c52-7a35-4a0e-9b0e-0d8c2f6c8f1e"
    rows = read(database, SQL[title], trace="4bf92f3577b34da6a3ce929d0e0e4736", subject=subject, after=0)
    assert isinstance(rows, list), rows


def test_a_reader_sees_no_identity_and_changes_nothing(read):
    assert "permission denied for schema vault" in read("intake", "SELECT * FROM vault.persons;")
    for change in ["DELETE FROM intake.complaints;", "SET default_transaction_read_only = off; DELETE FROM intake.complaints;"]:
        assert re.search("read-only transaction|permission denied", read("intake", change)), change


@pytest.fixture(scope="module")
def suite_runs(folder, mahila, settings):
    """The five services, at work: the roll is there, a desk is open, a complaint is registered."""
    url, health = settings
    call = caller(mahila, folder, url)
    log = folder / "services.log"
    with started([mahila, "serve", "all", "--settings", folder / "settings.toml"], log) as process:
        until("readiness", lambda: re.search(r'^mahila_ready\{.*complaint-intake.*\} 1', fetch(f"{health}/metrics") or "", re.M), process, log)
        roll = ROOT / "services" / "station-registry" / "data"
        said = call("registrar", "up", "import", "stations", "--units", roll / "units.csv", "--stations", roll / "stations.csv")
        assert said.returncode == 0, said.stderr
        today = datetime.now(UTC) + timedelta(hours=5, minutes=30)
        desk = {"name": f"stations/{STATION}/desk", "openedOn": dict(zip(("year", "month", "day"), today.timetuple()[:3], strict=True)),
                "opensMinute": 0, "closesMinute": 1440, "minWomen": 2}
        said = call("headquarters", "up", "registry", "open-desk", "--json", json.dumps({"desk": desk}))
        assert said.returncode == 0, said.stderr
        register = ["intake", "register-complaint", "--station", f"stations/{STATION}", "--channel", "walk-in", "--category", "stalking",
                    "--safe-contact.mode", "never", "--trace", "--output", "json"]
        # The intake has to hear of the station first.
        until("a complaint", lambda: call("desk_officer", STATION, *register).returncode == 0, process, log)
        yield call, register, health
    assert "panicked" not in log.read_text()


@pytest.fixture(scope="module")
def prometheus(folder, suite_runs, rule_files):
    """Asks a Prometheus that reads the services' metrics and has the rules of the charts."""
    _, _, health = suite_runs
    port = free_port()
    shutil.copytree(rule_files, folder / "rules")
    job = {
        "job_name": "complaint-intake-headless",
        "static_configs": [{"targets": [health.removeprefix("http://")], "labels": {"namespace": NAMESPACE}}],
    }
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": ["rules/*.yaml"],
        "scrape_configs": [job],
    }
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
    program = tool("prometheus", "make alerts", PROMETHEUS / "prometheus")
    command = [program, f"--config.file={folder}/prometheus.yaml", f"--storage.tsdb.path={folder}/tsdb",
               f"--web.listen-address=127.0.0.1:{port}", "--enable-feature=exemplar-storage"]
    log = folder / "prometheus.log"
    with started(command, log) as process:
        until("Prometheus", lambda: fetch(f"http://127.0.0.1:{port}/-/ready"), process, log)

        def ask(path, **parameters):
            answer = fetch(f"http://127.0.0.1:{port}/api/v1/{path}?{urllib.parse.urlencode(parameters)}")
            assert answer is not None, (path, parameters, log.read_text()[-2000:])
            return json.loads(answer)["data"]

        yield ask


def test_prometheus_reads_everything_and_every_rule_is_evaluated(prometheus):
    def targets_are_up():
        return [target["health"] for target in prometheus("targets")["activeTargets"]] == ["up"]

    until("the first scrape", targets_are_up)

    def rules():
        return [rule for group in prometheus("rules")["groups"] for rule in group["rules"]]

    until("the rules", lambda: all(rule["health"] != "unknown" for rule in rules()))
    assert [(rule["name"], rule["lastError"]) for rule in rules() if rule["health"] != "ok"] == []
    firing = [rule["name"] for rule in rules() if rule.get("state") == "firing"]
    assert firing == []


# What nobody does here: nobody checked in, decided, reported an event; there is no alert; nothing failed by our fault.
EMPTY = {
    ("mahila-station-registry", "CheckIn, which somebody waits for"),
    ("mahila-review-scheduling", "RecordDecision, which somebody waits for"),
    ("mahila-awareness-campaigns", "ReportEvent, which somebody waits for"),
    ("mahila-suite", "Alerts that fire"),
    ("mahila-suite", "Calls failed by us"),
}


def test_every_panel_that_should_show_something_does(prometheus, suite_runs, boards):
    call, register, _ = suite_runs
    nobody = "complaints/00000000-0000-4000-8000-000000000000"
    calls = [
        ("desk_officer", STATION, *register),
        ("desk_officer", STATION, "intake", "get-complaint", "--name", nobody),
        ("headquarters", "up", "registry", "get-desk", "--name", f"stations/{STATION}/desk"),
        ("headquarters", "up", "registry", "get-desk", "--name", "stations/ps-000-000/desk"),
        ("headquarters", "up", "review", "get-policy", "--level", "district"),
        ("headquarters", "up", "review", "get-cycle", "--name", "reviewCycles/00000000-0000-4000-8000-000000000000"),
        ("headquarters", "up", "campaign", "list-partners"),
        ("headquarters", "up", "campaign", "get-campaign", "--name", "campaigns/00000000-0000-4000-8000-000000000000"),
        ("headquarters", "up", "oversight", "get-statement", "--from", "2020-10-17", "--to", "2020-10-31"),
        ("headquarters", "up", "oversight", "get-statement", "--from", "2020-10-31", "--to", "2020-10-17"),
    ]
    missing = {(name, panel, query) for name, panel, query in expressions(boards) if (name, panel) not in EMPTY}

    def shown():
        for words in calls:
            call(*words)
        missing.difference_update({asked for asked in missing if prometheus("query", query=asked[2])["result"]})
        return not missing

    try:
        until("every panel", shown)
    except AssertionError:
        pytest.fail("\n".join(f"{name}, {panel}: {query}" for name, panel, query in sorted(missing)))
    for _, _, query in expressions(boards):
        prometheus("query", query=query)


def test_an_exemplar_leads_to_the_row(prometheus, suite_runs, read):
    call, register, _ = suite_runs
    said = call("desk_officer", STATION, *register)
    complaint = json.loads(said.stdout)["name"].removeprefix("complaints/")
    trace = re.search(r"trace: ([0-9a-f]{32})", said.stderr)[1]
    query = 'rpc_server_call_duration_seconds_bucket{rpc_method="mahila.intake.v1.IntakeService/RegisterComplaint"}'

    def traces():
        began = datetime.now(UTC) - timedelta(minutes=10)
        found = prometheus("query_exemplars", query=query, start=began.isoformat(), end=datetime.now(UTC).isoformat())
        return {exemplar["labels"]["trace_id"] for series in found for exemplar in series["exemplars"]}

    until("the exemplar", lambda: trace in traces())
    [by_trace] = [text for title, text in SQL.items() if "what a trace wrote" in title]
    [by_subject] = [text for title, text in SQL.items() if "the complaint whose" in title]
    [by_complaint] = [text for title, text in SQL.items() if "the traces that wrote" in title]
    entries = read("intake", by_trace, trace=trace)
    assert any(complaint in entry.split("|") for entry in entries), entries
    [row] = read("intake", by_subject, subject=complaint)
    assert STATION in row
    assert any(f"|{trace}|01" in entry for entry in read("intake", by_complaint, subject=complaint))
