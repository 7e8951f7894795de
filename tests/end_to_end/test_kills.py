"""A study that is killed at any moment goes on, and ends with the bits of the undisturbed one."""

import time
from pathlib import Path

import pytest

import kills


@pytest.mark.slow
def test_ten_kills_change_nothing(tmp_path: Path) -> None:
    outcome = kills.campaign(tmp_path, 10, seed=time.time_ns())
    assert outcome.kills == 10
    assert outcome.stores_completed >= 1
