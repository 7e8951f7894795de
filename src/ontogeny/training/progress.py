"""What a training tells whoever watches it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """Where a training stands; passed to the `progress` callback about twice a second and at every checkpoint."""

    step: int
    """Updates made so far, of `steps`."""
    steps: int
    loss: float
    """Mean cross entropy of the newest batch, in nats; nan before the first."""
    samples_per_second: float
    """Over this process's training steps; 0 before the first."""
    tokens_per_second: float
    seconds_left: float
    """Estimate, evaluations included; nan before the first step."""
    metrics: Mapping[str, float]
    """What the newest evaluation returned."""


class Pace:
    """Measures training steps and evaluations apart, since evaluations crowd at the beginning."""

    def __init__(self, seconds_before: float) -> None:
        self._start = time.perf_counter() - seconds_before
        self._pause = 0.0
        self._pauses = 0
        self._training = 0.0
        self._steps = 0
        self._mark = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Time spent on this run, earlier processes included."""
        return time.perf_counter() - self._start

    def stepped(self) -> None:
        """A training step has ended."""
        now = time.perf_counter()
        self._training += now - self._mark
        self._steps += 1
        self._mark = now

    def paused(self) -> None:
        """A checkpoint with its evaluation has ended."""
        now = time.perf_counter()
        self._pause += now - self._mark
        self._pauses += 1
        self._mark = now

    @property
    def steps_per_second(self) -> float:
        """Evaluations not counted; 0 before the first step."""
        return self._steps / self._training if self._steps else 0.0

    def left(self, steps: int, checkpoints: int) -> float:
        """Seconds that so many more steps and checkpoints will take at the pace so far; nan before the first step."""
        if not self._steps:
            return float("nan")
        pause = self._pause / self._pauses if self._pauses else 0.0
        return steps / self.steps_per_second + checkpoints * pause
