"""What a probe is compared with: a control task, the input alone, and what the present already tells.

The untrained model needs nothing of its own here: capture the first checkpoint and probe it as any other source.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Float32, Int, UInt64

from ontogeny.errors import UsageError
from ontogeny.instruments.logistic import logistic
from ontogeny.instruments.probes import Outcome, ProbeScore, Splits, score
from ontogeny.randomness import generator
from ontogeny.worlds.world import IGNORE, Batch


def context_ids(
    tokens: Int[np.ndarray, "batch seq"], mask: Bool[np.ndarray, "batch seq"], *, recent: int = 3
) -> UInt64[np.ndarray, " sample"]:
    """A number for what is on the surface at each chosen position: the position and its last `recent` tokens.

    Equal surfaces have equal numbers, in every batch; different ones differ (64-bit hashes).
    """
    sequence, position = np.nonzero(mask)
    identity = _mix(position.astype(np.uint64))
    for back in range(recent):
        token = np.where(position >= back, tokens[sequence, np.maximum(position - back, 0)], -1)
        identity = _mix(identity + token.astype(np.int64).astype(np.uint64))
    return identity


def control_labels(
    labels: Int[np.ndarray, " sample"], context: UInt64[np.ndarray, " sample"], seed: int, name: str = ""
) -> Int[np.ndarray, " sample"]:
    """The labels of a control task: a fixed random function of the context, distributed as the labels are.

    A probe that learns these too is able to memorise surfaces, and its accuracy on the real labels is no evidence of
    a represented state; the difference is its selectivity (Hewitt and Liang 2019). `IGNORE` stays where it is.
    """
    present = labels != IGNORE
    share = np.bincount(labels[present]) / max(1, present.sum())
    key = generator(seed, "control task", name).integers(2**63, dtype=np.uint64)
    uniform = (_mix(context ^ key) >> np.uint64(11)).astype(np.float64) / 2**53
    drawn = np.searchsorted(np.cumsum(share)[:-1], uniform, side="right")
    return np.where(present, drawn, IGNORE).astype(labels.dtype)


def _mix(value: UInt64[np.ndarray, "..."]) -> UInt64[np.ndarray, "..."]:
    """The finaliser of SplitMix64 (Steele, Lea and Flood 2014): a bijection that scatters neighbouring numbers."""
    with np.errstate(over="ignore"):
        value = value + np.uint64(0x9E3779B97F4A7C15)
        value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


def input_features(
    batch: Batch,
    tokens: Int[np.ndarray, "batch seq"],
    mask: Bool[np.ndarray, "batch seq"],
    *,
    prompt: bool = False,
) -> Float32[np.ndarray, "sample feature"]:
    """What the input alone says at each chosen position, as features for the same probes.

    The continuation so far, one-hot by place; how often each token occurs in it; the position, one-hot. With `prompt`
    also what was shown: the slots' features, or the prompt's tokens one-hot (wide, and as dear to fit as it is wide).
    """
    sequence, position = np.nonzero(mask)
    first = min(batch.prompt, tokens.shape[1])
    seen = np.arange(first, tokens.shape[1])[None, :] <= position[:, None]  # [sample, step]
    written = _one_hot(tokens[:, first:])[sequence] * seen[:, :, None]  # [sample, step, vocab]
    place = _one_hot(position)
    parts = [written.reshape(len(position), -1), written.sum(axis=1), place]
    if prompt:
        shown = _one_hot(tokens[:, :first]) if batch.features is None else batch.features.astype(np.float32)
        parts.append(shown.reshape(len(tokens), -1)[sequence])
    return np.concatenate(parts, axis=1, dtype=np.float32)


def first_and_last_states(
    labels: Mapping[str, Int[np.ndarray, "batch seq example"]],
    mask: Bool[np.ndarray, "batch seq"],
    *,
    examples: Sequence[int],
) -> Float32[np.ndarray, "sample feature"]:
    """The labels of the first and of the last state of each sequence, one-hot, at each of its chosen positions.

    What a prompt that shows input and output says of states, without following what leads from the one to the other.
    """
    parts = []
    for values in labels.values():
        for example in examples:
            states = values[:, :, example]
            present, rows = states != IGNORE, np.arange(len(states))
            last = states.shape[1] - 1 - present[:, ::-1].argmax(axis=1)
            parts += [_one_hot(states[rows, present.argmax(axis=1)]), _one_hot(states[rows, last])]
    return np.concatenate(parts, axis=1)[np.nonzero(mask)[0]]


def _one_hot(ids: np.ndarray) -> np.ndarray:
    """float32, over the ids that occur anywhere."""
    known, index = np.unique(ids, return_inverse=True)
    return np.eye(len(known), dtype=np.float32)[index.reshape(ids.shape)]


def present_baseline(
    present: Int[np.ndarray, "column sample"], future: Int[np.ndarray, "task sample"], splits: Splits
) -> list[ProbeScore]:
    """How well the true present state, and the prior of what follows it, predict each future label.

    Two predictors are fitted on the training samples: a table of the commonest future for every joint present state,
    and logistic regression on the one-hot columns, which also answers states the table has not met. Validation
    accuracy picks one a task. A probe that reads the future better than this knows what is going to be written.

    Raises: UsageError if no present column is given; ConvergenceError if the regression does not converge.
    """
    if not len(present):
        raise UsageError("the present baseline needs at least one column of present labels")
    cells = np.unique(present, axis=1, return_inverse=True)[1].reshape(-1)
    features = np.concatenate([_one_hot(column) for column in present], axis=1)
    fitted = logistic(features, future, Splits(splits.train, splits.validation, splits.validation | splits.test))
    predictions = fitted.predictions.copy()
    for task, labels in enumerate(future):
        looked_up = _look_up(cells, labels, splits.train, otherwise=predictions[task])
        chosen = splits.validation & (labels != IGNORE)
        if (looked_up == labels)[chosen].mean() >= (predictions[task] == labels)[chosen].mean():
            predictions[task] = looked_up
    return score(Outcome(predictions, fitted.converged), future, splits)


def _look_up(cells: np.ndarray, labels: np.ndarray, train: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    """The commonest training label of each sample's cell; `otherwise` where training met no such cell."""
    rows = train & (labels != IGNORE)
    size = int(labels.max()) + 1
    pairs = cells[rows].astype(np.int64) * size + labels[rows]
    count = np.bincount(pairs, minlength=(cells.max() + 1) * size).reshape(-1, size)
    return np.where(count.sum(axis=1)[cells] > 0, count.argmax(axis=1)[cells], otherwise)
