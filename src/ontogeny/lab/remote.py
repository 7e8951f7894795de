"""Finished work on an object store: copied there and back, verified by content. fsspec knows how to reach it.

Workers never write there: a run appears by renaming, is held by a lock and grows line by line, none of which object
stores have. What is finished never changes, and can be copied: files first, then the list of them with their SHA-256.
A folder without its list is not there.

    <url>/<name>/<hash>/...                   a run that is done
    <url>/<study>/seeds/<hash>/...            what was measured of one seed
    .../MANIFEST.json                         the list: path, SHA-256
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ontogeny.errors import DamagedFileError, OntogenyError, UsageError
from ontogeny.files import naming_full_disk, sha256, temporary_beside
from ontogeny.lab.repair import remedy
from ontogeny.lab.store import run_folders, status
from ontogeny.lab.tables import appearing
from ontogeny.lab.verification import problems_of
from ontogeny.lazy import optional

MANIFEST = "MANIFEST.json"
_LARGEST_MANIFEST = 16 * 2**20
_FOLDER = re.compile(r"[A-Za-z0-9_][\w.-]*/(seeds/)?[0-9a-f]{16}", re.ASCII)
_FILE = re.compile(r"([A-Za-z0-9_][\w.-]*/){0,3}[A-Za-z0-9_][\w.-]*", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Copied:
    """What a synchronisation did."""

    folders: int
    """Folders of which something was copied."""
    files: int
    present: int
    """Folders of which everything was there already."""


def push(store: Path, url: str, tell: Callable[[str], None] = lambda text: None) -> Copied:
    """Copy every finished run and every measured seed to `url` (s3://..., gs://..., a path), but for what is there.

    What was trained or measured again replaces what is there; a damaged file never does: `DamagedFileError` names it.
    """
    folders = files = present = 0
    with _reached(url) as (remote, root):
        for folder in _finished(store):
            place = folder.relative_to(store).as_posix()
            there = _manifest(remote, f"{root}/{place}")
            here = {path: sha256(folder / path) for path in _files(folder)}
            fresh = [path for path in here if there.get(path) != here[path]]
            if not fresh:
                present += 1
                continue
            _refuse_damaged(store, folder, fresh, {path: f"{root}/{place}/{path}" for path in there})
            tell(f"{place}: {len(fresh)} files")
            for path in fresh:
                target = f"{root}/{place}/{path}"
                remote.makedirs(target.rpartition("/")[0], exist_ok=True)
                remote.put_file(str(folder / path), target)
            remote.pipe_file(f"{root}/{place}/{MANIFEST}", json.dumps(there | here, indent=2, sort_keys=True).encode())
            folders, files = folders + 1, files + len(fresh)
    return Copied(folders, files, present)


def pull(store: Path, url: str, tell: Callable[[str], None] = lambda text: None) -> Copied:
    """Copy what `push` left at `url` into the store. What is there stays; a run that is there gains measurements only.

    Raises `UsageError` where nothing was pushed to; `DamagedFileError` naming a file whose content is not what its
    list says; what came before it is kept.
    """
    folders = files = present = 0
    with _reached(url) as (remote, root):
        places = _listed(remote, root)
        if not places:
            raise UsageError(f"{url} holds nothing that was pushed: expected the address given to ontogeny push")
        for place in places:
            source, folder = f"{root}/{place}", store / place
            wanted = _wanted(folder, _manifest(remote, source))
            for whole, parts in wanted.items():
                tell(f"{place}: {len(parts)} files")
                if list(parts) == [""]:
                    _fetch(remote, f"{source}/{whole}", folder / whole, parts[""])
                    continue
                with appearing(folder / whole) as unfinished:
                    for path, digest in parts.items():
                        _fetch(remote, "/".join(filter(None, (source, whole, path))), unfinished / path, digest)
            count = sum(map(len, wanted.values()))
            folders, files, present = folders + bool(count), files + count, present + (not count)
    return Copied(folders, files, present)


def _refuse_damaged(store: Path, folder: Path, fresh: Sequence[str], copies: Mapping[str, str]) -> None:
    """Raise if a file that would be copied is not what was written; `copies` are those that it would replace."""
    for problem in problems_of(store, folder):
        path = (store / problem.path).relative_to(folder).as_posix()
        if path in fresh and path in copies:
            raise DamagedFileError(
                f"{folder / path} {problem.what}; {copies[path]}, which differs, was left as it was: remove {folder} "
                "and pull to have the copy, or run its command again and push"
            )
        if path in fresh and problem.again != "seal":  # files from before there were seals may be copied
            raise DamagedFileError(f"{folder / path} {problem.what} and was not copied; {remedy(store, problem)}")


def _wanted(folder: Path, files: dict[str, str]) -> dict[str, dict[str, str]]:
    """What is missing of a folder, by what appears at once (`""`: the folder itself): path below it, and SHA-256."""
    if not folder.exists():
        return {"": files} if files else {}
    if status(folder) != "done":
        return {}  # a seed that is there is whole; an unfinished run belongs to whoever trains it
    wanted: dict[str, dict[str, str]] = {}
    for path, digest in files.items():
        room, _, rest = path.partition("/")
        name, _, below = rest.partition("/")
        if room == "measurements" and not (folder / room / name).exists():
            wanted.setdefault(f"{room}/{name}", {})[below] = digest
    return wanted


def _finished(store: Path) -> Iterator[Path]:
    """Runs that are done, and seeds that were measured."""
    yield from (folder for folder in run_folders(store) if status(folder) == "done")
    yield from sorted(path for path in store.glob("*/seeds/*") if _FOLDER.fullmatch(path.relative_to(store).as_posix()))


def _files(folder: Path) -> list[str]:
    """The files of a folder, without locks and whatever is just being written."""
    found = (path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file())
    return [path for path in found if _FILE.fullmatch(path)]


def _listed(remote: Any, root: str) -> list[str]:
    """The folders below `root` that are whole: those with a list."""
    found = [*remote.glob(f"{root}/*/*/{MANIFEST}"), *remote.glob(f"{root}/*/*/*/{MANIFEST}")]
    places = [path.removeprefix(f"{root}/").removesuffix(f"/{MANIFEST}") for path in sorted(map(str, found))]
    return [place for place in places if _FOLDER.fullmatch(place)]


def _manifest(remote: Any, source: str) -> dict[str, str]:
    """The files of a folder there, with their SHA-256; empty where it has no list."""
    path = f"{source}/{MANIFEST}"
    if not remote.exists(path):
        return {}
    if remote.size(path) > _LARGEST_MANIFEST:
        raise DamagedFileError(f"{path} is larger than any list of files; it is not ours: remove it")
    try:
        files = json.loads(remote.cat_file(path))
        sound = all(_FILE.fullmatch(name) and _SHA256.fullmatch(digest) for name, digest in files.items())
    except (ValueError, TypeError, AttributeError):
        sound = False
    if not sound:
        raise DamagedFileError(f"{path} is damaged; push again from a store that holds the folder")
    return files


def _fetch(remote: Any, source: str, target: Path, digest: str) -> None:
    """Copy one file and look whether it is what it should be; only then does it take its name."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_beside(target)
    try:
        with naming_full_disk(target):
            remote.get_file(source, str(temporary))
        if (found := sha256(temporary)) != digest:
            raise DamagedFileError(
                f"{source} is damaged: its SHA-256 is {found[:12]}..., {digest[:12]}... was pushed; "
                "remove its folder there and push again"
            )
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _reached(url: str) -> Iterator[tuple[Any, str]]:
    """The file system behind an address, and the place in it. Its errors come with the address."""
    fsspec = optional("fsspec", "remote")
    try:
        remote, root = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise UsageError(f"{url} cannot be reached: {error}") from None
    try:
        yield remote, str(root).rstrip("/")
    except OntogenyError:
        raise
    except OSError as error:
        raise OntogenyError(f"copying to or from {url} failed: {error}; run the same command again to go on") from error
