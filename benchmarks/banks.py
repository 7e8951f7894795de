"""How long 1,000 superposition models take beside one, by the ordinary training loop: `python benchmarks/banks.py`."""

import tempfile
import time
from pathlib import Path

from ontogeny.models import Perceptrons
from ontogeny.training import AdamW, Spacing, Training, train
from ontogeny.worlds import SparseFeatures

STEPS, BATCHES = 200, (64, 128, 256, 1024)


def seconds(models: int, batch: int) -> float:
    """One training of so many models with n = 5 features and m = 2 hidden units."""
    model = Perceptrons(models=models, hidden=(2,), activation="linear", output="relu", biases="output", tied=True)
    world = SparseFeatures(features=5, densities=(0.1,) * models, decays=(0.9,))
    training = Training(steps=STEPS, batch=batch, clip=None, optimiser=AdamW(), checkpoints=Spacing(every=STEPS))
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        train(model, world, training, seed=0, folder=Path(folder) / "run")
        return time.perf_counter() - start


if __name__ == "__main__":
    seconds(1, 64)  # kernels and threads are set up once
    for batch in BATCHES:
        one, many = (min(seconds(models, batch) for _ in range(2)) for models in (1, 1000))
        one, many = 1000 * one / STEPS, 1000 * many / STEPS
        print(f"batch {batch}: one {one:.2f} ms a step, 1,000 {many:.1f} ms: {many / one:.1f} times")
