"""Do rankings agree? Overlap of many rankings of the same items, and of two sets, beyond what chance gives."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, Real

from ontogeny.errors import UsageError
from ontogeny.randomness import generator
from ontogeny.statistics.correlation import ranks

Statistic = Callable[[Real[np.ndarray, "ranking item"]], float]


@dataclass(frozen=True)
class Overlap:
    """A statistic with its distribution under a null: mean, 95th percentile, and how likely it comes out as high."""

    value: float
    mean: float
    high: float
    p_value: float


def rank_agreement(scores: Real[np.ndarray, "ranking item"]) -> float:
    """Spearman's correlation between two rankings, averaged over all pairs of them; nan where one of them is flat."""
    _check(scores)
    each = np.stack([ranks(row) for row in scores])
    each = each - each.mean(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        each = each / np.sqrt((each**2).sum(axis=1, keepdims=True))
    return _mean_of_pairs(each @ each.T)


def top_agreement(scores: Real[np.ndarray, "ranking item"], count: int) -> float:
    """The share of the `count` highest items of one ranking that is among those of another, averaged over all pairs."""
    _check(scores)
    if not 1 <= count <= scores.shape[1]:
        raise UsageError(f"count: expected 1 to {scores.shape[1]}, the items there are, given {count}")
    among = np.stack([top(row, count) for row in scores]).astype(float)
    return _mean_of_pairs(among @ among.T / count)


def top(scores: Real[np.ndarray, " item"], count: int) -> Bool[np.ndarray, " item"]:
    """Which items are the `count` highest; of equal ones the first."""
    among = np.zeros(len(scores), bool)
    among[np.argsort(-scores, kind="stable")[:count]] = True
    return among


def shuffled(
    scores: Real[np.ndarray, "ranking item"],
    random: np.random.Generator,
    groups: Int[np.ndarray, " item"] | None = None,
) -> Real[np.ndarray, "ranking item"]:
    """The scores of each ranking dealt anew among its items; with `groups` among those of the same group only."""
    groups = np.zeros(scores.shape[1], int) if groups is None else groups
    dealt = scores.copy()
    for group in np.unique(groups):
        dealt[:, groups == group] = random.permuted(scores[:, groups == group], axis=1)
    return dealt


def permutation_test(
    scores: Real[np.ndarray, "ranking item"],
    statistic: Statistic,
    *,
    seed: int,
    groups: Int[np.ndarray, " item"] | None = None,
    draws: int = 2000,
) -> Overlap:
    """A statistic of rankings against its distribution when each ranking is `shuffled` by itself.

    p = (1 + draws that come out as high) / (1 + draws) (Phipson & Smyth 2010); nan where the statistic is no number.
    """
    random = generator("permutation test", seed)
    value, null = statistic(scores), np.array([statistic(shuffled(scores, random, groups)) for _ in range(draws)])
    known = np.isfinite(value) and np.isfinite(null).all()
    p_value = (1 + int((null >= value).sum())) / (1 + draws) if known else float("nan")
    return Overlap(value, float(null.mean()), float(np.quantile(null, 0.95)), p_value)


def enrichment(marked: Bool[np.ndarray, " item"], chosen: Bool[np.ndarray, " _item"]) -> Overlap:
    """How many of the marked items are among the chosen, against choosing as many at random (hypergeometric)."""
    from scipy.stats import hypergeom

    if marked.shape != chosen.shape:
        raise UsageError(f"expected two marks of the same items, given {marked.shape} and {chosen.shape}")
    found, null = int((marked & chosen).sum()), hypergeom(len(marked), int(marked.sum()), int(chosen.sum()))
    return Overlap(found, float(null.mean()), float(null.ppf(0.95)), float(null.sf(found - 1)))


def _mean_of_pairs(each: Float[np.ndarray, "ranking ranking"]) -> float:
    return float(each[np.triu_indices(len(each), k=1)].mean())


def _check(scores: Real[np.ndarray, "ranking item"]) -> None:
    if scores.ndim != 2 or len(scores) < 2 or scores.shape[1] < 3:
        raise UsageError(f"expected two or more rankings of three or more items, given shape {scores.shape}")
