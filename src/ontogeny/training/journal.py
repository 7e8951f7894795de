"""Metrics while they are made: one JSON object a line; a tidy table (step, name, value) once training is done."""

import errno
import json
import os
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ontogeny.errors import DamagedFileError
from ontogeny.files import naming_full_disk, write_atomic
from ontogeny.plain import load_json, read_small
from ontogeny.table_files import LARGEST, load_table

if TYPE_CHECKING:
    import pyarrow as pa

METRICS, JOURNAL = "metrics.parquet", "metrics.jsonl"
CRC = "crc32"
"""The name in each line of the checksum of what stands before it."""


class Journal:
    """Appends rows of metrics to a file. Opening it keeps the rows up to `step` and drops what came after."""

    def __init__(self, path: Path, step: int) -> None:
        rows = [row for row in read_rows(path) if row["step"] <= step]
        write_atomic(path, "".join(_line(row) for row in rows).encode())
        self._path = path
        self._file = open(path, "ab", buffering=0)  # noqa: SIM115

    def add(self, step: int, values: Mapping[str, float]) -> None:
        """Append one row, or nothing if the disk is full; it survives the end of this process at any later moment."""
        line = _line({"step": step, **values}).encode()
        with naming_full_disk(self._path):
            written = self._file.write(line)
            if written < len(line):  # the rows after it would stand in the same line
                self._file.truncate(self._file.tell() - written)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._path))

    def sync(self) -> None:
        """Make sure the rows so far survive a loss of power too: called before a moment to resume from is stored."""
        with naming_full_disk(self._path):
            os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a journal. A last line without its end was being written when the process ended: not a row."""
    try:
        lines = read_small(path, LARGEST).split(b"\n")[:-1] if path.exists() else []
    except ValueError as error:
        raise DamagedFileError(f"{path} is damaged ({error}); restore it from a copy or train again") from None
    rows = []
    for number, line in enumerate(lines, start=1):
        try:
            rows.append(read_row(line))
        except ValueError:
            raise DamagedFileError(
                f"{path}, line {number}: not the row of metrics that was written: {line[:80]!r}"
            ) from None
    return rows


def read_metrics(folder: Path) -> "pa.Table":
    """All metrics of a run so far, from the table or, while it is trained, from the journal; see `to_table`."""
    path = folder / METRICS
    if not path.exists():
        return to_table(read_rows(folder / JOURNAL))
    try:
        return load_table(read_small(path, LARGEST))
    except (ValueError, OSError) as error:
        raise DamagedFileError(f"{path} is damaged ({error}); restore it from a copy or train again") from None


def to_table(rows: Iterable[Mapping[str, Any]]) -> "pa.Table":
    """Rows as a tidy table with columns step (int64), name (string) and value (float64)."""
    import pyarrow as pa

    tidy = [(row["step"], name, float(value)) for row in rows for name, value in row.items() if name != "step"]
    columns = list(zip(*tidy, strict=True)) or [(), (), ()]
    schema = pa.schema([("step", pa.int64()), ("name", pa.string()), ("value", pa.float64())])
    return pa.table([pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema)


def _line(row: Mapping[str, Any]) -> str:
    """A row with the CRC-32 of what stands before it as its last member."""
    text = json.dumps(row)[:-1]
    return f'{text}, "{CRC}": "{zlib.crc32(text.encode()):08x}"}}\n'


def read_row(line: bytes) -> dict[str, Any]:
    """The row in a line. Raises ValueError where it is not what was written."""
    text, found, crc = line.rpartition(f', "{CRC}": "'.encode())
    if found and crc != b'%08x"}' % zlib.crc32(text):
        raise ValueError
    row = load_json(line)
    if not isinstance(row, dict):
        raise ValueError
    if found:
        del row[CRC]
    step = row.get("step")
    if type(step) is not int or not 0 <= step < 2**63 or any(type(value) not in (int, float) for value in row.values()):
        raise ValueError
    return row
