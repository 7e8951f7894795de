"""An index of the runs in a store, for quick answers. Rebuilt from the folders whenever it is missing or damaged."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from ontogeny.errors import DamagedFileError
from ontogeny.lab.store import run_paths, status
from ontogeny.plain import load_yaml, read_small
from ontogeny.seals import check_seal

FILE = "catalogue.sqlite"

_LAYOUT = 1
_CREATE = """
CREATE TABLE IF NOT EXISTS runs (
    path TEXT PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL,
    status TEXT NOT NULL, seed INTEGER NOT NULL, steps INTEGER NOT NULL
)"""


class RunRow(NamedTuple):
    """One run as the catalogue knows it; `steps` is what was asked for. `path` is relative to the store."""

    path: str
    name: str
    hash: str
    status: str
    seed: int
    steps: int


def catalogue(store: Path) -> list[RunRow]:
    """All runs of the store, by name and hash, after bringing the index up to date with the folders."""
    if not store.is_dir():
        return []
    file = store / FILE
    try:
        return _synchronised(store, file)
    except sqlite3.OperationalError:
        # A store that cannot be written, a full disk, another process that holds the index: the folders tell as well.
        return [_read(store, path) for path in run_paths(store)]
    except sqlite3.DatabaseError:
        file.unlink()
        return _synchronised(store, file)


def rebuild(store: Path) -> None:
    """Make the index anew from the folders."""
    for name in (FILE, f"{FILE}-journal"):
        (store / name).unlink(missing_ok=True)
    catalogue(store)


def untrue(store: Path) -> str | None:
    """What is wrong with the index: it cannot be read, or says of a run what its folder does not. None: nothing.

    Runs that it does not know yet, or no longer there, are no fault: they are seen to at the next reading.
    """
    file = quote(str((store / FILE).absolute()))
    try:
        known = _known(f"file:{file}?mode=rw")
    except sqlite3.OperationalError:
        try:
            known = _known(f"file:{file}?immutable=1")  # on a disk that cannot be written
        except sqlite3.DatabaseError as error:
            return f"cannot be read ({error})"
    except sqlite3.DatabaseError as error:
        return f"cannot be read ({error})"
    for path in run_paths(store):
        row = known.get(path)
        with suppress(DamagedFileError):
            if row and _current(store, path, row) != _read(store, path):
                return f"says of {row.path} what the folder does not"
    return None


def _known(address: str) -> dict[str, RunRow]:
    with closing(sqlite3.connect(address, uri=True)) as database:
        told = database.execute("PRAGMA integrity_check").fetchone()[0]
        if told != "ok":
            raise sqlite3.DatabaseError(str(told).splitlines()[0])
        return _rows(database)


def _rows(database: sqlite3.Connection) -> dict[str, RunRow]:
    return {row[0]: RunRow._make(row) for row in database.execute("SELECT path,name,hash,status,seed,steps FROM runs")}


def _synchronised(store: Path, file: Path) -> list[RunRow]:
    with _opened(file) as database:
        known = _rows(database)
        rows = [_current(store, path, known.get(path)) for path in run_paths(store)]
        changed = [row for row in rows if known.get(row.path) is not row]
        gone = known.keys() - {row.path for row in rows}
        database.executemany("DELETE FROM runs WHERE path = ?", [(path,) for path in gone])
        database.executemany("INSERT OR REPLACE INTO runs VALUES (?,?,?,?,?,?)", changed)
        return rows


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(file)) as database, database:
        if database.execute("PRAGMA user_version").fetchone()[0] != _LAYOUT:
            database.execute("DROP TABLE IF EXISTS runs")
            database.execute(f"PRAGMA user_version = {_LAYOUT}")
        database.execute(_CREATE)
        yield database


def _current(store: Path, path: str, known: RunRow | None) -> RunRow:
    """What is asked for never changes under a hash, so only the status is read again."""
    if known is None:
        return _read(store, path)
    now = status(f"{store}/{path}")
    return known if known.status == now else known._replace(status=now)


def _read(store: Path, path: str) -> RunRow:
    folder = store / path
    file = folder / "config.yaml"
    try:
        asked = load_yaml(check_seal(file, read_small(file), f"restore it, or delete {folder}"))
        seed, steps = int(asked["seed"]), int(asked["training"]["steps"])
    except (ValueError, TypeError, KeyError, OverflowError):
        raise DamagedFileError(f"{file} does not describe a run; restore it, or delete {folder}") from None
    return RunRow(path, folder.parent.name, folder.name, status(folder), seed, steps)
