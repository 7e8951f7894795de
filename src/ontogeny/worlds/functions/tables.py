"""Where examples with classes come from: small tables of scikit-learn's, or clusters that are drawn anew."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal, Protocol, runtime_checkable

import numpy as np
from annotated_types import Ge, Gt, Le, Lt
from jaxtyping import Float, Int

from ontogeny.configuration import LATER, configuration
from ontogeny.errors import UsageError
from ontogeny.lazy import optional
from ontogeny.randomness import generator
from ontogeny.worlds.world import Split

TableName = Literal["digits", "iris", "wine", "breast_cancer"]
_CLASSES: dict[TableName, int] = {"digits": 10, "iris": 3, "wine": 3, "breast_cancer": 2}
_COLUMNS: dict[TableName, int] = {"digits": 64, "iris": 4, "wine": 13, "breast_cancer": 30}


@runtime_checkable
class Source(Protocol):
    """What a world of classifications asks of its examples."""

    @property
    def classes(self) -> int:
        """How many classes there are."""

    @property
    def components(self) -> int:
        """Of each example's input."""

    def sample(
        self, random: np.random.Generator, classes: Int[np.ndarray, "batch example"], seed: int, split: Split
    ) -> Float[np.ndarray, "batch example component"]:
        """Inputs of examples of these classes: of mean 0, their components' mean square 1."""


@configuration
class Table:
    """A table that comes with scikit-learn (extra `tables`), as its principal components or its first columns.

    Columns are standardised, and components scaled by one number. Which rows are held out the seed decides;
    columns and components are those of the other rows, or of all where all are held out.
    """

    kind: Literal["table"] = "table"
    name: TableName = "digits"
    most: Annotated[int, Ge(1)] = 16
    """Components or columns, if the table has so many."""
    held_out: Annotated[float, Gt(0), Le(1)] = 0.3
    """Share of the rows that training never shows; all other splits show these alone."""
    form: Annotated[Literal["components", "columns"], LATER] = "components"

    @property
    def classes(self) -> int:
        return _CLASSES[self.name]

    @property
    def components(self) -> int:
        return min(self.most, _COLUMNS[self.name])

    def sample(
        self, random: np.random.Generator, classes: Int[np.ndarray, "batch example"], seed: int, split: Split
    ) -> Float[np.ndarray, "batch example component"]:
        """In an episode no row comes twice before all of its class have been shown."""
        rows = _rows(self, seed, split == "train")
        order = [random.random((len(classes), count)).argsort(axis=1) for count in rows.counts]
        starts = rows.counts.cumsum() - rows.counts
        shuffled = np.concatenate([start + own for start, own in zip(starts, order, strict=True)], axis=1)
        seen = (classes[:, :, None] == np.arange(self.classes)).cumsum(axis=1)  # [batch, example, class]
        turn = np.take_along_axis(seen, classes[:, :, None], axis=2)[:, :, 0] - 1
        places = starts[classes] + turn % rows.counts[classes]
        return rows.inputs[np.take_along_axis(shuffled, places, axis=1)]


@configuration
class Clusters:
    """Normal clusters around normal centres, each episode's own."""

    kind: Literal["clusters"] = "clusters"
    classes: Annotated[int, Ge(2)] = 5
    components: Annotated[int, Ge(1)] = 16
    between: Annotated[float, Gt(0), Lt(1)] = 0.5
    """Share of the inputs' variance that is between clusters."""

    def sample(
        self, random: np.random.Generator, classes: Int[np.ndarray, "batch example"], seed: int, split: Split
    ) -> Float[np.ndarray, "batch example component"]:
        centres = random.normal(0, np.sqrt(self.between), (len(classes), self.classes, self.components))
        around = random.normal(0, np.sqrt(1 - self.between), (*classes.shape, self.components))
        return np.take_along_axis(centres, classes[:, :, None], axis=1) + around


@dataclass(frozen=True)
class _Rows:
    """Rows of a table, class by class."""

    inputs: Float[np.ndarray, "row component"]
    counts: Int[np.ndarray, " class"]


@lru_cache(maxsize=16)
def _rows(table: Table, seed: int, train: bool) -> _Rows:
    columns, classes = _read(table.name)
    order = generator("classification", "rows", table.name, seed).permutation(len(classes))
    held_out, shown = np.split(order, [round(table.held_out * len(order))])
    asked = shown if train else held_out
    counts = np.bincount(classes[asked], minlength=table.classes)
    if not counts.all():
        raise UsageError(
            f"held_out = {table.held_out:g} leaves {len(asked)} of {len(order)} rows of {table.name} for this split, "
            f"of {np.count_nonzero(counts)} classes; expected rows of all {table.classes}: choose another share"
        )
    inputs = _inputs(columns, shown if len(shown) else held_out, table)
    asked = asked[classes[asked].argsort(kind="stable")]
    rows = _Rows(inputs[asked], counts)
    rows.inputs.flags.writeable = False  # all batches share it
    return rows


def _inputs(
    columns: Float[np.ndarray, "row column"], fitted: Int[np.ndarray, " fitted"], table: Table
) -> Float[np.ndarray, "row component"]:
    """Standardised columns or their principal components, of mean square 1 over the rows that they are fitted on."""
    spread = columns[fitted].std(axis=0)
    standard = (columns - columns[fitted].mean(axis=0)) / np.where(spread > 0, spread, 1)
    if table.form == "columns":
        return standard[:, : table.components]
    axes = np.linalg.eigh(standard[fitted].T @ standard[fitted])[1][:, ::-1][:, : table.components]
    found = standard @ axes
    return found / np.sqrt(np.square(found[fitted]).mean())


def _read(name: TableName) -> tuple[Float[np.ndarray, "row column"], Int[np.ndarray, " row"]]:
    columns, classes = getattr(optional("sklearn.datasets", "tables"), f"load_{name}")(return_X_y=True)
    return columns.astype(np.float64), classes.astype(np.int64)
