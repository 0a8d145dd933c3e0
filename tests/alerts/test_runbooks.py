"""Every alert has its heading in RUNBOOKS.md and every heading its alert, and what it tells people to type exists."""

import itertools
import re
import shlex

import yaml
from tools import ROOT, run

TEXT = (ROOT / "RUNBOOKS.md").read_text()
ALERTS = TEXT.split("\n## Alerts\n")[1]


def blocks(language):
    """What stands in code blocks of a language, without the indent of the list it may stand in."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", TEXT, re.M | re.S)
    return ["\n".join(line.removeprefix(indent) for line in text.splitlines()) for indent, text in found]


def commands(program):
    """Calls of a program, as words: in code blocks, also behind `kubectl exec … --`, and in running text."""
    lines = [line for block in blocks("sh") for line in block.splitlines()] + re.findall(r"`([^`\n]+)`", TEXT)
    calls = [re.fullmatch(rf"(?:.* -- /)?({program} [a-z].*)", line.strip()) for line in lines]
    return [shlex.split(call[1]) for call in calls if call]


def test_every_alert_has_a_heading_and_every_heading_an_alert(alerts):
    headings = re.findall(r"^### (.+)$", ALERTS, re.M)
    assert len(set(headings)) == len(headings)
    assert set(headings) == {alert["alert"] for alert in alerts}


def test_every_heading_says_what_it_means_where_to_look_and_how_to_mend():
    for section in re.split(r"^### ", ALERTS, flags=re.M)[1:]:
        said = re.findall(r"^\*\*(\w[\w ]+)\.\*\* ", section, re.M)
        assert said == ["Means", "First look", "Mend"], section.splitlines()[0]


def test_links_within_the_page_lead_somewhere():
    headings = {heading.lower() for heading in re.findall(r"^#+ (\S+)$", TEXT, re.M)}
    for target in re.findall(r"\]\(#(\S+?)\)", TEXT):
        assert target in headings, target


def test_panels_that_are_named_are_on_a_board(boards):
    shown = {panel["title"] for board in boards.values() for panel in board["panels"]}
    shown |= {board["title"] for board in boards.values()}
    shown |= {variable["label"] for board in boards.values() for variable in board["templating"]["list"]}
    for panel in re.findall(r"(?<!\*)\*([A-Z][^*\n]+)\*(?!\*)", TEXT):
        assert panel in shown, panel


def test_verbs_and_flags_of_mahila_are_its_own(mahila):
    checked = commands("mahila")
    assert len(checked) > 6
    for words in checked:
        verbs = list(itertools.takewhile(lambda word: re.fullmatch(r"[a-z-]+", word) and word[0] != "-", words[1:]))
        # With --help it reads no further: a verb that it does not know is an error all the same.
        told = run(mahila, *verbs, "--help")
        for flag in (word for word in words if word.startswith("--")):
            assert re.search(rf"^ *(-\w, )?{flag}\b", told, re.M), words


def test_values_that_are_named_are_in_the_charts():
    known = set()
    for chart in ["mahila", "complaint-intake"]:
        waiting = [("", yaml.safe_load((ROOT / "charts" / chart / "values.yaml").read_text()))]
        while waiting:
            path, value = waiting.pop()
            known.add(path)
            if isinstance(value, dict):
                waiting += [(f"{path}.{key}".lstrip("."), inner) for key, inner in value.items()]
    named = re.findall(r"`((?:global|server|database|peers|tls)\.[A-Za-z.]+)`", TEXT)
    assert len(named) > 10
    for value in named:
        assert value in known, value
