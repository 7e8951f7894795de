"""What a training step of the flagship is made of, against this machine's best matrix product and torch's own Muon.

Run with `python benchmarks/training_step.py`, with nothing else on the machine. All parts take turns in one process;
the ratios are what counts.
"""

import statistics
import time
from collections.abc import Callable

import torch
from torch import nn

from ontogeny.studies import find
from ontogeny.training import Run
from ontogeny.training.loop import backward
from ontogeny.training.muon import BatchedMuon
from ontogeny.training.processes import join

ROUNDS, PRODUCTS = 9, (256, 512, 1024)


def main() -> None:
    settings = find("emergent_semantics").settings["laptop"]
    world, batch = settings.world, settings.training.batch
    model = Run(settings.model, world, settings.training, seed=0).build().train()
    matrices = [one for name, one in model.named_parameters() if name.startswith("layers.") and one.ndim == 2]
    optimisers = {
        "our Muon": BatchedMuon(matrices, lr=1e-9, momentum=0.95),
        "torch.optim.Muon": torch.optim.Muon(matrices, lr=1e-9, momentum=0.95, weight_decay=0.0),
    }
    sequences = world.batch(0, 0, batch)
    among = join("cpu")
    parts: dict[str, Callable[[], object]] = {
        "data": lambda: world.batch(0, 1, batch),
        "forward and backward": lambda: backward(model, sequences, among, "fp32"),
        **{name: optimiser.step for name, optimiser in optimisers.items()},
        **{f"product of {size}": _product(size) for size in PRODUCTS},
    }
    backward(model, sequences, among, "fp32")
    seconds = {name: _median(part) for name, part in parts.items()}
    best = max(2 * size**3 / seconds[f"product of {size}"] for size in PRODUCTS)
    work = _operations(model, batch, world.length - 1)
    print(f"{batch} sequences of {world.length - 1} positions, {torch.get_num_threads()} threads, median of {ROUNDS}")
    for name in ("data", "forward and backward", *optimisers):
        print(f"{name:24} {seconds[name] * 1e3:8.1f} ms")
    print(f"best matrix product      {best / 1e9:8.1f} GFLOP/s (fp32)")
    print(f"forward and backward     {work / seconds['forward and backward'] / best:8.2f} of it, at most")
    print(f"torch's Muon / ours      {seconds['torch.optim.Muon'] / seconds['our Muon']:8.2f}")


def _operations(model: nn.Module, batch: int, positions: int) -> float:
    """Floating-point operations of a step: 6 a weight and position (attention's own products, few here, left out)."""
    return 6.0 * sum(one.numel() for name, one in model.named_parameters() if "layers." in name) * batch * positions


def _product(size: int) -> Callable[[], object]:
    one, other = torch.randn(size, size), torch.randn(size, size)
    return lambda: one @ other


def _median(part: Callable[[], object]) -> float:
    spent = []
    for _ in range(ROUNDS + 1):
        start = time.perf_counter()
        part()
        spent.append(time.perf_counter() - start)
    return statistics.median(spent[1:])  # the first round warms up


if __name__ == "__main__":
    main()
