"""What capturing costs: a plain forward pass against capturing one activation and the whole residual stream.

Run with `python benchmarks/capture_overhead.py`. All ways take turns in one process; the ratios are what counts.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np
import torch

from ontogeny.instruments.capture import capture, residual_names
from ontogeny.models import Transformer

SEQUENCES, LENGTH, PROMPT, CHUNK, ROUNDS = 2048, 18, 11, 256, 9


def main() -> None:
    torch.set_num_threads(1)
    model = Transformer().build(vocab=8, feature_size=0, length=LENGTH, seed=0)
    tokens = np.random.default_rng(0).integers(0, 8, (SEQUENCES, LENGTH))
    program = np.broadcast_to(np.arange(LENGTH) >= PROMPT - 1, tokens.shape)
    stations = residual_names(model)

    def plain() -> None:
        with torch.no_grad():
            for part in torch.from_numpy(tokens).split(CHUNK):
                model(part)

    ways: dict[str, Callable[[], object]] = {
        "plain forward": plain,
        "one activation, program positions": lambda: capture(
            model, tokens, None, stations[2:3], positions=program, batch=CHUNK
        ),
        "all residuals, program positions": lambda: capture(
            model, tokens, None, stations, positions=program, batch=CHUNK
        ),
        "all residuals, all positions": lambda: capture(model, tokens, None, stations, batch=CHUNK),
        "mean over all residuals, all positions": lambda: capture(model, tokens, means={"mean": stations}, batch=CHUNK),
    }
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(ROUNDS + 1):
        for way, run in ways.items():
            start = time.perf_counter()
            run()
            seconds[way].append(time.perf_counter() - start)
    plainly = statistics.median(seconds["plain forward"][1:])  # the first round warms up
    print(f"{SEQUENCES} sequences of {LENGTH} positions, 4 layers, width 128, one thread, median of {ROUNDS}")
    for way, spent in seconds.items():
        median = statistics.median(spent[1:])
        print(f"{way:40} {median * 1e3:8.1f} ms   {median / plainly:5.2f} x")


if __name__ == "__main__":
    main()
