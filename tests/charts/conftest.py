"""Modules beside the tests are found by their names; what follows from the charts' sources is made first."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import helm  # noqa: E402 (found by the line above)


@pytest.fixture(scope="session", autouse=True)
def _dependencies() -> None:
    helm.build_dependencies()


@pytest.fixture(scope="session")
def mahila() -> Path:
    """The binary that was built with these charts."""
    program = Path(os.environ.get("MAHILA", helm.ROOT / "target/debug/mahila"))
    assert program.exists(), f"{program} is missing; to mend it: cargo build -p mahila"
    return program
