"""Rows of metrics: none lost, none twice, tidy in the end."""

import os
from io import BufferedWriter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ontogeny.errors import DamagedFileError, OntogenyError
from ontogeny.table_files import table_bytes
from ontogeny.training.journal import Journal, read_rows, to_table

values = st.dictionaries(st.text(min_size=1, max_size=5), st.floats(allow_nan=False), min_size=1, max_size=3)


def written(path: Path, rows: int) -> None:
    journal = Journal(path, -1)
    for step in range(rows):
        journal.add(step, {"loss": step / 2})
    journal.sync()
    journal.close()


@settings(deadline=None)
@given(st.data())
def test_a_journal_cut_anywhere_keeps_its_whole_rows(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("journal") / "metrics.jsonl"
    written(path, 6)
    whole = path.read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:cut])
    kept = whole[:cut].count(b"\n")
    assert [row["step"] for row in read_rows(path)] == list(range(kept))


def test_opening_drops_what_came_after_the_step(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    written(path, 6)
    journal = Journal(path, 3)
    journal.add(4, {"loss": 40.0})
    journal.close()
    assert [(row["step"], row["loss"]) for row in read_rows(path)] == [(0, 0), (1, 0.5), (2, 1), (3, 1.5), (4, 40)]


def test_a_damaged_row_is_named(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"step": 1}\n{"loss": 2}\n')
    with pytest.raises(DamagedFileError, match=r"metrics\.jsonl, line 2"):
        read_rows(path)


def test_every_byte_of_a_row_counts(tmp_path: Path) -> None:
    """An altered byte is found, or leaves the values as they were (a blank for another blank)."""
    path = tmp_path / "metrics.jsonl"
    written(path, 2)
    whole, rows = path.read_bytes(), read_rows(path)
    for place in range(len(whole) - 1):
        for other in (whole[place] ^ 1, whole[place] ^ 0x10, 0, ord(" "), ord("\t"), ord("1")):
            path.write_bytes(whole[:place] + bytes([other]) + whole[place + 1 :])
            try:
                assert read_rows(path) == rows
            except DamagedFileError:
                continue
            assert other in (whole[place], ord("\t"))


def test_a_row_that_does_not_fit_on_the_disk_leaves_no_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "metrics.jsonl"
    journal = Journal(path, -1)
    journal.add(1, {"loss": 1.0})
    monkeypatch.setattr(journal, "_file", FullAfter(10, journal._file))
    with pytest.raises(OntogenyError, match=r"no space left while writing .*metrics\.jsonl"):
        journal.add(2, {"loss": 2.0})
    monkeypatch.undo()
    journal.add(3, {"loss": 3.0})
    journal.close()
    assert [row["step"] for row in read_rows(path)] == [1, 3]


class FullAfter:
    """A file on a disk that has room for so many bytes."""

    def __init__(self, room: int, file: BufferedWriter) -> None:
        self.room, self.file = room, file

    def write(self, data: bytes) -> int:
        return self.file.write(data[: self.room])

    def __getattr__(self, name: str) -> object:
        return getattr(self.file, name)


def test_a_pipe_and_a_hole_are_no_journals(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with open(tmp_path / "hole", "wb") as file:
        file.truncate(2**40)
    for name, told in {"pipe": "it is no regular file", "hole": "it has 1099511627776 bytes"}.items():
        with pytest.raises(DamagedFileError, match=rf"{name} is damaged \({told}"):
            read_rows(tmp_path / name)


@settings(deadline=None)
@given(st.lists(values, max_size=5))
def test_the_table_is_tidy_and_survives_storage(tmp_path_factory: pytest.TempPathFactory, rows: list[dict]) -> None:
    table = to_table({"step": step, **row} for step, row in enumerate(rows) if "step" not in row)
    assert table.schema == pa.schema([("step", pa.int64()), ("name", pa.string()), ("value", pa.float64())])
    expected = [(s, n, v) for s, row in enumerate(rows) if "step" not in row for n, v in row.items()]
    assert [tuple(row.values()) for row in table.to_pylist()] == expected
    path = tmp_path_factory.mktemp("table") / "metrics.parquet"
    path.write_bytes(table_bytes(table))
    assert pq.read_table(path) == table
