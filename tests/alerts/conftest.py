"""What the charts give Prometheus and Grafana, rendered by the real helm, and the programs to ask about it.

`make alerts` brings the tools and runs these tests.
"""

import json
import sys
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parent))

from tools import PROMETHEUS, ROOT, SUITE, tool  # noqa: E402 (found by the line above)

import helm  # noqa: E402 (found by tools)


@pytest.fixture(scope="session")
def promtool():
    return tool("promtool", "make alerts", PROMETHEUS / "promtool")


@pytest.fixture(scope="session")
def mahila():
    return tool("mahila", "cargo build -p mahila", ROOT / "target/debug/mahila")


@pytest.fixture(scope="session")
def render():
    """Renders the suite with `monitoring` over the least values; its objects."""
    helm.build_dependencies()

    def render(monitoring):
        return helm.render(SUITE, helm.over(helm.least(SUITE), helm.at("global.monitoring", monitoring)))

    return render


# What the cases reckon with, whatever the charts' defaults are.
THRESHOLDS = {
    "runbooks": "RUNBOOKS.md",
    "feedLagEntries": 1000,
    "writeQueueCommands": 1024,
    "silentDesksPercent": 10,
    "certificateWarningDays": 14,
    "certificateCriticalDays": 3,
}


@pytest.fixture(scope="session")
def suite(render):
    """The objects of a suite that is watched."""
    return render({"rules": {"enabled": True, **THRESHOLDS}, "dashboards": {"enabled": True}})


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
