"""What the charts give Prometheus and Grafana, rendered by the real helm, and the tools to ask about it.

`make alerts` brings the tools and runs these tests.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ["station-registry", "complaint-intake", "review-scheduling", "awareness-campaigns", "oversight"]
NAMESPACE = "mahila"


def tool(name, mend, *places):
    """The path of a program that the tests cannot do without."""
    for place in [os.environ.get(name.upper()), *places, shutil.which(name)]:
        if place and Path(place).exists():
            return str(place)
    pytest.fail(f"{name} is missing; to mend it: {mend}", pytrace=False)


def run(*command, **options):
    """Runs a program; what it printed. A failure shows everything it said."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def promtool():
    return tool("promtool", "install Prometheus (Debian: apt-get install prometheus)")


@pytest.fixture(scope="session")
def mahila():
    return tool("mahila", "cargo build -p mahila", ROOT / "target/debug/mahila", ROOT / "target/release/mahila")


@pytest.fixture(scope="session")
def helm():
    return tool("helm", "make helm", ROOT / "target/tools/bin/helm")


@pytest.fixture(scope="session")
def charts(helm, tmp_path_factory):
    """A copy of the charts with what they depend on, so that the checkout stays clean."""
    charts = tmp_path_factory.mktemp("charts") / "charts"
    shutil.copytree(ROOT / "charts", charts, ignore=shutil.ignore_patterns("*.tgz", "Chart.lock"))
    for chart in [*SERVICES, "mahila"]:
        run(helm, "dependency", "update", charts / chart)
    return charts


@pytest.fixture(scope="session")
def render(helm, charts):
    """Renders the suite; its objects."""

    def render(*settings):
        words = [word for setting in settings for word in ("--set", setting)]
        suite = charts / "mahila"
        values = suite / "values-dev.yaml"
        text = run(helm, "template", "suite", suite, "--namespace", NAMESPACE, "--values", values, *words)
        return [document for document in yaml.safe_load_all(text) if document]

    return render


@pytest.fixture(scope="session")
def suite(render):
    """The objects of a suite that is watched."""
    return render("global.monitoring.rules.enabled=true", "global.monitoring.dashboards.enabled=true")


@pytest.fixture(scope="session")
def rules(suite):
    """Groups of rules by service."""
    return {d["metadata"]["name"]: d["spec"]["groups"] for d in suite if d["kind"] == "PrometheusRule"}


@pytest.fixture(scope="session")
def alerts(rules):
    """Every alert there is, of any service."""
    return [rule for groups in rules.values() for group in groups for rule in group["rules"] if "alert" in rule]


@pytest.fixture(scope="session")
def boards(suite):
    """Boards by name, as Grafana reads them."""
    boards = {}
    for document in suite:
        if document["kind"] == "ConfigMap" and "grafana_dashboard" in document["metadata"].get("labels", {}):
            for name, text in document["data"].items():
                boards[name.removesuffix(".json")] = json.loads(text)
    return boards


@pytest.fixture(scope="session")
def rule_files(rules, tmp_path_factory):
    """A folder with a rules file a service, as promtool and Prometheus read them."""
    folder = tmp_path_factory.mktemp("rules")
    for service, groups in rules.items():
        text = yaml.safe_dump({"groups": groups}, allow_unicode=True, width=1000)
        (folder / f"{service}.yaml").write_text(text)
    return folder


def panels(board):
    """The panels that show something."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def expressions(boards):
    """Every query of every board, with what Grafana fills in filled in: (board, panel, query)."""
    filled = {"$__rate_interval": "5m", "$namespace": NAMESPACE, "$method": ".*"}
    for name, board in boards.items():
        for panel in panels(board):
            for target in panel["targets"]:
                query = target["expr"]
                for variable, value in filled.items():
                    query = query.replace(variable, value)
                yield name, panel["title"], query
