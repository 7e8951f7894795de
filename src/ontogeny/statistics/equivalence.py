"""Equivalence: two one-sided tests that a mean lies within a margin, with the seed as the unit."""

from dataclasses import dataclass
from math import inf, nan, sqrt

import numpy as np
from jaxtyping import Real

from ontogeny.errors import UsageError
from ontogeny.statistics.intervals import Interval, finite_values, paired_differences, t_interval


@dataclass(frozen=True)
class Equivalence:
    """The outcome of two one-sided tests.

    `interval` has confidence 1 - 2 * level: it lies within centre +- margin exactly when `p_value` < level.
    """

    interval: Interval
    p_value: float
    equivalent: bool


def equivalence(
    values: Real[np.ndarray, " seed"], margin: float, *, centre: float = 0.0, level: float = 0.05
) -> Equivalence:
    """Does the mean over seeds lie within centre +- margin? (Schuirmann 1987.)

    The larger p-value of the two one-sided t tests counts. Fewer than 2 seeds never show equivalence (p is nan).
    """
    from scipy.special import stdtr

    if margin <= 0:
        raise UsageError(f"a margin of equivalence is above 0, given {margin}")
    if not 0 < level < 0.5:
        raise UsageError(f"a test's level lies between 0 and 0.5 (0.05, say), given {level}")
    values = finite_values(values)
    interval = t_interval(values, confidence=1 - 2 * level)
    if interval.n < 2:
        return Equivalence(interval, nan, False)
    distance = margin - abs(interval.estimate - centre)
    error = float(np.std(values, ddof=1)) / sqrt(interval.n)
    t = distance / error if error else (inf if distance > 0 else -inf)
    p_value = float(stdtr(interval.n - 1, -t))
    return Equivalence(interval, p_value, p_value < level)


def paired_equivalence(
    first: Real[np.ndarray, " seed"], second: Real[np.ndarray, " _seed"], margin: float, *, level: float = 0.05
) -> Equivalence:
    """Are two arms equal within the margin, seed by seed? Tests the differences first - second around 0."""
    return equivalence(paired_differences(first, second), margin, level=level)
