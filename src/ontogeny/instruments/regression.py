"""Which numbers can be read off hidden states: closed-form ridge regression, straight or on random features."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ontogeny.errors import UsageError
from ontogeny.instruments.probes import Splits, Standardiser
from ontogeny.randomness import generator


@dataclass(frozen=True)
class Explained:
    """The share of the targets' variance that was read, pooled over targets: 1 - squared error / squared deviation.

    Deviations are from the training samples' mean: reading nothing has 0, and what is worse is below.
    """

    validation: float
    """On the samples that chose the penalty: for choosing further, among layers say."""
    test: float


def read_numbers(
    hidden: Float[np.ndarray, "sample width"],
    targets: Mapping[str, Float[np.ndarray, "sample _target"]],
    splits: Splits,
    *,
    neurons: int = 0,
    penalties: Sequence[float] = (1e-4, 1e-3, 1e-2, 1e-1, 1.0),
    seed: int = 0,
) -> dict[str, Explained]:
    """How much of each target is read: fitted on the training samples, with the penalty that is best in validation.

    One eigendecomposition serves all targets and penalties (as in `ridge`). With `neurons`, random ReLU features of the
    hidden states are read beside them: a network of two layers of which the second is trained (Rahimi & Recht 2007),
    whose fit has no local minima and cannot fail to converge.

    Raises: UsageError where sizes differ; OntogenyError where hidden states are not finite.
    """
    for name, wanted in targets.items():
        if not len(hidden) == len(wanted) == len(splits.train):
            raise UsageError(
                f"{name}: expected as many values as hidden states and split samples, given {len(wanted)}, "
                f"{len(hidden)} and {len(splits.train)}"
            )
    features = Standardiser.fit(hidden[splits.train])(hidden)
    if neurons:
        bent = _random_features(features, neurons, seed)
        features = np.concatenate((features, Standardiser.fit(bent[splits.train])(bent)), axis=1)
    train = features[splits.train]
    values, vectors = np.linalg.eigh(train.T @ train / len(train))
    rotated = features @ vectors
    shrunk = [1 / (np.maximum(values, 0) + penalty)[:, None] for penalty in penalties]
    return {name: _read(rotated, wanted, splits, shrunk) for name, wanted in targets.items()}


def _read(
    rotated: Float[np.ndarray, "sample feature"],
    wanted: Float[np.ndarray, "sample target"],
    splits: Splits,
    shrunk: Sequence[Float[np.ndarray, "feature 1"]],
) -> Explained:
    """The best of several shrinkages of the features, which are uncorrelated in training."""
    centred = wanted - wanted[splits.train].mean(axis=0)
    moment = rotated[splits.train].T @ centred[splits.train] / splits.train.sum()
    found = [
        Explained(
            *(_explained(rotated[part] @ (by * moment), centred[part]) for part in (splits.validation, splits.test))
        )
        for by in shrunk
    ]
    return max(found, key=lambda explained: explained.validation)


def _random_features(
    hidden: Float[np.ndarray, "sample width"], neurons: int, seed: int
) -> Float[np.ndarray, "sample neuron"]:
    """ReLUs of random combinations of standardised features, with thresholds as random."""
    random = generator("random features", seed)
    weights = random.normal(size=(hidden.shape[1], neurons)) / np.sqrt(hidden.shape[1])
    return np.maximum(hidden @ weights + random.normal(size=neurons), 0)


def _explained(given: Float[np.ndarray, "sample target"], wanted: Float[np.ndarray, "sample target"]) -> float:
    return float(1 - np.square(given - wanted).sum() / np.square(wanted).sum())
