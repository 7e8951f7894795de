"""Multinomial logistic regression on whitened features: many tasks as one stack, every one checked for convergence."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from jaxtyping import Float, Int

from ontogeny.instruments.lbfgs import Minimisation
from ontogeny.instruments.probes import (
    ConvergenceError,
    Logistic,
    Outcome,
    Splits,
    Stack,
    Standardiser,
    blank_outcome,
    name_of,
    stacks,
)
from ontogeny.models.linear import linear
from ontogeny.worlds.world import IGNORE

COLUMNS = 512
"""Outputs solved together."""
SAMPLES = 4096
"""Samples whose outputs are held at a time: small enough for the processor's cache."""
ANSWERED = 32
"""Probes that answer the test samples together."""
RANK_TOLERANCE = 1e-7
"""Directions with less than this share of the largest variance are rounding errors, and are dropped."""


@dataclass(frozen=True)
class LinearProbe:
    """A fitted linear probe in the space of the raw hidden states; columns are class ids."""

    weights: Float[np.ndarray, "width class"]
    bias: Float[np.ndarray, " class"]
    """Minus infinity for a class that no training sample had: its probability is 0."""

    def probabilities(self, hidden: Float[np.ndarray, "sample width"]) -> Float[np.ndarray, "sample class"]:
        """How likely the probe holds each class to be, for each hidden state."""
        logits = hidden @ self.weights + self.bias
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True)

    def predict(self, hidden: Float[np.ndarray, "sample width"]) -> Int[np.ndarray, " sample"]:
        """The likeliest class of each hidden state."""
        return (hidden @ self.weights + self.bias).argmax(axis=1)


def fit_linear(
    hidden: Float[np.ndarray, "sample width"],
    labels: Int[np.ndarray, "task sample"],
    splits: Splits,
    settings: Logistic | None = None,
    *,
    names: Sequence[str] | None = None,
) -> list[LinearProbe]:
    """One linear probe a task. `names` are what an error calls the tasks.

    Minimises mean log-loss + penalty / 2 * |weights|^2 over whitened features, biases unpenalised; each task's penalty
    is the one with the lowest validation log-loss. Penalties are walked from strong to weak, each starting where the
    last one ended and with what is known there of the curvature, until that loss rises.

    Raises: ConvergenceError naming the tasks whose gradient did not vanish within the settings' rounds.
    """
    settings = settings or Logistic()
    probes: list[LinearProbe | None] = [None] * len(labels)
    for shared in stacks(labels, splits, limit=COLUMNS):
        whitened = _Whitened(hidden, shared[0])
        for stack in shared:
            solution = _solve(whitened, stack, settings, names)
            sizes = 1 + labels[stack.tasks].max(axis=1)
            for row, task in enumerate(stack.tasks):
                probes[task] = whitened.raw_probe(solution[row], stack.classes[row], int(sizes[row]))
    return [probe for probe in probes if probe is not None]


def logistic(
    hidden: Float[np.ndarray, "sample width"],
    labels: Int[np.ndarray, "task sample"],
    splits: Splits,
    settings: Logistic | None = None,
    *,
    names: Sequence[str] | None = None,
) -> Outcome:
    """Fit as `fit_linear` does, and answer the test samples.

    Raises: ConvergenceError as `fit_linear` does.
    """
    outcome = blank_outcome(labels)
    tested = hidden[splits.test].astype(np.float64)
    probes = fit_linear(hidden, labels, splits, settings, names=names)
    for start in range(0, len(probes), ANSWERED):
        outcome.predictions[start : start + ANSWERED, splits.test] = _predict(probes[start : start + ANSWERED], tested)
    outcome.predictions[labels == IGNORE] = IGNORE
    return outcome


def _predict(
    probes: Sequence[LinearProbe], hidden: Float[np.ndarray, "sample width"]
) -> Int[np.ndarray, "task sample"]:
    """The likeliest classes, of all probes by one product: one each would read the hidden states as often."""
    logits = hidden @ np.concatenate([probe.weights for probe in probes], axis=1)
    logits += np.concatenate([probe.bias for probe in probes])
    ends = np.cumsum([len(probe.bias) for probe in probes])
    return np.stack([part.argmax(axis=1) for part in np.split(logits, ends[:-1], axis=1)])


