"""What every probe shares: its settings, splits by sequence, tasks that share their samples, and scores.

A *task* is one column of labels to be read off the same hidden states: one feature of one example at one offset, say.
Tasks come stacked as `labels[task, sample]`, `IGNORE` where a task has no label, so that thousands are solved at once.
This module is light to import: settings are needed where nothing is fitted.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt, Lt, MinLen
from jaxtyping import Bool, Float, Int, Shaped

from ontogeny.configuration import configuration
from ontogeny.errors import OntogenyError, UsageError, unknown_name
from ontogeny.randomness import generator
from ontogeny.worlds.world import IGNORE

Positive = Annotated[float, Gt(0)]
Width = Annotated[int, Ge(1)]


class ConvergenceError(OntogenyError):
    """A probe did not converge: its accuracy would say more about the solver than about the model."""


@configuration
class Ridge:
    """Closed-form ridge regression on one-hot labels, read by the largest output: for dense sweeps."""

    kind: Literal["ridge"] = "ridge"
    penalties: Annotated[tuple[Positive, ...], MinLen(1)] = (1e-4, 1e-2, 1.0)
    """Squared-weight penalties per sample on standardised features; validation accuracy picks one a task."""


@configuration
class Logistic:
    """Multinomial logistic regression on standardised and whitened features: for reported numbers."""

    kind: Literal["linear"] = "linear"
    penalties: Annotated[tuple[Positive, ...], MinLen(1)] = (1e-1, 1e-2, 1e-3)
    """Half the squared weights cost this much per sample; validation log-loss picks one a task."""
    tolerance: Positive = 1e-4
    """Converged when no component of the gradient of the penalised mean log-loss is larger."""
    rounds: Annotated[int, Ge(1)] = 1000
    """Gradient evaluations after which a task that has not converged is an error."""


@configuration
class Perceptron:
    """A ReLU network with one output a class, trained by AdamW and stopped early on the validation split."""

    kind: Literal["mlp"] = "mlp"
    hidden: Annotated[tuple[Width, ...], MinLen(1)] = (256,)
    dropout: Annotated[float, Ge(0), Lt(1)] = 0.0
    rate: Positive = 2e-3
    decay: Annotated[float, Ge(0)] = 1e-2
    batch: Annotated[int, Ge(1)] = 512
    epochs: Annotated[int, Ge(1)] = 60
    """The budget: a task whose validation loss still improves in the last epochs is flagged as unconverged."""
    patience: Annotated[int, Ge(1)] = 3
    """Epochs without improvement after which a task stops; the best epoch's weights are kept."""
    improvement: Annotated[float, Ge(0)] = 2e-3
    """Nats by which the validation loss must fall to count as an improvement."""


Probe = Ridge | Logistic | Perceptron

PROBES: Mapping[str, Probe] = {
    "ridge": Ridge(),
    "linear": Logistic(),
    "mlp1": Perceptron(hidden=(256,)),
    "mlp2": Perceptron(hidden=(256, 1024)),
}
"""The standard probes by name; the two networks have the shapes published for the Karel study (karel.md)."""


def find_probe(probe: str | Probe) -> Probe:
    """The settings a name stands for; settings stand for themselves.

    Raises: UsageError for an unknown name, with the nearest known ones.
    """
    if not isinstance(probe, str):
        return probe
    if probe not in PROBES:
        raise unknown_name("probe", probe, PROBES)
    return PROBES[probe]


@dataclass(frozen=True)
class Splits:
    """Which samples fit a probe, which choose its settings, and which are reported: three disjoint masks."""

    train: Bool[np.ndarray, " sample"]
    validation: Bool[np.ndarray, " sample"]
    test: Bool[np.ndarray, " sample"]


