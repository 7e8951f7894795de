"""The same tokens under another meaning: which comparisons can tell anything, and how they are scored.

A fresh probe reads a re-interpreted label as well as the original one whenever the one can be computed from the other:
then the comparison is *blind*, whatever the model holds. Blindness is a property of the labels alone.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from ontogeny.errors import UsageError
from ontogeny.instruments.probes import ProbeScore, Splits, normalise, score_task
from ontogeny.worlds.world import IGNORE

BLIND = 0.95
"""A pair is blind when relabelling the original finds this share of what the majority class leaves open."""


@dataclass(frozen=True)
class Blindness:
    """How well labels under one meaning give away those under another."""

    best_relabelling: float
    """Accuracy of the best fixed map from original to other labels: for each original label, the commonest other."""
    majority: float
    """Share of the commonest other label."""
    normalised: float
    """(best_relabelling - majority) / (1 - majority); 1 if the other label never varies."""
    mutual_information: float
    """In bits."""
    share: float
    """Mutual information by the entropy of the other labels, 0 to 1; 1 if the other label never varies."""
    blind: bool
    """Whether `normalised` reaches `BLIND`: draw no verdict from this pair."""


def blindness(original: Int[np.ndarray, "*samples"], other: Int[np.ndarray, "*samples"]) -> Blindness:
    """Blindness of a feature under another meaning; give all examples at once to pool over them.

    Samples that lack either label are left out. Raises: UsageError if none is left.
    """
    both = (original != IGNORE) & (other != IGNORE)
    first, second = original[both].astype(np.int64), other[both].astype(np.int64)
    if not len(first):
        raise UsageError("blindness: no sample has a label under both meanings")
    size = second.max() + 1
    joint = np.bincount(first * size + second, minlength=(first.max() + 1) * size).reshape(-1, size) / len(first)
    relabelled, majority = float(joint.max(axis=1).sum()), float(joint.sum(axis=0).max())
    varies = majority < 1 - 1e-12
    information = _entropy(joint.sum(axis=0)) + _entropy(joint.sum(axis=1)) - _entropy(joint)
    normalised = normalise(relabelled, majority) if varies else 1.0
    return Blindness(
        best_relabelling=relabelled,
        majority=majority,
        normalised=normalised,
        mutual_information=max(0.0, information),
        share=max(0.0, information) / _entropy(joint.sum(axis=0)) if varies else 1.0,
        blind=normalised >= BLIND,
    )


def _entropy(probabilities: np.ndarray) -> float:
    """In bits."""
    positive = probabilities[probabilities > 0]
    return float(-(positive * np.log2(positive)).sum())


@dataclass(frozen=True)
class Reinterpreted:
    """Three scores of a probe fitted to labels under another meaning."""

    score: ProbeScore
    """Raw and chance-normalised."""
    differing: float
    """Accuracy on the test samples whose label differs from the original's; NaN if none does."""
    differing_share: float
    """Which share of the test samples that is."""


def score_reinterpreted(
    predicted: Int[np.ndarray, " sample"],
    other: Int[np.ndarray, " sample"],
    original: Int[np.ndarray, " sample"],
    splits: Splits,
    *,
    converged: bool = True,
) -> Reinterpreted:
    """Score predictions of `other` labels; `original` are the labels of the same samples under the true meaning.

    Where labels agree, a model that holds the true state answers the other meaning by accident: the differing ones
    show which meaning it holds.
    """
    raw = score_task(predicted, other, splits, converged=converged)
    tested = splits.test & (other != IGNORE) & (original != IGNORE)
    differ = tested & (other != original)
    accuracy = float((predicted == other)[differ].mean()) if converged and differ.any() else float("nan")
    return Reinterpreted(raw, accuracy, float(differ.sum() / tested.sum()) if tested.any() else float("nan"))
