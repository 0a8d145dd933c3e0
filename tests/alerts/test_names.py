"""What rules and boards ask for is what the services measure: `mahila telemetry names` is the list, and there is no other."""

import json

import promql
import pytest
from tools import expressions, run

# What Prometheus and its discovery add by themselves.
OWN_METRICS = {"up", "ALERTS"}
OWN_LABELS = {"namespace", "job", "instance", "le", "alertname", "alertstate", "severity"}


@pytest.fixture(scope="session")
def measured(mahila):
    """Labels of every series, by its name."""
    series = {}
    for metric in json.loads(run(mahila, "telemetry", "names", "--output", "json")):
        endings = ["_bucket", "_count", "_sum"] if metric["type"] == "histogram" else [""]
        for ending in endings:
            series[metric["name"] + ending] = set(metric["labels"])
    return series


def queries(rules, boards):
    for name, panel, query in expressions(boards):
        yield f"board {name}, {panel}", query
    for service, groups in rules.items():
        for rule in (rule for group in groups for rule in group["rules"]):
            yield f"rule {service}, {rule.get('alert') or rule.get('record')}", rule["expr"]


def test_every_metric_and_label_asked_for_is_measured(rules, boards, measured):
    recorded = {rule["record"] for groups in rules.values() for group in groups for rule in group["rules"] if "record" in rule}
    everything = set().union(*measured.values()) | OWN_LABELS
    for where, query in queries(rules, boards):
        metrics, labels = promql.names(query)
        assert metrics - OWN_METRICS - recorded <= set(measured), where
        assert labels <= everything, where
        for metric, matched in promql.selectors(query):
            allowed = measured.get(metric, {"service_name"}) | OWN_LABELS
            assert set(matched) <= allowed, (where, metric)


def test_what_is_measured_of_the_suite_is_on_a_board(rules, boards, measured):
    shown = {metric for _, query in queries(rules, boards) for metric in promql.names(query)[0]}
    forgotten = {name for name in measured if name.startswith(("mahila_", "db_")) and name not in shown}
    # A histogram is shown by its buckets.
    assert {name for name in forgotten if not name.endswith(("_count", "_sum"))} == set()


def test_names_are_found_and_nothing_else():
    query = (
        'histogram_quantile(0.95, sum by (namespace, le) (rate(a_bucket{b=~"x{1}|y", c!="d"}[5m])))'
        " > 0.25 and on () hour(vector(time() + 19800)) >= 10 or e:f:rate1h unless g offset 1h"
    )
    assert promql.names(query) == ({"a_bucket", "e:f:rate1h", "g"}, {"namespace", "le", "b", "c"})
    assert promql.selectors(query) == [("a_bucket", ["b", "c"])]
