"""When a curve over training first reaches a level, between checkpoints by a straight line."""

import numpy as np
from jaxtyping import Real

from ontogeny.errors import UsageError


def crossing(steps: Real[np.ndarray, " checkpoint"], values: Real[np.ndarray, " _checkpoint"], level: float) -> float:
    """The step at which the curve first is at `level` or above it; inf if it never is."""
    if len(steps) != len(values) or not len(steps):
        raise UsageError(f"expected one value a step, given {len(values)} values and {len(steps)} steps")
    above = np.flatnonzero(values >= level)
    if len(above) == 0:
        return float("inf")
    first = int(above[0])
    if first == 0:
        return float(steps[0])
    part = (level - values[first - 1]) / (values[first] - values[first - 1])
    return float(steps[first - 1] + part * (steps[first] - steps[first - 1]))


def half_way(steps: Real[np.ndarray, " checkpoint"], values: Real[np.ndarray, " _checkpoint"]) -> float:
    """The step at which the curve has made half of its way from its first value to its last; inf if it goes nowhere.

    Unlike a transition it exists for curves that change smoothly too.
    """
    way = float(values[-1] - values[0])
    return crossing(steps, (values - values[0]) / way, 0.5) if way else float("inf")
