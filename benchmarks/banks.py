"""1,000 small models as one tensor against a loop over models, by the ordinary training loop.

The models are those of the superposition study (5 features through 2 units). A loop over 1,000 is too long to be waited
for: a few are trained one after the other, and counted a model. The first model's weights must be the same both ways.
"""

import tempfile
from functools import partial
from pathlib import Path

import safetensors.torch
from frame import Peer, Rows, check_close, compare, main, seconds

from ontogeny.models import Perceptrons
from ontogeny.training import AdamW, Spacing, Training, train
from ontogeny.training.checkpoints import list_checkpoints
from ontogeny.worlds import SparseFeatures

MODELS, LOOPED, STEPS, BATCHES = 1000, 3, 200, (64, 256)


def rows(quick: bool) -> Rows:
    models, steps = (10, 4) if quick else (MODELS, STEPS)
    for batch in BATCHES[:1] if quick else BATCHES:
        what = f"{models:,} small models as one tensor, batch {batch}: one model's step"
        check_close(first(models, batch, steps), first(1, batch, steps), 1e-4, what)
        loop = Peer("a loop over models", lambda batch=batch: partial(looped, batch, steps), 20.0, "equal weights")
        yield from compare(what, partial(together, models, batch, steps), [loop], "us", rounds=1 if quick else 5)


def together(models: int, batch: int, steps: int) -> float:
    """Seconds a step and model, all models at once."""
    return seconds(partial(first, models, batch, steps)) / models / steps


def looped(batch: int, steps: int) -> float:
    """The same, one model after the other."""
    return seconds(lambda: [first(1, batch, steps) for _ in range(LOOPED)]) / LOOPED / steps


def first(models: int, batch: int, steps: int):
    """Train so many models; the first one's weights."""
    model = Perceptrons(models=models, hidden=(2,), activation="linear", output="relu", biases="output", tied=True)
    world = SparseFeatures(features=5, densities=(0.1,) * models, decays=(0.9,))
    training = Training(
        steps=steps, batch=batch, clip=None, optimiser=AdamW(), checkpoints=Spacing(every=steps, logarithmic=False)
    )
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder, "run")
        train(model, world, training, seed=0, folder=run, device="cpu")
        return safetensors.torch.load_file(list_checkpoints(run / "checkpoints")[-1].path)["weights.0"][0]


if __name__ == "__main__":
    main(__doc__, rows)
