"""Boards are what Grafana reads, every query is one, and what they say of the contract is so."""

import re

import yaml
from tools import ROOT, SERVICES, expressions, panels, run


def test_there_is_a_board_for_each_service_and_one_for_the_suite(boards):
    assert sorted(boards) == sorted(f"mahila-{name}" for name in [*SERVICES, "suite"])
    for name, board in boards.items():
        assert board["uid"] == name
        assert len(board["uid"]) <= 40, "Grafana takes no longer ones"
    assert len({board["title"] for board in boards.values()}) == len(boards)


def test_panels_have_ids_of_their_own_and_do_not_overlap(boards):
    for name, board in boards.items():
        ids = [panel["id"] for panel in board["panels"]]
        assert len(set(ids)) == len(ids), name
        taken = set()
        for panel in board["panels"]:
            place = panel["gridPos"]
            cells = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            assert not cells & taken, (name, panel["title"])
            assert place["x"] + place["w"] <= 24, (name, panel["title"])
            taken |= cells


def test_panels_say_what_they_show(boards):
    for name, board in boards.items():
        for panel in panels(board):
            assert panel["title"] and panel["description"].rstrip().endswith((".", "।")), (name, panel["title"])
            assert panel["targets"], (name, panel["title"])
            assert panel["datasource"]["uid"] == "${datasource}"
            references = [target["refId"] for target in panel["targets"]]
            assert len(set(references)) == len(references), (name, panel["title"])


def test_queries_are_prometheus_own(boards, promtool, tmp_path):
    rules = [{"record": "q", "expr": query} for _, _, query in expressions(boards)]
    file = tmp_path / "queries.yaml"
    # One group a query: a group refuses the same rule twice.
    file.write_text(yaml.safe_dump({"groups": [{"name": str(n), "rules": [rule]} for n, rule in enumerate(rules)]}))
    assert f"{len(rules)} rules found" in run(promtool, "check", "rules", "--lint=none", file)


def test_variables_of_queries_are_on_the_board(boards):
    for name, board in boards.items():
        declared = {variable["name"] for variable in board["templating"]["list"]}
        for panel in panels(board):
            for target in panel["targets"]:
                used = set(re.findall(r"\$\{?(\w+)", target["expr"])) - {"__rate_interval"}
                assert used <= declared, (name, panel["title"])
        assert {"datasource", "traces", "trace"} <= declared, name


def test_durations_lead_to_traces(boards):
    for name, board in boards.items():
        shown = [target for panel in panels(board) for target in panel["targets"] if target["exemplar"]]
        assert any("rpc_server_call_duration_seconds_bucket" in target["expr"] for target in shown), name
        assert all("_bucket" in target["expr"] for target in shown), "only buckets carry exemplars"
        [link] = [link for link in board["links"] if link["title"] == "Trace"]
        assert "${traces}" in link["url"] and "${trace}" in link["url"]


def test_the_trace_store_is_chosen_by_a_value(render):
    for store, query in [("tempo", '"queryType":"traceql"'), ("jaeger", '"type":"jaeger"')]:
        documents = render({"dashboards": {"enabled": True, "traces": store}})
        texts = [text for d in documents if d["kind"] == "ConfigMap" for text in d["data"].values()]
        boards = [yaml.safe_load(text) for text in texts if '"schemaVersion"' in text]
        assert len(boards) == len(SERVICES) + 1
        for board in boards:
            [traces] = [variable for variable in board["templating"]["list"] if variable["name"] == "traces"]
            assert traces["query"] == store
            assert any(query in link.get("url", "") for link in board["links"])


def contract():
    """Methods of the contract, and whether they stream."""
    methods = {}
    for file in (ROOT / "proto" / "mahila").rglob("*.proto"):
        text = file.read_text()
        package = re.search(r"^package (\S+);", text, re.M)[1]
        for service in re.finditer(r"^service (\w+) \{(.*?)^\}", text, re.M | re.S):
            for rpc in re.finditer(r"^  rpc (\w+)\((.*?)\) returns \((.*?)\)", service[2], re.M | re.S):
                methods[f"{package}.{service[1]}/{rpc[1]}"] = "stream " in rpc[2] + rpc[3]
    assert len(methods) > 50
    return methods


def test_streams_are_left_out_of_calls_and_nothing_else_is(rules, boards):
    queries = [query for _, _, query in expressions(boards)]
    queries += [rule["expr"] for groups in rules.values() for group in groups for rule in group["rules"]]
    patterns = {pattern for query in queries for pattern in re.findall(r'rpc_method!~"([^"]+)"', query)}
    [pattern] = patterns
    left_out = {method for method in contract() if re.fullmatch(pattern, method)}
    assert left_out == {method for method, streams in contract().items() if streams}
    assert re.fullmatch(pattern, "_OTHER")


def test_calls_that_somebody_waits_for_are_in_the_contract(rules, boards):
    queries = [query for _, _, query in expressions(boards)]
    queries += [rule["expr"] for groups in rules.values() for group in groups for rule in group["rules"]]
    named = {method for query in queries for method in re.findall(r'rpc_method=~?"([^"]+)"', query)} - {".*"}
    named = {method for names in named for method in names.split("|")}
    assert len(named) == len(SERVICES)
    assert named <= set(contract())
