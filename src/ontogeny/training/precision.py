"""The arithmetic of the forward pass: fp32, or bf16 matrix products over fp32 weights where that is faster."""

import time
from collections.abc import Callable
from typing import Literal

Precision = Literal["fp32", "bf16"]


def measure(attempt: Callable[[Precision], None], repetitions: int = 3) -> tuple[Precision, dict[str, float]]:
    """Which precision is faster, and the milliseconds of the fastest of a few tries of each.

    `attempt` carries out one forward and backward pass and waits for its end. bf16 is chosen only where it is at least
    a tenth faster: where it gains nothing, the more exact arithmetic is the better one.
    """
    milliseconds: dict[str, float] = {}
    precisions: tuple[Precision, Precision] = ("fp32", "bf16")
    for precision in precisions:
        attempt(precision)  # the first pass also sets up kernels and memory
        times = []
        for _ in range(repetitions):
            start = time.perf_counter()
            attempt(precision)
            times.append(time.perf_counter() - start)
        milliseconds[precision] = round(1000 * min(times), 3)
    return ("bf16" if milliseconds["bf16"] < 0.9 * milliseconds["fp32"] else "fp32"), milliseconds
