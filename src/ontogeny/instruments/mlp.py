"""Small ReLU networks as probes: many tasks train side by side as one batched tensor, each stopping by itself."""

import math
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from ontogeny.instruments.probes import Outcome, Perceptron, Splits, Stack, Standardiser, blank_outcome, stacks
from ontogeny.randomness import torch_generator

COLUMNS = 256
"""Outputs trained side by side."""
WEIGHTS = 6_000_000
"""Weights trained side by side at most: beyond this the optimiser's arithmetic leaves the processor's cache anyway."""


def mlp(
    hidden: Float[np.ndarray, "sample width"],
    labels: Int[np.ndarray, "task sample"],
    splits: Splits,
    settings: Perceptron | None = None,
    *,
    seed: int,
) -> Outcome:
    """Train on the training samples, stop by the validation loss, answer the test samples.

    Every task starts from the same weights and sees the same minibatches, pure functions of the seed: what a task
    answers does not depend on the tasks beside it. A task that was still improving when its epochs ran out is marked
    as not converged.
    """
    settings = settings or Perceptron()
    outcome = blank_outcome(labels)
    sizes = (hidden.shape[1], *settings.hidden)
    weights = sum(a * b for a, b in pairwise(sizes))
    for shared in stacks(labels, splits, limit=COLUMNS):
        standardise = Standardiser.fit(hidden[shared[0].train])
        train, validation, test = (
            torch.from_numpy(standardise(hidden[rows])).float()
            for rows in (shared[0].train, shared[0].validation, shared[0].test)
        )
        for stack in shared:
            width = max(1, WEIGHTS // weights)
            for start in range(0, len(stack.tasks), width):
                part = slice(start, start + width)
                trainer = _Trainer(stack, part, train, settings, seed)
                trainer.run(train, validation)
                answers = np.take_along_axis(stack.classes[part], trainer.answers(test), axis=1)
                outcome.predictions[np.ix_(stack.tasks[part], stack.test)] = answers
                outcome.converged[stack.tasks[part]] = trainer.stopped.numpy()
    return outcome


class _Trainer:
    """Networks of one shape, one a task. Parameters are [task, in, out] and [task, 1, out]."""

    def __init__(self, stack: Stack, part: slice, train: Tensor, settings: Perceptron, seed: int) -> None:
        self.settings = settings
        self.random = torch_generator(seed, "mlp probe")
        self.targets = torch.from_numpy(stack.train_targets[part])
        self.validation_targets = torch.from_numpy(stack.validation_targets[part])
        tasks, classes = stack.classes[part].shape
        self.best = self._initial((train.shape[1], *settings.hidden, classes), tasks)
        self.best_loss = torch.full((tasks,), torch.inf)
        self.waited = torch.zeros(tasks, dtype=torch.long)
        self.stopped = torch.zeros(tasks, dtype=torch.bool)

    def _initial(self, sizes: tuple[int, ...], tasks: int) -> list[Tensor]:
        """He initialisation, the same for every task."""
        parameters = []
        for fan_in, fan_out in pairwise(sizes):
            weight = torch.randn(1, fan_in, fan_out, generator=self.random) * math.sqrt(2 / fan_in)
            parameters += [weight.repeat(tasks, 1, 1), torch.zeros(tasks, 1, fan_out)]
        return parameters

    def run(self, train: Tensor, validation: Tensor) -> None:
        """Train until every task has stopped or the epochs are spent; `best` then holds each task's best weights."""
        rows = torch.arange(len(self.stopped))
        parameters, optimiser = _with_optimiser([value.clone() for value in self.best], None, self.settings)
        for _ in range(self.settings.epochs):
            self._epoch(parameters, optimiser, train, rows)
            running = self._validate(parameters, validation, rows)
            if not running.any():
                return
            if not running.all():
                rows = rows[running]
                kept = [value.detach()[running] for value in parameters]
                moments = [
                    {name: value if name == "step" else value[running] for name, value in optimiser.state[old].items()}
                    for old in parameters
                ]
                parameters, optimiser = _with_optimiser(kept, moments, self.settings)

    def _epoch(self, parameters: list[Tensor], optimiser: torch.optim.Optimizer, train: Tensor, rows: Tensor) -> None:
        order = torch.randperm(len(train), generator=self.random)
        for batch in order.split(self.settings.batch):
            targets = self.targets[rows][:, batch]  # [task, sample]
            optimiser.zero_grad(set_to_none=True)
            # Summed over tasks: each network's gradient is then that of its own mean loss.
            loss = _loss(self._outputs(parameters, train[batch], training=True), targets).sum()
            loss.backward()
            optimiser.step()

    @torch.no_grad()
    def _validate(self, parameters: list[Tensor], validation: Tensor, rows: Tensor) -> Tensor:
        """Keep the weights of tasks that improved; returns which of `rows` go on."""
        loss = _loss(self._outputs(parameters, validation), self.validation_targets[rows])
        better = loss < self.best_loss[rows] - self.settings.improvement
        improved = rows[better]
        self.best_loss[improved] = loss[better]
        for best, value in zip(self.best, parameters, strict=True):
            best[improved] = value[better]
        self.waited[rows] = torch.where(better, 0, self.waited[rows] + 1)
        self.stopped[rows] = self.waited[rows] >= self.settings.patience
        return ~self.stopped[rows]

    def _outputs(self, parameters: list[Tensor], features: Tensor, *, training: bool = False) -> Tensor:
        """Logits [task, sample, class]."""
        value = features.expand(len(parameters[0]), *features.shape)
        for weight, bias in zip(parameters[:-2:2], parameters[1:-2:2], strict=True):
            value = torch.baddbmm(bias, value, weight).relu_()
            if training and self.settings.dropout:
                keep = 1 - self.settings.dropout
                value = value * (torch.rand(value.shape[1:], generator=self.random) < keep) / keep
        return torch.baddbmm(parameters[-1], value, parameters[-2])

    @torch.no_grad()
    def answers(self, features: Tensor) -> Int[np.ndarray, "task sample"]:
        """The largest output of each task's best network."""
        parts = [self._outputs(self.best, part).argmax(-1) for part in features.split(1024)]
        return torch.cat(parts, dim=1).numpy()


def _with_optimiser(
    values: list[Tensor], moments: list[dict] | None, settings: Perceptron
) -> tuple[list[Tensor], torch.optim.Optimizer]:
    """Trainable parameters and their optimiser, continuing from the moments of the networks that are kept."""
    parameters = [value.requires_grad_() for value in values]
    optimiser = torch.optim.AdamW(parameters, lr=settings.rate, weight_decay=settings.decay, fused=True)
    if moments is not None:
        optimiser.state.update(zip(parameters, moments, strict=True))
    return parameters, optimiser


def _loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Mean log-loss of each task [task]; samples of classes never seen in training (-1) are left out."""
    # [class, task, sample]: a softmax over a short last axis is twenty times slower.
    likelihood = logits.permute(2, 0, 1).contiguous().log_softmax(0)
    known = targets >= 0
    found = likelihood.gather(0, targets.clamp(min=0)[None])[0]
    return -(found * known).sum(1) / known.sum(1).clamp(min=1)
