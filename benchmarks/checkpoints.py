"""Writing and hashing checkpoints at the default schedule, against the training that they belong to."""

import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from frame import OURS, Row, Rows, alternate, main, row, timed
from training_step import SIZES, STEPS, ours

from ontogeny.models import Transformer
from ontogeny.studies import find
from ontogeny.training import Run, Spacing, Training
from ontogeny.training.checkpoints import write_checkpoint
from ontogeny.worlds import RepeatedSegments

TRAINED = 6000
"""Steps of the larger model's training."""


def rows(quick: bool) -> Rows:
    rounds = 1 if quick else 5
    flagship = find("emergent_semantics").settings["smoke" if quick else "laptop"]
    yield _row("flagship", flagship.model, flagship.world, flagship.training, rounds)
    if not quick:
        layers, width, heads, tokens = SIZES["20 M"]
        model = Transformer(layers=layers, width=width, heads=heads, mlp=4 * width)
        training = Training(steps=TRAINED, batch=tokens // 128)
        yield _row("20 M parameters, 128 tokens", model, RepeatedSegments(length=128), training, rounds)


def _row(name: str, model: Any, world: Any, training: Training, rounds: int) -> Row:
    """All checkpoints of a training against all of its steps."""
    short = replace(
        training, steps=STEPS, metrics_every=1, checkpoints=Spacing(every=STEPS, logarithmic=False), precision="fp32"
    )
    run = Run(model, world, short, seed=0)
    kept = len(Spacing().steps(training.steps))
    with tempfile.TemporaryDirectory() as folder:
        write = partial(write_checkpoint, Path(folder), 0, run.build())
        taken = alternate({OURS: timed(write), "step": partial(ours, run)}, rounds)
    what = f"checkpoints of a training, {name}"
    note = f"{kept} checkpoints, {training.steps:,} steps"
    return row(what, kept * taken[OURS], training.steps * taken["step"], "the steps", "s", bar=100.0, note=note)


if __name__ == "__main__":
    main(__doc__, rows)
