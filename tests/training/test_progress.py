"""The estimate of the time left."""

import math

import pytest

from ontogeny.training import progress
from ontogeny.training.progress import Pace


def test_steps_and_evaluations_are_estimated_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(progress.time, "perf_counter", lambda: now)
    pace = Pace(seconds_before=50.0)
    now += 30.0
    pace.paused()
    assert math.isnan(pace.left(10, 1))
    assert pace.steps_per_second == 0
    for _ in range(4):
        now += 0.5
        pace.stepped()
    now += 10.0
    pace.paused()
    assert pace.seconds == 50 + 30 + 2 + 10
    assert pace.steps_per_second == 2
    assert pace.left(steps=6, checkpoints=2) == 3 + 2 * 20
