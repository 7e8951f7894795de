"""One door to every probe: labels in, answers on the test samples out."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from ontogeny.errors import UsageError
from ontogeny.instruments.logistic import logistic
from ontogeny.instruments.mlp import mlp
from ontogeny.instruments.probes import Logistic, Outcome, Probe, ProbeScore, Ridge, Splits, find_probe, score
from ontogeny.instruments.ridge import ridge


def decode(
    probe: str | Probe,
    hidden: Float[np.ndarray, "_sample width"],
    labels: Int[np.ndarray, "task sample"],
    splits: Splits,
    *,
    seed: int,
    names: Sequence[str] | None = None,
) -> Outcome:
    """Fit a probe (a name of `PROBES` or settings) for every task and answer the test samples.

    Raises: UsageError unless hidden states and labels have equally many samples. ConvergenceError if a linear probe
    did not converge; a network that did not is marked in the outcome.
    """
    if len(hidden) != labels.shape[1]:
        raise UsageError(f"hidden states of shape {hidden.shape}: expected [{labels.shape[1]}, width], as the labels")
    settings = find_probe(probe)
    if isinstance(settings, Ridge):
        return ridge(hidden, labels, splits, settings)
    if isinstance(settings, Logistic):
        return logistic(hidden, labels, splits, settings, names=names)
    return mlp(hidden, labels, splits, settings, seed=seed)


def probe_scores(
    probe: str | Probe,
    hidden: Float[np.ndarray, "sample width"],
    labels: Int[np.ndarray, "task sample"],
    splits: Splits,
    *,
    seed: int,
    names: Sequence[str] | None = None,
) -> list[ProbeScore]:
    """`decode`, scored: one score a task."""
    return score(decode(probe, hidden, labels, splits, seed=seed, names=names), labels, splits)
