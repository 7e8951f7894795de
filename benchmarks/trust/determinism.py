"""What the bits of a training depend on: not on the day, but on the number of threads and on how a batch is divided.

Run with `python benchmarks/trust/determinism.py` (about a minute). Each way trains the same small transformer on Karel
in fp32. Twice the same way must give the same checkpoints; across ways the difference of loss and weights is stated.
"""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from results import keep

from ontogeny.models import Transformer
from ontogeny.training import Spacing, Training, Trajectory, train
from ontogeny.worlds.karel import Karel

MODEL = Transformer(layers=2, width=64, heads=2, mlp=128)
TRAINING = Training(steps=100, batch=64, checkpoints=Spacing(every=50), metrics_every=1)
THREADS, PARTS = (1, 2, 4), (1, 2, 4)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:

        def trained(name: str, threads: int, parts: int) -> Trajectory:
            torch.set_num_threads(threads)
            asked = replace(TRAINING, accumulation=parts)
            return train(MODEL, Karel(), asked, seed=0, folder=Path(folder) / name, device="cpu")

        first, second = (trained(name, 1, 1) for name in ("first", "second"))
        ways = {f"{count} threads": trained(f"threads{count}", count, 1) for count in THREADS[1:]}
        ways |= {f"{parts} parts of a batch": trained(f"parts{parts}", 1, parts) for parts in PARTS[1:]}
        found = {
            "training": {"steps": TRAINING.steps, "batch": TRAINING.batch, "parameters": parameters(first)},
            "checkpoints": len(sums(first)),
            "same_bits_twice": sums(first) == sums(second),
            "against_one_thread_and_whole_batches": {name: difference(first, other) for name, other in ways.items()},
        }
    keep("determinism", found)


def sums(run: Trajectory) -> list[str]:
    return [checkpoint.sha256 for checkpoint in run.checkpoints]


def parameters(run: Trajectory) -> int:
    return sum(parameter.numel() for parameter in run.load(0).parameters())


def difference(one: Trajectory, other: Trajectory) -> dict[str, Any]:
    """The largest difference of any weight at the end, and of the loss at any step."""
    weights = zip(one.load(TRAINING.steps).parameters(), other.load(TRAINING.steps).parameters(), strict=True)
    losses = zip(loss(one), loss(other), strict=True)
    return {
        "same_bits": sums(one) == sums(other),
        "largest_difference_of_a_weight": max(float((a - b).detach().abs().max()) for a, b in weights),
        "largest_difference_of_the_loss": max(abs(a - b) for a, b in losses),
    }


def loss(run: Trajectory) -> list[float]:
    return [row["value"] for row in run.metrics().to_pylist() if row["name"] == "loss"]


if __name__ == "__main__":
    main()
