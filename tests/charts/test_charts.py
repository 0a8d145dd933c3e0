"""The charts as a person meets them: lint, unit tests, documents, schemas that are closed, one table of who follows whom."""

import json
import re
import subprocess

import pytest
import yaml

import document
from helm import CHARTS, ROOT, SERVICES, SHORT, SUITE, TOOLS, at, helm, least, over, template
from matrix import shipped_cases

ALL = [*SERVICES, SUITE]


@pytest.mark.parametrize(("name", "chart"), [(name, chart) for name, chart, _ in shipped_cases()])
def test_lint(name: str, chart: str) -> None:
    ran = helm("lint", "--strict", str(CHARTS / chart), "--values", str(CHARTS / name))
    assert ran.code == 0 and "[WARNING]" not in ran.out and not ran.err, ran.out + ran.err


def test_unit_tests_of_every_template_branch() -> None:
    ran = subprocess.run([TOOLS / "bin/helm-unittest", *(CHARTS / chart for chart in ALL)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    suites = int(re.search(r"Test Suites: .*?(\d+) total", ran.stdout)[1])
    assert suites == len(list(CHARTS.glob("*/tests/*_test.yaml"))) > 0


@pytest.mark.parametrize("chart", ALL)
def test_documents_are_as_the_values_say(chart: str) -> None:
    for file, text in document.documents(CHARTS / chart).items():
        assert file.read_text() == text, f"{file.relative_to(ROOT)} is old; run `make charts-docs`"


def known_values() -> set[str]:
    """Every path of values, sections included; `global` may be left out, as comments do."""
    found = set()
    for chart in ALL:
        for path, _ in sections(json.loads((CHARTS / chart / "values.schema.json").read_text())):
            found |= {".".join(path), ".".join((chart, *path)), ".".join(path).removeprefix("global.")}
    return found


def test_what_is_written_about_values_is_true() -> None:
    known = known_values()
    tops = "|".join(sorted({path.split(".")[0] for path in known if "." in path}))
    count = 0
    for file in [CHARTS / "README.md", ROOT / "RUNBOOKS.md", *CHARTS.glob("mahila-lib/values/*.yaml"), *CHARTS.glob("mahila-lib/templates/_validate.tpl")]:
        text = file.read_text()
        told = set(re.findall(r"--set ([\w.-]+)=", text)) | set(re.findall(r"(?<![$.])\bglobal(?:\.[a-z][\w-]*)+", text))
        if file.suffix != ".tpl":
            told |= set(re.findall(rf"`((?:{tops})(?:\.[A-Za-z]\w*)+)(?:: [^`]*)?`", text))
        files = {word for word in told if word.endswith((".crt", ".key"))}
        assert told - files <= known, f"{file.name}: {sorted(told - files - known)}"
        count += len(told)
    assert count > 60


def test_a_chart_of_a_service_is_a_page() -> None:
    for chart in SERVICES:
        for file in (CHARTS / chart / "templates").rglob("*.*"):
            lines = file.read_text().strip().splitlines()
            assert all(re.fullmatch(r'(---|\{\{-? include "mahila-lib\.[\w-]+" \. \}\})', line) for line in lines), file


def test_versions_are_one() -> None:
    """Charts, library and binary go together."""
    binary = re.search(r'^version = "(.+)"', (ROOT / "Cargo.toml").read_text(), re.M)[1]
    for chart in [*ALL, "mahila-lib"]:
        about = yaml.safe_load((CHARTS / chart / "Chart.yaml").read_text())
        versions = {about["version"], about["appVersion"]} | {needed["version"] for needed in about.get("dependencies", [])}
        assert versions == {binary}, chart


def sections(schema: dict, path: tuple = ()):
    yield path, schema
    for key, inner in schema.get("properties", {}).items():
        yield from sections(inner, (*path, key))


@pytest.mark.parametrize("chart", ALL)
def test_schemas_are_closed(chart: str) -> None:
    about = yaml.safe_load((CHARTS / chart / "Chart.yaml").read_text())
    dependencies = {needed["name"] for needed in about["dependencies"]}
    # A pod's affinity is Kubernetes' own.
    free = {(name,) for name in dependencies} | {("affinity",)}
    for path, schema in sections(json.loads((CHARTS / chart / "values.schema.json").read_text())):
        if schema.get("type") == "object" and path not in free:
            assert schema.get("additionalProperties") not in (None, True), f"{chart}: {path} is open"


REFUSED = [
    ("unknwon", 1, "additional properties 'unknwon' not allowed"),
    ("server.drainDelay", 1, "additional properties 'drainDelay' not allowed"),
    ("global.tsl", {}, "additional properties 'tsl' not allowed"),
    ("global.services.intake", True, "additional properties 'intake' not allowed"),
    ("resources.request", {}, "additional properties 'request' not allowed"),
    ("replicas", "two", "got string, want null or integer"),
    ("server.reflection", "yes", "got string, want boolean"),
    ("extraEnv", {"RUST_BACKTRACE": 1}, "got number, want string"),
    ("tolerations", ["x"], "got string, want object"),
    ("global.tls.mode", "mtls", "value must be one of 'none', 'existingSecret', 'certManager'"),
    ("global.migrations.mode", "init", "value must be one of 'hook', 'job', 'none'"),
    ("topologySpread.zones", "always", "value must be one of"),
    ("database.sslMode", "off", "value must be one of"),
    ("database.maxConnections", 0, "minimum: got 0, want 1"),
    ("server.drainDelayMs", 60001, "maximum: got 60,001, want 60,000"),
    ("global.image.digest", "latest", "does not match pattern"),
    ("global.auth.jwks.url", "login.example.org", "does not match pattern"),
    ("global.cnpg.backup.schedule", "0 2 * * *", "does not match pattern"),
    ("vault.role", "Intake Vault", "does not match pattern"),
    ("database.password", "secret", "additional properties 'password' not allowed"),
    ("global.gateway.parentRefs", [{"nmae": "x"}], "missing property 'name'"),
]


@pytest.mark.parametrize(("path", "value", "wrong"), REFUSED, ids=[path for path, _, _ in REFUSED])
def test_a_wrong_value_is_refused(path: str, value: object, wrong: str) -> None:
    for chart, prefix in (("complaint-intake", ""), (SUITE, "" if path.startswith("global") else "complaint-intake.")):
        ran = template(chart, over(least(chart), at(prefix + path, value)))
        assert ran.code != 0 and wrong in ran.err, f"{chart}: {ran.err or 'was taken'}"


def test_the_table_of_who_follows_whom_is_that_of_the_code() -> None:
    library = (CHARTS / "mahila-lib/templates/_suite.tpl").read_text()
    table = yaml.safe_load(re.search(r'define "mahila-lib.suite" -}}\n(.*?)\n{{- end', library, re.S)[1])
    assert {name: row["short"] for name, row in table.items()} == SHORT
    names = {short.capitalize(): name for name, short in SHORT.items()}
    for chart, row in table.items():
        source = "".join(file.read_text() for file in (ROOT / "services" / chart / "src").rglob("*.rs"))
        found = {}
        if "DirectoryCopy::new" in source:
            found["station-registry"] = True
        for named, literal in re.findall(r"fn source\(&self\) -> &'static str \{\s*(?:Service::(\w+)\.source\(\)|\"([\w-]+)\")\s*\}", source):
            peer = literal or names[named]
            word = SHORT[peer].capitalize()
            optional = re.search(rf"follow_if_there\(&base, Service::{word}\b|peers\.get\(Service::{word}\)\.is_some", source)
            found[peer] = not optional
        assert found == row["follows"], chart
        assert ("vault.data_keys" in source) == row.get("vault", False), chart
