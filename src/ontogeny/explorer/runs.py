"""The runs of a store as the explorer shows them. Each is read once, and again when its files change.

Everything in a run's folder is data from somebody else: a damaged run is listed with what is wrong, links are not
followed, and no name leads out of the store.
"""

import math
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ontogeny.errors import DamagedFileError, OntogenyError
from ontogeny.explorer.answers.runs import RunSummary, Status, Use
from ontogeny.explorer.files import Stamp, read_yaml, refuse_links, stamp_of
from ontogeny.explorer.problems import MissingError
from ontogeny.explorer.uses import Uses
from ontogeny.files import held
from ontogeny.lab.store import is_run, run_folders
from ontogeny.training.journal import JOURNAL, METRICS, read_metrics, read_row

TAIL = 65_536
"""Bytes from the end of a journal that are read to see where a run stands."""

_WATCHED = ("config.yaml", "DONE", "FAILED", JOURNAL, METRICS, "checkpoints/SHA256SUMS")
_HASH = re.compile(r"[0-9a-f]{16}")


class RunShelf:
    """All runs of one store."""

    def __init__(self, store: Path) -> None:
        self.store = store
        self._uses = Uses(store)
        self._known: dict[Path, tuple[Stamp, RunSummary]] = {}

    def all(self) -> list[RunSummary]:
        """Every run, the newest first."""
        uses = self._uses.by_run()
        found = [self._summary(folder, uses) for folder in run_folders(self.store)]
        return sorted(found, key=lambda run: (-run.updated, run.id))

    def find(self, name: str, digest: str) -> Path:
        """The folder of a run. Raises: MissingError; OntogenyError if a link leads out of it."""
        folder = self.store / name / digest
        # A name is one folder of the store, whatever it looks like.
        known = os.sep not in name and "\0" not in name and name not in ("", ".", "..")
        if not (known and _HASH.fullmatch(digest) and is_run(folder)):
            raise MissingError(f"unknown run {name + '/' + digest!r}: the store {self.store} does not hold it")
        refuse_links(folder)
        return folder

    def summary(self, folder: Path) -> RunSummary:
        """One run, read again only if a file that matters has changed."""
        return self._summary(folder, self._uses.by_run())

    def _summary(self, folder: Path, uses: dict[str, list[Use]]) -> RunSummary:
        stamp = stamp_of(folder, _WATCHED)
        known = self._known.get(folder)
        if known is None or known[0] != stamp:
            known = (stamp, _read(self.store, folder, stamp))
            self._known[folder] = known
        run = known[1].model_copy(update={"used_by": uses.get(known[1].id, [])})
        return _with_activity(run, folder)

    def live(self) -> list[RunSummary]:
        """The runs that a process is training now."""
        return [run for run in self.all() if run.status == "running"]


def _with_activity(run: RunSummary, folder: Path) -> RunSummary:
    """Whether an unfinished run is being written is asked every time: no file tells."""
    if run.status != "stopped":
        return run
    if held(folder):
        return run.model_copy(update={"status": "running"})
    return run.model_copy(update={"seconds_left": None})


def _read(store: Path, folder: Path, stamp: Stamp) -> RunSummary:
    updated = max((found[0] for found in stamp if found), default=0) / 1e9
    blank = RunSummary(
        id=folder.relative_to(store).as_posix(),
        name=folder.parent.name,
        hash=folder.name,
        status="damaged",
        problem=None,
        seed=None,
        step=0,
        steps=0,
        world=None,
        model=None,
        checkpoints=0,
        latest={},
        seconds=None,
        seconds_left=None,
        updated=updated,
    )
    try:
        refuse_links(folder)
        return blank.model_copy(update=_facts(folder))
    except (OntogenyError, OSError) as error:
        return blank.model_copy(update={"problem": str(error)})


def _facts(folder: Path) -> dict[str, Any]:
    """What the files say. Raises: DamagedFileError naming the file that does not say it."""
    config = folder / "config.yaml"
    asked = read_yaml(config)
    try:
        steps, seed = int(asked["training"]["steps"]), int(asked["seed"])
        world, model = str(asked["world"]["kind"]), _model_in_words(asked["model"])
    except (TypeError, KeyError, ValueError, AttributeError):
        raise DamagedFileError(f"{config} does not describe a run; restore it, or delete {folder}") from None
    status: Status = "done" if (folder / "DONE").exists() else "failed" if (folder / "FAILED").exists() else "stopped"
    sums = folder / "checkpoints" / "SHA256SUMS"
    course = _course(folder)
    return {
        "status": status,
        "problem": _failure(folder) if status == "failed" else None,
        "seed": seed,
        "step": steps if status == "done" else course.step,
        "steps": steps,
        "world": world,
        "model": model,
        "checkpoints": sums.read_bytes().count(b".safetensors") if sums.exists() else 0,
        "latest": course.latest,
        "seconds": course.seconds,
        "seconds_left": course.left(steps) if status == "stopped" else None,
    }


def _model_in_words(plain: dict[str, Any]) -> str:
    parts = [str(plain["kind"])]
    parts += [f"{plain[name]} {name}" for name in ("layers", "heads") if name in plain]
    return ", ".join(parts + ([f"width {plain['width']}"] if "width" in plain else []))


def _failure(folder: Path) -> str:
    return (folder / "FAILED").read_bytes()[:2000].decode(errors="replace").partition("# seal:")[0].strip()


@dataclass(frozen=True)
class _Course:
    """How far a training has come."""

    step: int
    latest: dict[str, float | None]
    seconds: float | None
    pace: float | None
    """Seconds a step, of late."""

    def left(self, steps: int) -> float | None:
        return None if self.pace is None else self.pace * (steps - self.step)


def _course(folder: Path) -> _Course:
    rows = _table_rows(folder) if (folder / METRICS).exists() else _journal_tail(folder / JOURNAL)
    latest: dict[str, float | None] = {}
    timed = []
    for row in rows:
        step = int(row["step"])
        values = {name: float(value) for name, value in row.items() if name != "step"}
        if "seconds" in values:
            timed.append((step, values.pop("seconds")))
        latest |= {name: value if math.isfinite(value) else None for name, value in values.items()}
    pace = (timed[-1][1] - timed[0][1]) / (timed[-1][0] - timed[0][0]) if _moved(timed) else None
    return _Course(int(rows[-1]["step"]) if rows else 0, latest, timed[-1][1] if timed else None, pace)


def _moved(timed: list[tuple[int, float]]) -> bool:
    return len(timed) > 1 and timed[-1][0] > timed[0][0]


def _table_rows(folder: Path) -> list[dict[str, Any]]:
    """The last value of each metric of a finished run, as rows of a journal."""
    table = read_metrics(folder)
    last = {name: row for row, name in enumerate(table["name"].to_pylist())}
    rows = table.take(sorted(last.values())).to_pylist()
    return [{"step": row["step"], row["name"]: row["value"]} for row in rows]


def _journal_tail(path: Path) -> list[dict[str, Any]]:
    """The newest rows of a journal, which may be growing."""
    if not path.exists():
        return []
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - TAIL))
        lines = file.read(TAIL).split(b"\n")
    whole = lines[1 if size > TAIL else 0 : -1]  # the first may be cut; the last is empty, or being written
    try:
        return [read_row(line) for line in whole]
    except ValueError:
        raise DamagedFileError(f"{path} holds a line that is not a row of metrics; restore it from a copy") from None
