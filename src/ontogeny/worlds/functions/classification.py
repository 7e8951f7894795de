"""Episodes of classification: a task, shown by examples, in which the next one is to be told (Kirsch et al. 2022)."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal, NamedTuple

import numpy as np
from annotated_types import Ge, Le
from jaxtyping import Bool, Float, Float32, Int

from ontogeny.configuration import BY_KIND, LATER, configuration
from ontogeny.errors import UsageError
from ontogeny.randomness import generator
from ontogeny.worlds.functions.tables import Clusters, Table
from ontogeny.worlds.world import Batch, Split

TASKS_KEPT = 2**12
"""Tasks of pools that are kept once drawn; others are drawn again whenever they are met."""


class Tasks(NamedTuple):
    """What is to be learned anew in each episode: how inputs are turned, and what classes are called."""

    projections: Float[np.ndarray, "batch component feature"]
    classes: Int[np.ndarray, "batch named"]
    """Classes of the source that take part ..."""
    labels: Int[np.ndarray, "batch named"]
    """... and their labels."""


@dataclass(frozen=True)
class Truth:
    """The tasks of a batch and all that was seen of them."""

    tasks: Tasks
    numbers: Int[np.ndarray, " batch"] | None
    """Of the tasks in their pool, where there is one."""
    inputs: Float32[np.ndarray, "batch example feature"]
    labels: Int[np.ndarray, "batch example"]
    """At each position the label to be predicted; at later ones it is shown."""


@configuration
class Classification:
    """Tasks of classification made of one source of examples; each example's label is to be predicted, then shown.

    A task projects all inputs by one random matrix and gives classes random labels; where there are more classes than
    labels it takes as many at random. An episode's examples are of all its classes with equal probability. So the
    exact accuracy of whoever has yet to see an example of a new task is 1 / labels, of whoever learns but which labels
    there are, 1 / classes.

    `shifted`: position t shows [x(t); y(t - 1)], as published. `paired`: it shows the whole example before beside the
    input, [x(t); x(t - 1); y(t - 1)], so that nothing has to be fetched from the neighbour first. Labels are shown one
    out of all; before the first example all is 0.
    """

    kind: Literal["classification"] = "classification"
    source: Annotated[Table | Clusters, BY_KIND] = Table()
    features: Annotated[int, Ge(1)] = 16
    """Components of a projected input."""
    labels: Annotated[int, Ge(2)] = 5
    examples: Annotated[int, Ge(1)] = 31
    """Of an episode; before the last all others have been shown."""
    pool: Annotated[int, Ge(1)] | None = None
    """How many tasks there are in all, drawn once by the seed, the first ones in larger pools too; None: every episode
    draws a new one."""
    shown: Literal["shifted", "paired"] = "paired"
    unpermuted: Annotated[float, Ge(0), Le(1), LATER] = 0.0
    """Share of training's episodes in which labels are not dealt: the source's first classes, each under its own
    number (a biased training distribution, Kirsch et al. 2022). Other splits have none."""

    def __post_init__(self) -> None:
        if self.pool is not None and isinstance(self.source, Clusters):
            raise UsageError(f"a pool needs classes that stay: source='clusters' has none, given pool={self.pool}")
        if self.unpermuted and isinstance(self.source, Clusters):
            raise UsageError(
                "labels of their own need classes that stay: source='clusters' has none, "
                f"given unpermuted={self.unpermuted:g}"
            )

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The labels' names."""
        return tuple(f"label {label}" for label in range(self.labels))

    @property
    def feature_size(self) -> int:
        return (2 if self.shown == "paired" else 1) * self.features + self.labels

    @property
    def length(self) -> int:
        return self.examples

    @property
    def named(self) -> int:
        """How many classes take part in a task."""
        return min(self.source.classes, self.labels)

    def batch(self, seed: int, step: int, size: int, split: Split = "train") -> Batch:
        random = generator("classification", split, seed, step)
        numbers = None if self.pool is None else random.integers(self.pool, size=size)
        tasks = self._draw(random, size) if numbers is None else self.pool_tasks(seed, numbers)
        if self.unpermuted and split == "train":
            tasks = self._undealt(tasks, random.random(size) < self.unpermuted)
        chosen = random.integers(self.named, size=(size, self.examples))
        classes, labels = (np.take_along_axis(part, chosen, axis=1) for part in (tasks.classes, tasks.labels))
        inputs = self.source.sample(random, classes, seed, split) @ tasks.projections
        truth = Truth(tasks, numbers, inputs.astype(np.float32), labels)
        return Batch(np.zeros_like(labels), self.shows(truth.inputs, labels), labels, 0, truth)

    def shows(
        self, inputs: Float32[np.ndarray, "batch example feature"], labels: Int[np.ndarray, "batch example"]
    ) -> Float32[np.ndarray, "batch example shown"]:
        """Any examples in the form in which this world shows them; the last label is only asked for."""
        before = np.eye(self.labels, dtype=np.float32)[labels]
        if self.shown == "paired":
            before = np.concatenate((inputs, before), axis=2)
        before = np.concatenate((np.zeros_like(before[:, :1]), before[:, :-1]), axis=1)
        return np.concatenate((inputs, before), axis=2)

    def pool_tasks(self, seed: int, numbers: Int[np.ndarray, " batch"]) -> Tasks:
        """The tasks of these numbers; those of one number are the same in pools of any size."""
        drawn = [_pool_task(self._shape, seed, int(number)) for number in numbers]
        return Tasks(*(np.concatenate(parts) for parts in zip(*drawn, strict=True)))

    def _draw(self, random: np.random.Generator, size: int) -> Tasks:
        return _tasks(random, size, self._shape)

    def _undealt(self, tasks: Tasks, which: Bool[np.ndarray, " batch"]) -> Tasks:
        """The tasks, those chosen with the source's first classes, each under its own number."""
        own = np.arange(self.named)
        classes, labels = (np.where(which[:, None], own, part) for part in (tasks.classes, tasks.labels))
        return Tasks(tasks.projections, classes, labels)

    @property
    def _shape(self) -> tuple[int, int, int, int]:
        return self.source.components, self.features, self.source.classes, self.labels


def _tasks(random: np.random.Generator, size: int, shape: tuple[int, int, int, int]) -> Tasks:
    components, features, classes, labels = shape
    named = min(classes, labels)
    projections = random.normal(0, components**-0.5, (size, components, features))
    drawn = [random.random((size, count)).argsort(axis=1)[:, :named] for count in (classes, labels)]
    return Tasks(projections, *drawn)


@lru_cache(maxsize=TASKS_KEPT)
def _pool_task(shape: tuple[int, int, int, int], seed: int, number: int) -> Tasks:
    task = _tasks(generator("classification", "pool", seed, number), 1, shape)
    for part in task:
        part.flags.writeable = False  # all batches share it
    return task
