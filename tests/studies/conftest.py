"""For the tests of studies: what runs in a test's own process takes one core where others run beside it."""

import os

import pytest


@pytest.fixture(autouse=True)
def one_core_each(monkeypatch):
    """Else a run with one worker takes all cores' threads, which wait for one another: five times as long."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        monkeypatch.setattr("ontogeny.lab.executors.local.available_cores", lambda: 1)
