"""Small tables with classes, drawn from a prior, each to be learned from at once (Mueller et al. 2022)."""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge
from jaxtyping import Bool, Float, Float32, Int

from ontogeny.configuration import configuration
from ontogeny.errors import UsageError
from ontogeny.randomness import generator
from ontogeny.worlds.world import IGNORE, Batch, Split


@dataclass(frozen=True)
class Truth:
    """The rows of a batch of tables."""

    inputs: Float32[np.ndarray, "batch example column"]
    labels: Int[np.ndarray, "batch example"]
    clustered: Bool[np.ndarray, " batch"]
    """Which tables' classes are clusters; those of the others are a network's."""


@configuration
class PriorTables:
    """Tables of few rows: labels are given with any number of them, and asked for at the others.

    Half of the tables have a normal cluster for each class; in the others a class is the largest output of a random
    network (one hidden layer, tanh) with some noise. All inputs are normal in the end, of a covariance that is each
    table's own: its eigenvalues fall as i^-skew, with skew uniform between 0 and 3.

    A position shows [x; y] where the label is given, one out of all, and [x; 0] where it is asked for. Columns are
    standardised by the rows whose labels are given, so that a table may have any scale.
    """

    kind: Literal["prior_tables"] = "prior_tables"
    features: Annotated[int, Ge(2)] = 10
    """A table has two columns or more, up to this many, all numbers being equally likely; all of a batch have the same.
    """
    labels: Annotated[int, Ge(2)] = 3
    """A table has two classes or more, up to this many, all numbers being equally likely."""
    examples: Annotated[int, Ge(3)] = 50
    """Rows of a table."""
    shown: tuple[Annotated[int, Ge(2)], Annotated[int, Ge(2)]] = (5, 30)
    """The fewest and the most labels that are given: all numbers between are equally likely; all of a batch have the
    same."""
    neurons: Annotated[int, Ge(1)] = 16
    """Of the networks."""

    def __post_init__(self) -> None:
        fewest, most = self.shown
        if not 2 <= fewest <= most < self.examples:
            raise UsageError(
                f"shown: expected the fewest and the most labels given, from 2 to below examples = {self.examples}, "
                f"given {self.shown}"
            )

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The labels' names."""
        return tuple(f"label {label}" for label in range(self.labels))

    @property
    def feature_size(self) -> int:
        return self.features + self.labels

    @property
    def length(self) -> int:
        return self.examples

    def batch(self, seed: int, step: int, size: int, split: Split = "train") -> Batch:
        random = generator("prior tables", split, seed, step)
        fewest, most = self.shown
        shown = int(random.integers(fewest, most + 1))
        columns = int(random.integers(2, self.features + 1))
        truth = self._draw(random, size, columns)
        targets = truth.labels.copy()
        targets[:, :shown] = IGNORE
        features = self.shows(truth.inputs, truth.labels[:, :shown])
        return Batch(np.zeros_like(targets), features, targets, shown, truth)

    def shows(
        self, inputs: Float32[np.ndarray, "batch example column"], labels: Int[np.ndarray, "batch shown"]
    ) -> Float32[np.ndarray, "batch example shown_feature"]:
        """Any rows in the form in which this world shows them; labels that are not there are asked for."""
        shown, columns = labels.shape[1], inputs.shape[2]
        given = inputs[:, :shown].astype(np.float64)
        spread = given.std(axis=1, keepdims=True)
        standard = (inputs - given.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1)
        features = np.zeros((*inputs.shape[:2], self.feature_size), np.float32)
        features[:, :, :columns] = standard
        features[:, :shown, self.features :] = np.eye(self.labels, dtype=np.float32)[labels]
        return features

    def _draw(self, random: np.random.Generator, size: int, columns: int) -> Truth:
        present = np.arange(self.labels) < random.integers(2, self.labels + 1, size)[:, None]  # [batch, class]
        clustered = random.random(size) < 0.5
        in_clusters, clusters = self._clusters(random, present, columns)
        around, networks = self._networks(random, present, columns)
        classes = np.where(clustered[:, None], clusters, networks)
        inputs = _skewed(random, np.where(clustered[:, None, None], in_clusters, around))
        names = random.random((size, self.labels)).argsort(axis=1)
        labels = np.take_along_axis(names, classes, axis=1)
        return Truth(inputs.astype(np.float32), labels, clustered)

    def _clusters(
        self, random: np.random.Generator, present: Bool[np.ndarray, "batch class"], columns: int
    ) -> tuple[Float[np.ndarray, "batch example column"], Int[np.ndarray, "batch example"]]:
        """Clusters of any share of the variance between 0.1 and 0.9, each with a width of its own."""
        size = len(present)
        classes = random.integers(present.sum(axis=1)[:, None], size=(size, self.examples))
        between = random.uniform(0.1, 0.9, (size, 1, 1))
        centres = np.sqrt(between) * random.normal(size=(size, self.labels, columns))
        widths = np.sqrt(1 - between) * np.exp(0.3 * random.normal(size=(size, self.labels, 1)))
        centre, width = (np.take_along_axis(part, classes[:, :, None], axis=1) for part in (centres, widths))
        return centre + width * random.normal(size=(size, self.examples, columns)), classes

    def _networks(
        self, random: np.random.Generator, present: Bool[np.ndarray, "batch class"], columns: int
    ) -> tuple[Float[np.ndarray, "batch example column"], Int[np.ndarray, "batch example"]]:
        """Networks of any steepness (log-normal around 1) and noise, of inputs that are not yet skewed."""
        size = len(present)
        inputs = random.normal(size=(size, self.examples, columns))
        steepness = np.exp(0.7 * random.normal(size=(size, 1, 1)))
        first = steepness * random.normal(0, columns**-0.5, (size, columns, self.neurons))
        last = random.normal(0, self.neurons**-0.5, (size, self.neurons, self.labels))
        scores = np.tanh(inputs @ first + random.normal(size=(size, 1, self.neurons))) @ last
        scores -= scores.mean(axis=1, keepdims=True)
        noise = random.uniform(0, 0.5, (size, 1, 1)) * scores.std(axis=1, keepdims=True)
        scores += noise * random.normal(size=scores.shape)
        return inputs, np.where(present[:, None], scores, -np.inf).argmax(axis=2)


def _skewed(
    random: np.random.Generator, inputs: Float[np.ndarray, "batch example column"]
) -> Float[np.ndarray, "batch example column"]:
    """Stretched by each table's own eigenvalues, then turned."""
    size, _, columns = inputs.shape
    falling = np.arange(1, columns + 1) ** -random.uniform(0, 3, (size, 1))
    falling *= columns / falling.sum(axis=1, keepdims=True)
    turns = np.linalg.qr(random.normal(size=(size, columns, columns)))[0]
    return inputs * np.sqrt(falling)[:, None] @ turns
