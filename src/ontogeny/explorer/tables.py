"""Rows of a table: filtered, sorted, cut to a page, or written as CSV."""

import io
import math
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from ontogeny.errors import UsageError, unknown_name
from ontogeny.explorer.answers.common import Cell, Column, TablePage
from ontogeny.explorer.problems import TooLargeError

LARGEST_PAGE = 10_000
LARGEST_FILE = 1_000_000
"""Rows of one answer, and of one file."""


def columns_of(table: pa.Table) -> list[Column]:
    """Names and kinds of the columns."""
    return [
        Column(name=name, type=_kind(kind)) for name, kind in zip(table.column_names, table.schema.types, strict=True)
    ]


def _kind(kind: pa.DataType) -> str:
    if pa.types.is_boolean(kind):
        return "truth"
    if pa.types.is_integer(kind):
        return "integer"
    return "number" if pa.types.is_floating(kind) else "text"


def page(
    name: str, table: pa.Table, *, where: Sequence[str] = (), sort: str | None = None, offset: int = 0, limit: int = 200
) -> TablePage:
    """`limit` rows from `offset` on of those that `where` leaves, in the order of `sort`; see `chosen`."""
    left = chosen(table, where, sort)
    return TablePage(
        name=name,
        columns=columns_of(table),
        rows=rows_of(left.slice(offset, limit)),
        total=table.num_rows,
        matching=left.num_rows,
        offset=offset,
        limit=limit,
    )


def rows_of(table: pa.Table) -> list[list[Cell]]:
    """Rows as plain values; a number that is not finite becomes null."""
    columns = [[plain(value) for value in column.to_pylist()] for column in table.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def plain(value: Any) -> Cell:
    """A value that JSON can hold."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int | bool) else str(value)


def csv_bytes(table: pa.Table, where: Sequence[str] = (), sort: str | None = None) -> bytes:
    """The chosen rows as CSV. Raises: TooLargeError beyond a million rows."""
    left = chosen(table, where, sort)
    if left.num_rows > LARGEST_FILE:
        raise TooLargeError(f"{left.num_rows} rows are too many for one file (at most {LARGEST_FILE}); filter them")
    stream = io.BytesIO()
    csv.write_csv(left, stream)
    return stream.getvalue()


def chosen(table: pa.Table, where: Iterable[str], sort: str | None) -> pa.Table:
    """The rows that pass all filters, sorted.

    A filter is `column:value`; an empty value stands for null. Filters on one column are alternatives. `sort` is a
    column, with `-` in front for descending.

    Raises: UsageError for an unknown column, or a value that its column cannot hold.
    """
    wanted: dict[str, list[str]] = {}
    for condition in where:
        column, separator, text = condition.partition(":")
        if not separator:
            raise UsageError(f"where={condition!r}: expected column:value")
        wanted.setdefault(_known(table, column), []).append(text)
    for column, texts in wanted.items():
        table = table.filter(_among(table[column], column, texts))
    if not sort:
        return table
    column = _known(table, sort.removeprefix("-"))
    return table.sort_by([(column, "descending" if sort.startswith("-") else "ascending")])


def _known(table: pa.Table, column: str) -> str:
    if column not in table.column_names:
        raise unknown_name("column", column, table.column_names)
    return column


def _among(values: pa.ChunkedArray, column: str, texts: Sequence[str]) -> pa.ChunkedArray:
    try:
        alternatives = pa.array([text or None for text in texts], pa.string()).cast(values.type)
    except pa.ArrowInvalid:
        raise UsageError(f"column {column!r} holds values of type {values.type}, given {list(texts)}") from None
    return pc.is_in(values, value_set=alternatives)
