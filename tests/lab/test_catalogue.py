import sqlite3

import pytest

from ontogeny.errors import DamagedFileError
from ontogeny.lab.catalogue import FILE, RunRow, catalogue

HASHES = ["0" * 16, "1" * 16]


def make_run(store, name="karel", digest=HASHES[0], seed=3, steps=100):
    folder = store / name / digest
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(f"kind: run\nseed: {seed}\ntraining: {{steps: {steps}}}\n")
    return folder


def test_a_store_that_does_not_exist_holds_no_runs(tmp_path):
    assert catalogue(tmp_path / "absent") == []
    assert not (tmp_path / "absent").exists()


def test_every_run_is_listed_with_what_was_asked(tmp_path):
    make_run(tmp_path)
    make_run(tmp_path, "other", HASHES[1], seed=0, steps=5)
    assert catalogue(tmp_path) == [
        RunRow(f"karel/{HASHES[0]}", "karel", HASHES[0], "unfinished", 3, 100),
        RunRow(f"other/{HASHES[1]}", "other", HASHES[1], "unfinished", 0, 5),
    ]


def test_the_index_follows_the_folders(tmp_path):
    first = make_run(tmp_path)
    catalogue(tmp_path)
    (first / "DONE").touch()
    second = make_run(tmp_path, digest=HASHES[1])
    (second / "FAILED").touch()
    assert [row.status for row in catalogue(tmp_path)] == ["done", "failed"]
    for path in first.iterdir():
        path.unlink()
    first.rmdir()
    assert [row.hash for row in catalogue(tmp_path)] == [HASHES[1]]
    with sqlite3.connect(tmp_path / FILE) as database:
        assert database.execute("SELECT hash, status FROM runs").fetchall() == [(HASHES[1], "failed")]


@pytest.mark.parametrize("damage", [b"", b"not a database at all" * 100, b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_damaged_index_is_rebuilt(tmp_path, damage):
    make_run(tmp_path)
    before = catalogue(tmp_path)
    (tmp_path / FILE).write_bytes(damage)
    assert catalogue(tmp_path) == before
    with sqlite3.connect(tmp_path / FILE) as database:
        assert database.execute("SELECT count(*) FROM runs").fetchone() == (1,)


def test_an_index_of_another_layout_is_rebuilt(tmp_path):
    make_run(tmp_path)
    with sqlite3.connect(tmp_path / FILE) as database:
        database.execute("CREATE TABLE runs (something TEXT)")
        database.execute("PRAGMA user_version = 999")
    assert len(catalogue(tmp_path)) == 1


def test_a_run_whose_settings_are_damaged_is_named(tmp_path):
    (make_run(tmp_path) / "config.yaml").write_text("kind: run\nseed: [")
    with pytest.raises(DamagedFileError, match=rf"{HASHES[0]}/config\.yaml does not describe a run"):
        catalogue(tmp_path)
