"""Whether everything in a store is what was written to it.

Each file carries its SHA-256, or stands in a list that does. What is damaged or missing is named, with how it comes
back: it follows from other files (`ontogeny.lab.repair`), or must be measured or trained again. Nothing is changed.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ontogeny.errors import DamagedFileError, UsageError
from ontogeny.files import held, sha256
from ontogeny.lab import catalogue
from ontogeny.lab.evidence_places import RECORD
from ontogeny.lab.measurements import digest
from ontogeny.plain import load_yaml, read_small
from ontogeny.seals import state
from ontogeny.table_files import LARGEST

Again = Literal["rebuild", "seal", "measure", "train"]

_LEFTOVER = re.compile(r"\..+\.\d+\.tmp")

_ALTERED = "is not what was written: its SHA-256 differs"
_UNSEALED = "carries no checksum, or a damaged one"
_HASH = re.compile(r"[0-9a-f]{16}")
_STORED = {"config.yaml", "environment.json", "metrics.parquet", "metrics.jsonl", "DONE", "FAILED", "STOP", ".lock"}
_FOLDERS = {"checkpoints", "resume", "measurements"}


@dataclass(frozen=True)
class Problem:
    """A file that is not as it should be; `path` is relative to the store."""

    path: str
    what: str
    again: Again
    """How it comes back: it follows from others, it needs a seal only, it must be measured or trained again."""


@dataclass
class Verification:
    """What was found in a store."""

    checked: int = 0
    """Files that were read to their end and held against their checksums."""
    problems: list[Problem] = field(default_factory=list)
    busy: list[str] = field(default_factory=list)
    """Runs and evidence that another process is writing: left out."""
    leftovers: list[str] = field(default_factory=list)
    """Files and folders under a temporary name, which killed processes were writing: nothing reads them, and they are
    no loss."""
    pages: list[str] = field(default_factory=list)
    """Interactive pages of `ontogeny report`, which carry no checksum: nothing reads them."""
    unknown: list[str] = field(default_factory=list)
    """Files that are not of the store: nothing vouches for them, and nothing reads them."""


def verify(store: Path) -> Verification:
    """Check every file of a store. Raises `UsageError` where there is none."""
    if not store.is_dir():
        raise UsageError(f"{store} is not a run store: there is no such folder")
    check = _Check(store)
    for path in sorted(store.iterdir()):
        if _LEFTOVER.fullmatch(path.name):
            continue
        if path.name == catalogue.FILE:
            check.catalogue(path)
        elif path.is_dir() and not path.is_symlink():
            check.named(path)
        elif path.name != f"{catalogue.FILE}-journal":
            check.unknown(path)
    check.found.leftovers = [path.relative_to(store).as_posix() for path in _leftovers(store)]
    return check.found


def problems_of(store: Path, folder: Path) -> list[Problem]:
    """What is wrong in one run or measured seed of the store, also while another process holds it."""
    check = _Check(store)
    if folder.parent.name == "seeds":
        check.measured(folder, "measure")
    else:
        check.stored(folder)
    return check.found.problems


def _leftovers(store: Path) -> Iterator[Path]:
    """Whatever has a temporary name, anywhere but where a process writes; what is in such a folder goes with it."""
    for place, folders, files in os.walk(store):
        if held(Path(place)):
            folders.clear()
            continue
        temporary = [name for name in (*folders, *files) if _LEFTOVER.fullmatch(name)]
        yield from (Path(place, name) for name in sorted(temporary))
        folders[:] = sorted(set(folders) - set(temporary))


class _Check:
    """Goes through a store and notes what it finds."""

    def __init__(self, store: Path) -> None:
        self.store = store
        self.found = Verification()

    def problem(self, path: Path, what: str, again: Again) -> None:
        self.found.problems.append(Problem(path.relative_to(self.store).as_posix(), what, again))

    def unknown(self, path: Path) -> None:
        if not _LEFTOVER.fullmatch(path.name):
            self.found.unknown.append(path.relative_to(self.store).as_posix())

    def unknown_but(self, folder: Path, known: set[str]) -> None:
        for path in sorted(folder.iterdir()):
            if path.name not in known:
                self.unknown(path)

    def sealed(self, path: Path, again: Again, largest: int = LARGEST) -> bytes | None:
        """The bytes of a file whose seal holds."""
        try:
            data = read_small(path, largest)
        except (OSError, ValueError) as error:
            self.problem(path, "is missing" if isinstance(error, FileNotFoundError) else str(error), again)
            return None
        self.found.checked += 1
        if (seen := state(data)) == "whole":
            return data
        self.problem(path, _ALTERED if seen == "damaged" else _UNSEALED, again if seen == "damaged" else "seal")
        return data if seen == "unsealed" else None

    def listed(self, path: Path, digest: str, again: Again) -> None:
        """A file that a list vouches for."""
        if not path.is_file():
            self.problem(path, "is missing", again)
            return
        self.found.checked += 1
        if sha256(path) != digest:
            self.problem(path, _ALTERED, again)

    def left_out(self, folder: Path) -> bool:
        """Whether there is nothing to check yet: another process writes, or was killed before it wrote anything."""
        if held(folder):
            self.found.busy.append(folder.relative_to(self.store).as_posix())
            return True
        return {path.name for path in folder.iterdir() if not _LEFTOVER.fullmatch(path.name)} <= {".lock"}

    def catalogue(self, path: Path) -> None:
        self.found.checked += 1
        if told := catalogue.untrue(self.store):
            self.problem(path, told, "rebuild")

    def named(self, folder: Path) -> None:
        """Everything under one name: runs, seeds, evidence, reports."""
        for path in sorted(folder.iterdir()):
            if path.is_symlink():
                self.unknown(path)
            elif path.is_dir() and _HASH.fullmatch(path.name):
                self.run(path)
            elif path.is_dir() and path.name in ("seeds", "evidence"):
                self.evidence(path, "measure" if path.name == "seeds" else "rebuild")
            elif re.fullmatch(r"report-.+\.html", path.name):
                self.sealed(path, "rebuild")
            elif re.fullmatch(r"explorer-.+\.html", path.name):
                self.found.pages.append(path.relative_to(self.store).as_posix())
            else:
                self.unknown(path)

    def evidence(self, folder: Path, again: Again) -> None:
        for one in sorted(folder.iterdir()):
            if not one.is_dir() or _LEFTOVER.fullmatch(one.name):
                self.unknown(one)
            elif not self.left_out(one):
                self.measured(one, again)

    def measured(self, folder: Path, again: Again) -> None:
        """One measured seed, or the evidence of one preset."""
        from ontogeny.claims.evidence import read_record

        record = folder / RECORD
        if self.sealed(record, again) is None:
            return
        try:
            files: Mapping[str, str] = read_record(record)["files"]
        except DamagedFileError as error:
            self.problem(record, str(error), again)
            return
        for name, expected in files.items():
            self.listed(folder / name, expected, again)
        self.unknown_but(folder, {RECORD, "tables", ".lock", *files})
        if (folder / "tables").is_dir():
            self.unknown_but(folder / "tables", {Path(name).name for name in files})

    def run(self, folder: Path) -> None:
        """One training and what was measured on it."""
        if not self.left_out(folder):
            self.stored(folder)

    def stored(self, folder: Path) -> None:
        steps = self.config(folder)
        self.unknown_but(folder, _STORED | _FOLDERS)
        for name in ("environment.json", "DONE", "FAILED", "metrics.parquet"):
            if (folder / name).exists():
                self.sealed(folder / name, "rebuild" if name in ("DONE", "FAILED") else "train")
        done = (folder / "DONE").exists()
        if done and not (folder / "metrics.parquet").exists():
            self.problem(folder / "metrics.parquet", "is missing", "train")
        self.checkpoints(folder / "checkpoints", steps if done else None)
        self.unfinished(folder)
        if (folder / "measurements").is_dir():
            self.measurements(folder / "measurements")

    def config(self, folder: Path) -> int | None:
        """The steps that were asked for. A run's folder is named by its settings, which is a checksum of its own."""
        path = folder / "config.yaml"
        data = self.sealed(path, "train")
        if data is None:
            return None
        try:
            asked = load_yaml(data)
            if digest(asked) != folder.name:
                raise ValueError
            return asked["training"]["steps"]
        except (ValueError, TypeError, KeyError):
            self.problem(path, "does not hold the settings that its folder is named by", "train")
            return None

    def checkpoints(self, folder: Path, last: int | None) -> None:
        from ontogeny.training.checkpoints import SUMS, list_checkpoints
        from ontogeny.training.resume import NEWEST

        if not folder.is_dir():
            if last is not None:
                self.problem(folder, "is missing", "train")
            return
        if last is None and not (folder / SUMS).exists() and not (folder.parent / "resume" / NEWEST).exists():
            return  # stopped before its first checkpoint was recorded: it is made again
        sums = folder / SUMS
        try:
            listed = list_checkpoints(folder)
        except (DamagedFileError, OSError) as error:  # before its seal is asked for: a list that was cut needs another
            self.problem(sums, str(error).removeprefix(f"{sums} "), "train")
            return
        if self.sealed(sums, "train") is None:
            return
        for checkpoint in listed:
            self.listed(checkpoint.path, checkpoint.sha256, "train")
        if last is not None and last not in {checkpoint.step for checkpoint in listed}:
            self.problem(folder / SUMS, f"does not list the last checkpoint, of step {last}", "train")
        if last is not None:  # before the end, a file that is not listed yet was being stored: it is made again
            self.unknown_but(folder, {SUMS, *(checkpoint.path.name for checkpoint in listed)})

    def unfinished(self, folder: Path) -> None:
        """What a training needs to go on."""
        from ontogeny.training.journal import read_rows
        from ontogeny.training.resume import NEWEST, read_moment

        journal, newest = folder / "metrics.jsonl", folder / "resume" / NEWEST
        if journal.exists():
            self.found.checked += 1
            try:
                read_rows(journal)
            except DamagedFileError as error:
                self.problem(journal, str(error), "train")
        if newest.exists() and self.sealed(newest, "train") is not None:
            try:
                moment = read_moment(newest, "")
            except DamagedFileError as error:
                self.problem(newest, str(error), "train")
            else:
                self.listed(newest.with_name(moment.file), moment.sha256, "train")

    def measurements(self, folder: Path) -> None:
        for path in sorted(folder.iterdir()):
            if path.suffix == ".parquet" and path.is_file():
                self.measurement(path, path.stem)
            elif path.is_dir() and _HASH.fullmatch(path.name):
                for part in sorted(path.iterdir()):
                    self.measurement(part, path.name)
            else:
                self.unknown(path)

    def measurement(self, path: Path, name: str) -> None:
        """A table, in the file that is named by what it says it is."""
        from ontogeny.lab.tables import about

        if self.sealed(path, "measure") is None:
            return
        try:
            if digest(about(path)) != name:
                self.problem(path, "is another measurement than its name says", "measure")
        except DamagedFileError as error:
            self.problem(path, str(error), "measure")
