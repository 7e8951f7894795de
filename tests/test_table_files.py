"""Tables come back as they were; bytes that claim or hold too much are refused before they fill the memory."""

import io
import resource
from contextlib import suppress

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from ontogeny.table_files import load_table, table_bytes

TABLE = pa.table(
    {
        "step": pa.array([0, 1, None], pa.int64()),
        "name": ["a", "seal: b", None],
        "value": [0.5, float("inf"), None],
        "good": [True, False, None],
        "several": [[1, 2], [], None],
    }
).replace_schema_metadata({"about": "x"})


@pytest.mark.parametrize("table", [TABLE, TABLE.slice(0, 0), TABLE.select(["name"])])
def test_a_table_comes_back(table: pa.Table) -> None:
    again = load_table(table_bytes(table))
    assert again.equals(table)
    assert again.schema.metadata == table.schema.metadata


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_an_altered_byte_is_found(place: int, value: int) -> None:
    data = bytearray(table_bytes(TABLE))
    place %= len(data)
    if data[place] != value:
        data[place] = value
        with suppress(ValueError):
            assert load_table(bytes(data)).equals(TABLE)  # the word `seal` itself was hit


def parquet_bytes(table: pa.Table, **options: object) -> bytes:
    stream = io.BytesIO()
    parquet.write_table(table, stream, **options)
    return stream.getvalue()


def rows_of_one_text(rows: int, length: int) -> pa.Table:
    return pa.table({"text": pa.DictionaryArray.from_arrays(np.zeros(rows, np.int32), ["x" * length])})


# A column whose levels are counted wrongly: asked for it, pyarrow ends the whole process.
LEVELS = parquet_bytes(pa.table({"good": [True, False, True]}), store_schema=False)
MISCOUNTED = LEVELS.replace(b"\x29\x06\x19\x26\x00\x06", b"\x29\x16\x00\x19\x16\x06")
assert MISCOUNTED != LEVELS

BOMBS = {
    # A megabyte of one text in a hundred thousand rows: 93 GiB out of a few kilobytes.
    "dictionary": parquet_bytes(rows_of_one_text(100_000, 2**20), compression="zstd", store_schema=False),
    "rows": parquet_bytes(pa.table({"a": np.zeros(2**27, np.bool_)}), compression="zstd"),
    "changes": parquet_bytes(pa.table({"a": ["x"]}), use_dictionary=False, column_encoding={"a": "DELTA_BYTE_ARRAY"}),
    "nested text": parquet_bytes(pa.table({"a": [["x"]]})),
    "fixed": parquet_bytes(pa.table({"a": pa.array([b"abc"], pa.binary(3))})),
    "no table": b"PAR1 no longer",
    "empty": b"",
    "footer": b"PAR1" + b"\xff" * 8 + b"PAR1",
    "levels": MISCOUNTED,
}


@pytest.mark.parametrize("data", BOMBS.values(), ids=BOMBS)
def test_what_would_fill_the_memory_is_refused(data: bytes) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        load_table(data)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # KiB
