"""Tests of what a value of the wrong type meets need the tests' own type checks out of the way."""

import jaxtyping
import pytest


@pytest.fixture
def unchecked_types(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for users: no run-time type checks before the package's own."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
