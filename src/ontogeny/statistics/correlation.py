"""Correlation over checkpoints, with the seed as the unit: one coefficient a seed, then an interval over seeds."""

from typing import Literal

import numpy as np
from jaxtyping import Real

from ontogeny.errors import UsageError
from ontogeny.statistics.intervals import Interval, finite_values, t_interval

Kind = Literal["spearman", "pearson"]


def correlation(
    first: Real[np.ndarray, " checkpoint"], second: Real[np.ndarray, " _checkpoint"], *, kind: Kind = "spearman"
) -> float:
    """The correlation of two curves of one seed; nan where one of them never changes.

    Any two curves that rise during training correlate. A coefficient says that they move together, not that one
    explains the other: hold it against the same coefficient for a control curve.
    """
    first, second = finite_values(first), finite_values(second)
    if len(first) != len(second) or len(first) < 3:
        raise UsageError(
            f"a correlation needs two curves over the same 3 or more checkpoints, given {len(first)} and {len(second)}"
        )
    if kind == "spearman":
        first, second = ranks(first), ranks(second)
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    return float(np.clip(np.corrcoef(first, second)[0, 1], -1.0, 1.0))


def r_squared(first: Real[np.ndarray, " checkpoint"], second: Real[np.ndarray, " _checkpoint"]) -> float:
    """The share of one curve's variance that a straight line in the other explains: Pearson's r, squared."""
    return correlation(first, second, kind="pearson") ** 2


def correlation_over_seeds(
    first: Real[np.ndarray, " seed checkpoint"],
    second: Real[np.ndarray, " _seed _checkpoint"],
    *,
    kind: Kind = "spearman",
    confidence: float = 0.95,
) -> Interval:
    """The typical correlation over checkpoints: Fisher's z of each seed, t interval over seeds, transformed back.

    Points of different seeds are never pooled. Where a seed reaches exactly +-1, z is infinite and the t interval is
    taken over the coefficients themselves, cut to [-1, 1]. Seeds with a constant curve have no coefficient and are
    left out; `n` counts the seeds used and `method` names both.
    """
    if first.shape != second.shape or first.ndim != 2:
        raise UsageError(f"expected two arrays of one shape (seeds, checkpoints), given {first.shape}, {second.shape}")
    each = np.array([correlation(a, b, kind=kind) for a, b in zip(first, second, strict=True)], dtype=np.float64)
    used = each[np.isfinite(each)]
    left_out = f", {len(each) - len(used)} of {len(each)} seeds left out: a curve never changes"
    note = left_out if len(used) < len(each) else ""
    if np.any(np.abs(used) == 1):
        t = t_interval(used, confidence=confidence)
        low, high = np.clip([t.low, t.high], -1, 1)
        return Interval(t.estimate, float(low), float(high), t.n, f"t over {kind} coefficients{note}")
    t = t_interval(np.arctanh(used), confidence=confidence)
    estimate, low, high = np.tanh([t.estimate, t.low, t.high])
    return Interval(float(estimate), float(low), float(high), t.n, f"Fisher z over {kind} coefficients{note}")


def ranks(values: Real[np.ndarray, " checkpoint"]) -> Real[np.ndarray, " checkpoint"]:
    """Ranks from 1; equal values share the mean of their ranks."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[inverse]
