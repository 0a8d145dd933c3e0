"""Which metrics and labels a query of Prometheus names. It has no parser that says so; for names, a reader of words does."""

import re

KEYWORDS = {"and", "or", "unless", "by", "without", "on", "ignoring", "group_left", "group_right", "offset", "bool"}
WORD = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
GROUPING = re.compile(r"\b(by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
MATCHER = re.compile(r"([a-zA-Z_][a-zA-Z0-9_]*)\s*(?:=~|!~|!=|=)\s*\"")


def selectors(query):
    """(metric, labels matched) of every selector; the metric's name stands right before its braces."""
    found = []
    for match in re.finditer(r"([a-zA-Z_:][a-zA-Z0-9_:]*)\{((?:[^}\"]|\"[^\"]*\")*)\}", query):
        found.append((match[1], MATCHER.findall(match[2])))
    return found


def names(query):
    """Metrics, and labels, that a query names."""
    labels = {label for _, matched in selectors(query) for label in matched}
    rest = re.sub(r"\{(?:[^}\"]|\"[^\"]*\")*\}", " ", query)
    for match in GROUPING.finditer(rest):
        labels.update(WORD.findall(match[2]))
    rest = GROUPING.sub(" ", rest)
    rest = re.sub(r"\[[^\]]*\]", " ", rest)
    rest = re.sub(r"\b[0-9][0-9.]*[a-z]*\b", " ", rest)
    # What a parenthesis follows is a function.
    metrics = {word[0] for word in WORD.finditer(rest) if not re.match(r"\s*\(", rest[word.end() :])}
    return metrics - KEYWORDS, labels
