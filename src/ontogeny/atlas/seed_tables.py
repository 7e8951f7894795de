"""From tables, one a seed, to what charts draw."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Real

from ontogeny.atlas.line_charts import Line


def stacked(tables: Sequence[pa.Table], column: str, **chosen: object) -> Real[np.ndarray, "seed row"]:
    """A column of all seeds' tables, of the rows that have the chosen values in the columns so named."""
    for name, value in chosen.items():
        tables = [table.filter(pc.field(name) == value) for table in tables]
    return np.stack([table[column].to_numpy() for table in tables])


def line_of(tables: Sequence[pa.Table], label: str, x: str, y: str, *, control: bool = False) -> Line:
    """Column y of all seeds' tables over column x, which is the same in all."""
    return Line(label, tables[0][x].to_numpy(), stacked(tables, y), control)