class _Whitened:
    """Features with unit covariance on the training samples, and a last one that is always 1 for the bias.

    On whitened features the log-loss bends about equally in all directions, so that its minimum is found in tens of
    steps where raw hidden states, whose variances span many orders, need thousands.
    """

    def __init__(self, hidden: np.ndarray, stack: Stack) -> None:
        self.standardise = Standardiser.fit(hidden[stack.train])
        train = self.standardise(hidden[stack.train])
        values, vectors = np.linalg.eigh(train.T @ train / len(train))
        kept = values > RANK_TOLERANCE * max(values.max(), RANK_TOLERANCE)
        self.rotation = vectors[:, kept] / np.sqrt(values[kept])  # [width, whitened]
        # Beside each part the same turned: both of the gradient's products then read rows that lie one after the other.
        self.train = [(part, part.T.contiguous()) for part in self._features(train).split(SAMPLES)]
        self.validation = self._features(self.standardise(hidden[stack.validation]))
        self.features = self.validation.shape[1]

    def _features(self, standardised: np.ndarray) -> torch.Tensor:
        features = np.ones((len(standardised), self.rotation.shape[1] + 1), np.float32)
        features[:, :-1] = standardised @ self.rotation
        return torch.from_numpy(features)

    def raw_probe(self, solution: np.ndarray, classes: np.ndarray, size: int) -> LinearProbe:
        """Undo whitening and standardising, and give every class id its own column."""
        weights = self.rotation @ solution[:, :-1].T / self.standardise.scale[:, None]  # [width, class]
        spread = np.zeros((len(weights), size))
        bias = np.full(size, -np.inf)
        spread[:, classes] = weights
        bias[classes] = solution[:, -1] - self.standardise.mean @ weights
        return LinearProbe(spread, bias)


def _solve(
    whitened: _Whitened, stack: Stack, settings: Logistic, names: Sequence[str] | None
) -> Float[np.ndarray, "task class feature"]:
    """Weights on whitened features (the last is the bias) at each task's best penalty."""
    tasks, classes = stack.classes.shape
    if classes == 1:
        return np.zeros((tasks, 1, whitened.features))
    best = torch.zeros(tasks, classes, whitened.features)
    best_loss = torch.full((tasks,), torch.inf)
    penalised = torch.ones(best.shape[1:])
    penalised[:, -1] = 0  # the biases are not
    train_targets, validation_targets = (
        torch.from_numpy(targets) for targets in (stack.train_targets, stack.validation_targets)
    )
    descent = Minimisation(partial(_gradient, parts=whitened.train, targets=train_targets), best)
    for penalty in sorted(settings.penalties, reverse=True):
        descent.penalise(penalty * penalised)
        # The log-loss of whitened features bends by at most 1/2 (Boehning 1992): this first step cannot overshoot.
        first_step = 1 / (0.5 + penalty)
        converged = descent.run(first_step=first_step, tolerance=settings.tolerance, rounds=settings.rounds)
        if not converged.all():
            failed = [name_of(int(task), names) for task in stack.tasks[descent.rows[~converged].numpy()]]
            raise ConvergenceError(
                f"logistic probe: {len(failed)} of {tasks} tasks did not converge in {settings.rounds} rounds at "
                f"penalty {penalty:g} (first: {failed[0]}); raise `rounds` or the smallest penalty"
            )
        loss = _validation_loss(descent.points, whitened.validation, validation_targets[descent.rows])
        better = loss < best_loss[descent.rows]
        descent.keep(better)  # the tasks that still gain from weaker penalties
        best[descent.rows], best_loss[descent.rows] = descent.points, loss[better]
        if not len(descent.rows):
            break
    return best.double().numpy()


@torch.no_grad()
def _gradient(
    point: torch.Tensor,  # [row, class, feature]
    rows: torch.Tensor,  # [row]: which tasks
    *,
    parts: Sequence[tuple[torch.Tensor, torch.Tensor]],  # [sample, feature] and the same turned
    targets: torch.Tensor,  # [task, sample]
) -> torch.Tensor:
    """Gradient of each row's mean log-loss: residual probabilities times features."""
    targets = targets[rows]
    tasks, classes, width = point.shape
    # Outputs as [class, task, sample]: a softmax over the leading axis is twenty times faster than over a short last.
    weights = point.transpose(0, 1).reshape(classes * tasks, width)
    total = torch.zeros_like(weights)
    minus_one = torch.full((1, tasks, SAMPLES), -1.0)
    for (part, turned), wanted in zip(parts, targets.split(SAMPLES, dim=1), strict=True):
        residual = linear(weights, part).view(classes, tasks, len(part)).softmax(0)
        residual.scatter_add_(0, wanted[None], minus_one[:, :, : len(part)])
        total += linear(residual.view(classes * tasks, len(part)), turned)
    return total.div_(targets.shape[1]).view(classes, tasks, width).transpose(0, 1)


@torch.no_grad()
def _validation_loss(point: torch.Tensor, features: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    """Mean log-loss a task over the validation samples whose class was seen in training."""
    tasks, classes, width = point.shape
    weights = point.transpose(0, 1).reshape(classes * tasks, width)
    likelihood = linear(weights, features).view(classes, tasks, len(features)).log_softmax(0)
    found = likelihood.gather(0, index.clamp(min=0)[None])[0]
    known = index >= 0
    return -(found * known).sum(1) / known.sum(1).clamp(min=1)
