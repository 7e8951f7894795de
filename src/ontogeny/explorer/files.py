"""Reading other people's files: plain data only, links not followed, nothing read twice that has not changed."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ontogeny.errors import DamagedFileError, OntogenyError
from ontogeny.plain import load_yaml, read_small
from ontogeny.seals import check_seal

Stamp = tuple[tuple[int, int] | None, ...]
"""When each of some files was last changed (nanoseconds) and its size; None where there is none."""


def read_yaml(path: Path) -> Any:
    """Plain data from a file, held against its seal. Raises: DamagedFileError."""
    try:
        return load_yaml(check_seal(path, read_small(path), "restore it from a copy"))
    except ValueError as error:
        raise DamagedFileError(f"{path} is damaged ({error}); restore it from a copy") from None


def stamp_of(folder: Path, names: Sequence[str]) -> Stamp:
    """The stamp of these files in the folder: equal as long as none has changed."""
    return tuple(_changed(folder / name) for name in names)


def _changed(path: Path) -> tuple[int, int] | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def refuse_links(folder: Path) -> None:
    """Raise if the folder, or anything in it, is a link: what it leads to is not of this store."""
    for path in (folder.parent, folder, *_entries(folder)):
        if path.is_symlink():
            raise OntogenyError(f"{path} is a link; the explorer follows none, so copy what it leads to into the store")


def _entries(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        yield from (Path(place, name) for name in (*folders, *files))
