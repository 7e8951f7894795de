"""Claims are those that pyarrow reads, where pyarrow can read them; anything else is refused within bounds."""

import io
import resource
from contextlib import suppress

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from ontogeny.parquet_footer import LARGEST, MAGIC, Chunk, read_claims

TABLES = (
    pa.table({"a": [1, None, 3], "b": ["x", "yy", None], "c": [True, False, None], "d": [0.5, float("nan"), None]}),
    pa.table({"a": [[1, 2], [], None], "b": [{"x": 1.0}, None, {"x": 2.0}]}),
    pa.table({"a": pa.array([], pa.int8())}),
    pa.table({f"column {number}": range(5) for number in range(40)}),
)


def written(table: pa.Table, **options: object) -> bytes:
    stream = io.BytesIO()
    parquet.write_table(table, stream, **options)
    return stream.getvalue()


def ending(footer: bytes) -> bytes:
    return MAGIC + footer + len(footer).to_bytes(4, "little") + MAGIC


@pytest.mark.parametrize("options", [{}, {"use_dictionary": False, "compression": "zstd"}, {"row_group_size": 2}])
@pytest.mark.parametrize("table", TABLES)
def test_claims_are_those_that_pyarrow_reads(table: pa.Table, options: dict[str, object]) -> None:
    data = written(table, **options)
    metadata = parquet.read_metadata(io.BytesIO(data))
    groups = [metadata.row_group(group) for group in range(metadata.num_row_groups)]
    columns = [group.column(number) for group in groups for number in range(metadata.num_columns)]
    expected = [
        Chunk(
            tuple(column.path_in_schema.split(".")),
            column.physical_type,
            frozenset(column.encodings),
            column.num_values,
            column.total_uncompressed_size,
        )
        for column in columns
    ]
    assert read_claims(data) == (metadata.num_rows, expected)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_answered(footer: bytes) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        read_claims(ending(footer))


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 255))
def test_an_altered_footer_is_answered(place: int, value: int) -> None:
    data = bytearray(written(TABLES[0]))
    size = int.from_bytes(data[-8:-4], "little")
    data[len(data) - 8 - size + place % size] = value
    with suppress(ValueError):
        rows, chunks = read_claims(bytes(data))
        assert isinstance(rows, int)
        assert all(isinstance(chunk, Chunk) for chunk in chunks)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no footer"),
        (b"PAR1" + b"\xff" * 4 + b"PAR1", "no footer"),
        (ending(bytes(LARGEST + 1)), "very large"),
        (ending(b"\x1c" * 100), "more than 20 levels"),
        (ending(b"\x19\xf9" * 100), "levels|not that of"),
        (ending(b"\x16" + b"\xff" * 11), "more than 64 bits"),
        (ending(b"\x16\x02\x06\x02\x04\x00"), "field 1 twice"),
        (ending(b"\x1b\x00"), "kind 11"),
        (ending(b"\x18\xff\xff\xff\xff\x0f"), "not that of a Parquet file"),
    ],
)
def test_what_is_wrong_is_said(data: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_claims(data)


def test_a_footer_of_many_values_stays_small() -> None:
    many = b"\x49\xfc" + b"\xf0\xff\x3f" + bytes(LARGEST - 8)  # a list of a million empty structs
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ValueError, match="not that of a Parquet file"):
        read_claims(ending(many))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # KiB
