"""An index of the runs in a store, for quick answers. Rebuilt from the folders whenever it is missing or damaged."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass, replace
from pathlib import Path

from ontogeny.errors import DamagedFileError
from ontogeny.lab.store import run_folders, status

FILE = "catalogue.sqlite"

_LAYOUT = 1
_CREATE = """
CREATE TABLE IF NOT EXISTS runs (
    path TEXT PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL,
    status TEXT NOT NULL, seed INTEGER NOT NULL, steps INTEGER NOT NULL
)"""


@dataclass(frozen=True)
class RunRow:
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
    except sqlite3.OperationalError as error:
        if "readonly" not in str(error) and "unable to open" not in str(error):
            raise
        return [_read(store, folder) for folder in run_folders(store)]
    except sqlite3.DatabaseError:
        file.unlink()
        return _synchronised(store, file)


def _synchronised(store: Path, file: Path) -> list[RunRow]:
    with _opened(file) as database:
        known = {row[0]: RunRow(*row) for row in database.execute("SELECT path,name,hash,status,seed,steps FROM runs")}
        rows = [_current(store, folder, known) for folder in run_folders(store)]
        changed = [row for row in rows if known.get(row.path) != row]
        gone = known.keys() - {row.path for row in rows}
        database.executemany("DELETE FROM runs WHERE path = ?", [(path,) for path in gone])
        database.executemany("INSERT OR REPLACE INTO runs VALUES (?,?,?,?,?,?)", [astuple(row) for row in changed])
        return rows


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(file)) as database, database:
        if database.execute("PRAGMA user_version").fetchone()[0] != _LAYOUT:
            database.execute("DROP TABLE IF EXISTS runs")
            database.execute(f"PRAGMA user_version = {_LAYOUT}")
        database.execute(_CREATE)
        yield database


def _current(store: Path, folder: Path, known: dict[str, RunRow]) -> RunRow:
    """What is asked for never changes under a hash, so only the status is read again."""
    row = known.get(folder.relative_to(store).as_posix())
    if row is None:
        return _read(store, folder)
    return replace(row, status=status(folder))


def _read(store: Path, folder: Path) -> RunRow:
    import yaml

    path = folder / "config.yaml"
    try:
        asked = yaml.safe_load(path.read_bytes())
        seed, steps = asked["seed"], asked["training"]["steps"]
    except (yaml.YAMLError, UnicodeDecodeError, TypeError, KeyError):
        raise DamagedFileError(f"{path} does not describe a run; restore it, or delete {folder}") from None
    return RunRow(folder.relative_to(store).as_posix(), folder.parent.name, folder.name, status(folder), seed, steps)
