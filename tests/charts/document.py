"""Writes what follows from the comments in values.yaml: every chart's shared values, README.md and values.schema.json.

A value's comment is `# -- sentence`, as helm-docs has it, and goes on in the lines below. `# @schema {…}` adds JSON schema to what
the default says already (its type). A map without `@schema` is a section: closed, its keys documented one by one.
"""

import json
import re
import sys
from pathlib import Path

import yaml

CHARTS = Path(__file__).resolve().parents[2] / "charts"
LIBRARY = CHARTS / "mahila-lib"
SUITE = "mahila"
SHARED = "# What all charts share. `make charts-docs` writes it here from mahila-lib/values: change it there.\n"
KEY = re.compile(r"^( *)([A-Za-z][\w-]*):(?: |$)")


def charts() -> list[Path]:
    """The charts that can be installed; services first, for the suite is made of them."""
    found = [path.parent for path in CHARTS.glob("*/Chart.yaml") if path.parent != LIBRARY]
    return sorted(found, key=lambda chart: (chart.name == SUITE, chart.name))


def values_text(chart: Path) -> str:
    """values.yaml: the chart's own part as it stands, and the shared one anew."""
    file = chart / "values.yaml"
    own = file.read_text().split(SHARED)[0].strip() if file.exists() else ""
    names = ["global"] if chart.name == SUITE else ["global", "service"]
    parts = [own] if own else []
    parts += [SHARED.strip()] + [(LIBRARY / "values" / f"{name}.yaml").read_text().strip() for name in names]
    return "\n\n".join(parts) + "\n"


def comments(text: str) -> dict[tuple, tuple[str, dict | None]]:
    """The sentence and the schema that stand above each key."""
    found: dict[tuple, tuple[str, dict | None]] = {}
    path: list[tuple[int, str]] = []
    block: list[str] = []
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("#"):
            block.append(stripped[1:].strip())
            continue
        if match := KEY.match(line):
            indent = len(match[1])
            path = [step for step in path if step[0] < indent] + [(indent, match[2])]
            said, schema = "", None
            for words in block:
                if words.startswith("@schema"):
                    schema = json.loads(words.removeprefix("@schema"))
                elif words.startswith("-- "):
                    said = words[3:]
                elif said:
                    said += " " + words
            found[tuple(key for _, key in path)] = (said, schema)
        block = []
    return found


def type_of(value) -> str:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object", type(None): "null"}
    return kinds[type(value)]


def is_section(value, schema: dict | None) -> bool:
    return isinstance(value, dict) and schema is None


def leaves(values: dict, said: dict, path: tuple = ()):
    """(path, default, sentence, schema) of every value that can be set; sections are gone into."""
    for key, value in values.items():
        here = (*path, key)
        sentence, schema = said.get(here, ("", None))
        if is_section(value, schema) and value:
            yield from leaves(value, said, here)
            continue
        if not sentence:
            raise SystemExit(f"{'.'.join(here)} has no comment; write `# -- what it is` above it")
        yield here, value, sentence, schema or {}


def schema_of(values: dict, said: dict, path: tuple = ()) -> dict:
    """A closed schema of a section."""
    properties = {}
    for key, value in values.items():
        here = (*path, key)
        sentence, schema = said.get(here, ("", None))
        if is_section(value, schema) and value:
            inner = schema_of(value, said, here)
        else:
            inner = {"type": type_of(value), "default": value, **(schema or {})}
        properties[key] = {"description": sentence, **inner} if sentence else inner
    return {"type": "object", "additionalProperties": False, "properties": properties}


def schema_text(chart: Path, text: str) -> str:
    values = yaml.safe_load(text)
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": f"Values of {chart.name}",
        **schema_of(values, comments(text)),
    }
    for dependency in yaml.safe_load((chart / "Chart.yaml").read_text())["dependencies"]:
        # Helm adds a map for each dependency; a chart's own schema closes it.
        schema["properties"][dependency["name"]] = {
            "description": f"Values of {dependency['name']}, checked by its own schema.",
            "type": "object",
        }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def default(value) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return f"`{text}`"


def readme_text(chart: Path, text: str) -> str:
    about = yaml.safe_load((chart / "Chart.yaml").read_text())
    lines = [f"# {chart.name}", "", about["description"] + ".", ""]
    if chart.name == SUITE:
        services = [dependency["name"] for dependency in about["dependencies"] if dependency["name"] != LIBRARY.name]
        lines += ["Made of " + ", ".join(f"[{name}](../{name}/README.md)" for name in services) + ".",
                  "What one of them has of its own is set below its name, as `complaint-intake.replicas`; what they share stands here."]
    else:
        lines += ["A part of [mahila](../mahila/README.md), which installs all services; it can be installed alone too, in the same",
                  "namespace as the others, since services find each other by their charts' names."]
    lines += ["[How to install, upgrade, roll back, back up and rotate](../README.md).", "", "## Values", ""]
    lines += ["<!-- Written by `make charts-docs` from the comments in values.yaml. -->", "", "| value | what | default |", "|---|---|---|"]
    for path, value, sentence, schema in leaves(yaml.safe_load(text), comments(text)):
        if choices := schema.get("enum"):
            named = [choice for choice in choices if f"`{choice}`" not in sentence]
            sentence += " One of " + ", ".join(f"`{choice}`" for choice in choices) + "." if named else ""
        sentence = sentence.replace("|", "\\|")
        lines.append(f"| `{'.'.join(path)}` | {sentence} | {default(value)} |")
    return "\n".join(lines) + "\n"


def documents(chart: Path) -> dict[Path, str]:
    """Every written file of a chart, as it should be."""
    text = values_text(chart)
    return {
        chart / "values.yaml": text,
        chart / "README.md": readme_text(chart, text),
        chart / "values.schema.json": schema_text(chart, text),
    }


def main() -> None:
    for chart in charts():
        for file, text in documents(chart).items():
            if not file.exists() or file.read_text() != text:
                file.write_text(text)
                print(f"wrote {file.relative_to(CHARTS.parent)}", file=sys.stderr)


if __name__ == "__main__":
    main()
