"""Workers are processes of other programs: they find the tests' own modules by the environment."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def importable() -> Iterator[None]:
    before = os.environ.get("PYTHONPATH")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{TESTS}{os.pathsep}{before}" if before else str(TESTS))
        yield
