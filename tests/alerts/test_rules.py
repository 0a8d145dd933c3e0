"""The rules are Prometheus' own, every alert fires when it should and not otherwise, and says enough to begin with."""

import shutil
from pathlib import Path

import promql
import pytest
import yaml
from tools import NAMESPACE, SERVICES, run

CASES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))


def test_every_service_has_rules_that_prometheus_takes(rules, rule_files, promtool):
    assert sorted(rules) == sorted(SERVICES)
    run(promtool, "check", "rules", *sorted(rule_files.iterdir()))


@pytest.mark.parametrize("cases", CASES, ids=lambda cases: cases.stem)
def test_alerts_fire_when_they_should(cases, rule_files, promtool, tmp_path):
    for file in [cases, *rule_files.iterdir()]:
        shutil.copy(file, tmp_path)
    run(promtool, "test", "rules", tmp_path / cases.name)


def test_every_alert_has_a_case_where_it_fires_and_one_where_it_does_not(alerts):
    fires, silent = set(), set()
    for file in CASES:
        for case in yaml.safe_load(file.read_text())["tests"]:
            for expected in case["alert_rule_test"]:
                (fires if expected["exp_alerts"] else silent).add(expected["alertname"])
    names = {alert["alert"] for alert in alerts}
    assert fires == names
    assert silent == names


def test_an_alert_says_how_bad_since_when_and_where_to_read_on(alerts):
    for alert in alerts:
        name, annotations = alert["alert"], alert["annotations"]
        assert name.startswith("Mahila"), name
        assert alert["labels"]["severity"] in {"critical", "warning"}, name
        assert alert["for"], name
        assert annotations["summary"] and annotations["description"], name
        assert annotations["runbook_url"] == f"RUNBOOKS.md#{name.lower()}", name
        # Critical means that somebody is woken: once, whichever service it is.
    assert {alert["alert"] for alert in alerts if alert["labels"]["severity"] == "critical"} == {
        "MahilaErrorBudgetBurnsFast",
        "MahilaLatencyBudgetBurnsFast",
        "MahilaServiceDown",
        "MahilaWritesRefused",
        "MahilaFeedStuck",
        "MahilaCertificateExpires",
    }


def test_rules_ask_about_their_own_installation_alone(rules):
    for service, groups in rules.items():
        for rule in (rule for group in groups for rule in group["rules"]):
            asked = promql.selectors(rule["expr"])
            assert {metric for metric, _ in asked} == promql.names(rule["expr"])[0], rule["expr"]
            for metric, matched in asked:
                assert "namespace" in matched, rule["expr"]
                assert "job" in matched if metric == "up" else "service_name" in matched, rule["expr"]
            assert f'namespace="{NAMESPACE}"' in rule["expr"]
            assert service in rule["expr"]


def test_only_who_follows_and_sweeps_is_asked_about_it(rules):
    def services_with(alert):
        return {s for s, groups in rules.items() for g in groups for r in g["rules"] if r.get("alert") == alert}

    assert services_with("MahilaFeedStuck") == set(SERVICES) - {"station-registry"}
    assert services_with("MahilaSweepLate") == set(SERVICES) - {"oversight"}
    assert services_with("MahilaDesksSilent") == {"station-registry"}


def test_thresholds_and_addresses_are_set_by_values(render):
    documents = render(
        {
            "rules": {
                "enabled": True,
                "feedLagEntries": 17,
                "writeQueueCommands": 19,
                "silentDesksPercent": 23,
                "certificateWarningDays": 29,
                "certificateCriticalDays": 5,
                "labels": {"release": "ours"},
                "runbooks": "https://runbooks.example/mahila",
            }
        }
    )
    rules = [document for document in documents if document["kind"] == "PrometheusRule"]
    assert {document["metadata"]["labels"]["release"] for document in rules} == {"ours"}
    alerts = {r["alert"]: r for d in rules for g in d["spec"]["groups"] for r in g["rules"] if "alert" in r}
    for name, limit in [
        ("MahilaFeedLag", "> 17"),
        ("MahilaWriteQueueFills", "> 19"),
        ("MahilaDesksSilent", "> 23 / 100"),
        ("MahilaCertificateNotRenewed", "< 29 * 86400"),
        ("MahilaCertificateExpires", "< 5 * 86400"),
    ]:
        assert limit in alerts[name]["expr"], name
    assert alerts["MahilaFeedLag"]["annotations"]["runbook_url"] == "https://runbooks.example/mahila#mahilafeedlag"


def test_without_the_switches_there_is_nothing(render):
    for document in render({"rules": {"enabled": False}, "dashboards": {"enabled": False}}):
        assert document["kind"] != "PrometheusRule"
        assert "grafana_dashboard" not in document["metadata"].get("labels", {})
