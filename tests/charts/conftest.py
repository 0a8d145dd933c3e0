"""Modules beside the tests are found by their names; what follows from the charts' sources is made first."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import helm  # noqa: E402 (found by the line above)


@pytest.fixture(scope="session", autouse=True)
def _dependencies() -> None:
    helm.build_dependencies()