def split_by_sequence(
    sequence_ids: Shaped[np.ndarray, " sample"],
    seed: int,
    fractions: tuple[float, float, float] = (0.6, 0.2, 0.2),
) -> Splits:
    """Split samples so that all samples of one sequence fall on the same side.

    Neighbouring positions of one sequence are nearly copies of one another: a split by position would let a probe
    recognise in the test what it has seen in training. A pure function of the ids and the seed.

    Raises: UsageError if the fractions do not sum to one or leave a split without a sequence.
    """
    if min(fractions) <= 0 or abs(sum(fractions) - 1) > 1e-9:
        raise UsageError(f"split fractions {fractions}: expected three positive numbers that sum to 1")
    ids, position = np.unique(sequence_ids, return_inverse=True)
    first, second = (round(share * len(ids)) for share in (fractions[0], fractions[0] + fractions[1]))
    if not 0 < first < second < len(ids):
        raise UsageError(f"cannot split {len(ids)} sequences into parts of {fractions}: give more sequences")
    rank = np.empty(len(ids), dtype=np.int64)
    rank[generator(seed, "split by sequence").permutation(len(ids))] = np.arange(len(ids))
    place = rank[position.reshape(-1)]
    return Splits(train=place < first, validation=(place >= first) & (place < second), test=place >= second)


@dataclass(frozen=True)
class Stack:
    """Tasks that have labels at the same samples and know equally many classes: they are solved together."""

    tasks: Int[np.ndarray, " task"]
    """Rows of the labels that these tasks are."""
    classes: Int[np.ndarray, "task class"]
    """The class ids seen in training, ascending: what the probe's outputs stand for."""
    train: Int[np.ndarray, " train"]
    """Samples of each split at which all these tasks have labels."""
    validation: Int[np.ndarray, " validation"]
    test: Int[np.ndarray, " test"]
    train_targets: Int[np.ndarray, "task train"]
    """Labels of the training samples as columns of `classes`."""
    validation_targets: Int[np.ndarray, "task validation"]
    """The same for the validation samples; -1 for a class never seen in training."""


def stacks(labels: Int[np.ndarray, "task sample"], splits: Splits, *, limit: int) -> Iterator[list[Stack]]:
    """Lists of stacks: all stacks of one list share their samples, none holds more than `limit` outputs.

    Raises: UsageError if a task has no training, validation or test label, or a label below zero.
    """
    if labels.ndim != 2 or labels.shape[1] != len(splits.train):
        raise UsageError(f"labels of shape {labels.shape}: expected [task, {len(splits.train)}], as in the splits")
    present = labels != IGNORE
    if bool((labels[present] < 0).any()):
        raise UsageError(f"labels must be class ids from 0, or {IGNORE} where there is none")
    shared: dict[bytes, list[int]] = {}
    for task, mask in enumerate(present):
        shared.setdefault(np.packbits(mask).tobytes(), []).append(task)
    for tasks in shared.values():
        rows = [np.flatnonzero(part & present[tasks[0]]) for part in (splits.train, splits.validation, splits.test)]
        if not all(len(part) for part in rows):
            raise UsageError(f"task {tasks[0]} has no label in one of the splits: give more sequences")
        yield _stacks_of_equal_classes(labels, np.array(tasks), rows, limit)


