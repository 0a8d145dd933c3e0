"""Programs that the tests run, and what boards ask."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROMETHEUS = ROOT / "target/tools/prometheus/usr/bin"
# Charts are rendered here as their own tests render them.
sys.path.insert(0, str(ROOT / "tests" / "charts"))

from helm import NAMESPACE, SERVICES, SUITE  # noqa: E402,F401 (found by the line above; for the tests)


def tool(name, mend, *places):
    """The path of a program that the tests cannot do without; an environment variable of its name goes first."""
    for place in [os.environ.get(name.upper()), *places, shutil.which(name)]:
        if place and Path(place).exists():
            return str(place)
    pytest.fail(f"{name} is missing; to mend it: {mend}", pytrace=False)


def run(*command, **options):
    """Runs a program; what it printed. A failure shows everything it said."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}"
    return done.stdout


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
