"""Seconds of training until nine in ten programs are right, for three seeds of the flagship at `laptop`.

The learning rate falls to 0 in three quarters of the preset's steps: the preset has some in hand, so that every seed
ends above nine in ten. Not among those that `make bench` carries out by itself, since it trains: `make bench
WHAT=time_to_meaning` (ten to twenty minutes on two cores). What the accuracy costs to measure is not counted.
"""

import statistics
import tempfile
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from frame import Rows, main, row
from torch import nn

from ontogeny.instruments.generation import score_generation
from ontogeny.studies import find
from ontogeny.training import Spacing, train

ENOUGH = 0.9
SHARE = 0.75
"""Of the preset's steps."""
SEEDS = 3
PROGRAMS = 1_000
EVERY = 150
"""Steps from one measurement of the accuracy to the next."""
SKETCH = 300.0
"""Seconds that an earlier sketch of this experiment took to 91 %, at the same lengths, on two cores elsewhere."""


class EnoughError(Exception):
    """Enough programs are right."""


class Clock:
    """Counts the seconds of training and stops it once enough programs are right."""

    def __init__(self, world: object, seed: int) -> None:
        self._world, self._seed = world, seed
        self.seconds, self.accuracy, self._since = 0.0, 0.0, time.perf_counter()

    def __call__(self, model: nn.Module, _step: int) -> dict[str, float]:
        self.seconds += time.perf_counter() - self._since
        solved = score_generation(model, self._world, self._seed, "validation", PROGRAMS)["solved"]
        self.accuracy = float(solved.mean())
        if self.accuracy >= ENOUGH:
            raise EnoughError
        self._since = time.perf_counter()
        return {"accuracy": self.accuracy}


def rows(quick: bool) -> Rows:
    settings = find("emergent_semantics").settings["smoke" if quick else "laptop"]
    steps = round(SHARE * settings.training.steps)
    training = replace(settings.training, steps=steps, checkpoints=Spacing(every=EVERY, logarithmic=False))
    clocks = []
    for seed in range(1 if quick else SEEDS):
        clock = Clock(settings.world, seed)
        with tempfile.TemporaryDirectory() as folder, suppress(EnoughError):
            train(settings.model, settings.world, training, seed=seed, folder=Path(folder, "run"), evaluate=clock)
        clocks.append(clock)
    shortest, longest = settings.world.lengths
    what = f"time to meaning, programs of {shortest} to {longest} operations"
    note = "; ".join(f"{clock.accuracy:.3f} after {clock.seconds:.0f} s" for clock in clocks)
    if any(clock.accuracy < ENOUGH for clock in clocks):
        yield row(what, None, SKETCH, "an earlier sketch", "s", bar=2.5, note=f"not reached by all seeds: {note}")
    else:
        spent = statistics.median(clock.seconds for clock in clocks)
        yield row(what, spent, SKETCH, "an earlier sketch", "s", bar=2.5, note=f"every seed: {note}")


if __name__ == "__main__":
    main(__doc__, rows)