def _stacks_of_equal_classes(labels: np.ndarray, tasks: np.ndarray, rows: list[np.ndarray], limit: int) -> list[Stack]:
    by_count: dict[int, list[tuple[int, np.ndarray]]] = {}
    for task in tasks.tolist():
        seen = np.flatnonzero(np.bincount(labels[task, rows[0]]))
        by_count.setdefault(len(seen), []).append((task, seen))
    result = []
    for count, members in by_count.items():
        size = max(1, limit // count)
        for start in range(0, len(members), size):
            part = members[start : start + size]
            result.append(_stack(labels, part, rows))
    return result


def _stack(labels: np.ndarray, members: list[tuple[int, np.ndarray]], rows: list[np.ndarray]) -> Stack:
    train, validation, test = rows
    table = np.full((len(members), int(labels[[task for task, _ in members]].max()) + 1), -1, dtype=np.int64)
    for row, (_, seen) in enumerate(members):
        table[row, seen] = np.arange(len(seen))
    tasks = np.array([task for task, _ in members])
    return Stack(
        tasks=tasks,
        classes=np.array([seen for _, seen in members]),
        train=train,
        validation=validation,
        test=test,
        train_targets=np.take_along_axis(table, labels[np.ix_(tasks, train)].astype(np.int64), axis=1),
        validation_targets=np.take_along_axis(table, labels[np.ix_(tasks, validation)].astype(np.int64), axis=1),
    )


@dataclass(frozen=True)
class Outcome:
    """What probes said about the samples of the test split."""

    predictions: Int[np.ndarray, "task sample"]
    """Class ids at all samples; `IGNORE` outside the test split and where a task has no label."""
    converged: Bool[np.ndarray, " task"]


def blank_outcome(labels: Int[np.ndarray, "task sample"]) -> Outcome:
    """An outcome to be filled in: nothing predicted, everything converged."""
    return Outcome(np.full(labels.shape, IGNORE, dtype=np.int16), np.ones(len(labels), dtype=bool))


@dataclass(frozen=True)
class ProbeScore:
    """How well one task was read on the test split."""

    accuracy: float
    """NaN if the probe did not converge: then there is no number."""
    balanced: float
    """Mean over the classes of the share found, so that a frequent class does not outweigh a rare one."""
    majority: float
    """Accuracy of always answering the training samples' most frequent class."""
    normalised: float
    """(accuracy - majority) / (1 - majority): 0 at the majority class, 1 when perfect; NaN where majority is 1."""
    samples: int
    converged: bool


def score(outcome: Outcome, labels: Int[np.ndarray, "task sample"], splits: Splits) -> list[ProbeScore]:
    """One score a task, in the order of the labels."""
    return [
        score_task(predicted, truth, splits, converged=bool(converged))
        for predicted, truth, converged in zip(outcome.predictions, labels, outcome.converged, strict=True)
    ]


def score_task(
    predicted: Int[np.ndarray, " sample"], truth: Int[np.ndarray, " sample"], splits: Splits, *, converged: bool = True
) -> ProbeScore:
    """Score the predictions of one task on its labelled test samples."""
    chosen = splits.test & (truth != IGNORE)
    answer, said = truth[chosen], predicted[chosen]
    common = np.bincount(truth[splits.train & (truth != IGNORE)]).argmax()
    majority = float((answer == common).mean())
    if not converged:
        return ProbeScore(np.nan, np.nan, majority, np.nan, len(answer), converged=False)
    accuracy = float((answer == said).mean())
    frequency = np.bincount(answer)
    recall = np.bincount(answer[answer == said], minlength=len(frequency))[frequency > 0] / frequency[frequency > 0]
    return ProbeScore(
        accuracy, float(recall.mean()), majority, normalise(accuracy, majority), len(answer), converged=True
    )


def normalise(accuracy: float, majority: float) -> float:
    """The share of what chance leaves open that was found; NaN where chance leaves nothing open."""
    return (accuracy - majority) / (1 - majority) if majority < 1 else float("nan")


@dataclass(frozen=True)
class Standardiser:
    """Shift and scale that give every feature mean 0 and deviation 1 on the training samples."""

    mean: Float[np.ndarray, " width"]
    scale: Float[np.ndarray, " width"]

    @classmethod
    def fit(cls, hidden: Float[np.ndarray, "sample width"]) -> "Standardiser":
        """Constant features are only shifted: they become 0 and are ignored by every probe.

        Raises: OntogenyError if a value is not finite.
        """
        mean = hidden.mean(axis=0, dtype=np.float64)
        if not np.isfinite(mean).all():
            raise OntogenyError("hidden states to be probed hold values that are not finite: the model has diverged")
        deviation = hidden.std(axis=0, dtype=np.float64)
        constant = deviation <= 1e-7 * np.maximum(1.0, np.abs(mean))
        return cls(mean, np.where(constant, np.inf, deviation))

    def __call__(self, hidden: Float[np.ndarray, "sample width"]) -> Float[np.ndarray, "sample width"]:
        """In float64, because the Gram matrix of what comes out is about to be inverted."""
        return (hidden - self.mean) / self.scale


def name_of(task: int, names: Sequence[str] | None) -> str:
    """How an error names a task."""
    return names[task] if names is not None else f"task {task}"
