"""Ridge regression on one-hot labels: one eigendecomposition serves every task, class and penalty."""

import numpy as np
import torch
from jaxtyping import Float, Int

from ontogeny.instruments.probes import (
    Outcome,
    Ridge,
    Splits,
    Stack,
    Standardiser,
    blank_outcome,
    stacks,
)

COLUMNS = 768
"""Outputs solved together: at 12,000 samples the one-hot block then takes 37 MB."""


def ridge(
    hidden: Float[np.ndarray, "sample width"],
    labels: Int[np.ndarray, "task sample"],
    splits: Splits,
    settings: Ridge | None = None,
) -> Outcome:
    """Fit on the training samples, choose each task's penalty on the validation samples, answer the test samples.

    With standardised training features X = U S V' over n samples, the weights for targets Y and penalty p are
    V (S^2/n + p)^-1 V' X'Y/n: rotated by V once, every penalty is a rescaling. Among penalties of equal validation
    accuracy the strongest is taken.
    """
    settings = settings or Ridge()
    outcome = blank_outcome(labels)
    for shared in stacks(labels, splits, limit=COLUMNS):
        basis = _Basis(hidden, shared[0])
        for stack in shared:
            answers = _answers(basis, stack, sorted(settings.penalties, reverse=True))
            outcome.predictions[np.ix_(stack.tasks, stack.test)] = np.take_along_axis(stack.classes, answers, axis=1)
    return outcome


class _Basis:
    """The samples of one list of stacks, standardised and rotated to the eigenvectors of the training Gram matrix."""

    def __init__(self, hidden: np.ndarray, stack: Stack) -> None:
        standardise = Standardiser.fit(hidden[stack.train])
        train = standardise(hidden[stack.train])
        values, vectors = np.linalg.eigh(train.T @ train / len(train))
        self.values = torch.from_numpy(np.maximum(values, 0)).float()
        self.train = torch.from_numpy(train @ vectors).float()
        # Transposed, because outputs are kept as [class, task, sample]: a maximum over the leading axis is vectorised.
        self.validation = torch.from_numpy((standardise(hidden[stack.validation]) @ vectors).T).float().contiguous()
        self.test = torch.from_numpy((standardise(hidden[stack.test]) @ vectors).T).float().contiguous()


def _answers(basis: _Basis, stack: Stack, penalties: list[float]) -> Int[np.ndarray, "task test"]:
    """Columns of `stack.classes` answered at the test samples."""
    tasks, classes = stack.classes.shape
    targets = torch.from_numpy(stack.train_targets)
    samples = targets.shape[1]
    one_hot = torch.zeros(classes, tasks, samples).scatter_(0, targets[None], 1.0)
    prior = one_hot.mean(-1)  # [class, task]
    moment = (one_hot.view(classes * tasks, samples) @ basis.train).div_(samples)  # [class * task, width]
    truth = torch.from_numpy(stack.validation_targets)

    def outputs(penalty: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
        """Regression outputs [class, task, sample] under one penalty a task."""
        shrunk = moment.view(classes, tasks, -1) / (basis.values + penalty[:, None])
        return (shrunk.view(classes * tasks, -1) @ features).view(classes, tasks, -1) + prior[:, :, None]

    best = torch.full((tasks,), -1.0)
    chosen = torch.zeros(tasks)
    for penalty in penalties:
        found = (outputs(torch.full((tasks,), penalty), basis.validation).max(0).indices == truth).float().mean(1)
        better = found > best
        best, chosen = torch.where(better, found, best), torch.where(better, penalty, chosen)
    return outputs(chosen, basis.test).max(0).indices.numpy()
