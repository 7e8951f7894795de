"""Making a damaged store whole as far as its other files allow: what follows from them is made anew, the rest is named.

Measurements and measured seeds that are damaged are removed, so that the next run measures them again. Nothing that
only training can bring back is touched.
"""

import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ontogeny.errors import OntogenyError
from ontogeny.files import write_atomic
from ontogeny.lab import catalogue
from ontogeny.lab.store import is_run
from ontogeny.lab.verification import Problem
from ontogeny.plain import load_json, load_yaml
from ontogeny.seals import seal_html, seal_json, seal_parquet, seal_text
from ontogeny.table_files import load_table

_MINUTE, _HOUR = 60.0, 3600.0

Rebuild = Callable[[str, str], None]
"""Gather a study's evidence at a preset again and write its report; an `OntogenyError` where that cannot be."""


def repair(store: Path, problems: Sequence[Problem], rebuild: Rebuild) -> list[tuple[Problem, str]]:
    """Mend what can be mended; each of these problems with what was done about it."""
    done: dict[Problem, str] = {}
    studies: dict[tuple[str, str], str] = {}
    for problem in problems:
        path = store / problem.path
        if problem.again == "seal":
            mended = _seal(path)
        elif problem.again == "measure":
            mended = _remove(store, problem.path)
        elif problem.again == "rebuild":
            mended = _rebuild(store, path, rebuild, studies)
        else:
            mended = None
        if mended:
            done[problem] = mended
    return list(done.items())


def remove_leftovers(store: Path, leftovers: Sequence[str]) -> list[str]:
    """Remove what killed processes were writing; what stays, since somebody may still write it."""
    kept = []
    for name in leftovers:
        path = store / name
        if not _is_abandoned(path):
            kept.append(name)
        elif path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return kept


def _is_abandoned(path: Path) -> bool:
    """Whether nobody writes here any more: its process is gone, and it is not that of another machine either.

    Numbers of processes are used again, by another process or on another machine of the same store: what has not
    changed for an hour is abandoned, whoever has its number.
    """
    age = time.time() - path.lstat().st_mtime
    return age > _HOUR or (age > _MINUTE and not Path("/proc", path.name.split(".")[-2]).exists())


def remedy(store: Path, problem: Problem) -> str:
    """What the user can do about what `repair` leaves: always possible without it, too."""
    path = store / problem.path
    if problem.again == "train":
        folder = next(parent for parent in path.parents if is_run(parent) or parent.parent.parent == store)
        return f"restore it from a copy, or remove {folder} and run the same command again: it is trained anew"
    if problem.again == "measure":
        return "ontogeny verify --repair removes it, and the next run measures it again"
    return "ontogeny verify --repair sees to it"


def _seal(path: Path) -> str | None:
    """Vouch for a file as it stands, if it can be read."""
    data = path.read_bytes()
    try:
        if path.suffix == ".parquet":
            load_table(data)
            sealed = seal_parquet(data)
        elif path.suffix == ".json" or path.name == "DONE":
            sealed = seal_json(load_json(data))
        elif path.suffix == ".html":
            sealed = seal_html(data.decode())
        else:
            if path.suffix == ".yaml":
                load_yaml(data)
            sealed = seal_text(data.decode().removesuffix("\n") + "\n")
    except (ValueError, TypeError):
        return None
    write_atomic(path, sealed)
    return "sealed as it stands"


def _remove(store: Path, name: str) -> str:
    """Remove the measurement, or the whole seed, that a file belongs to.

    That is <study>/<run>/measurements/<hash> or <study>/seeds/<hash>, counted from the store.
    """
    parts = Path(name).parts
    whole = store.joinpath(*parts[: 3 if parts[1] == "seeds" else 4])
    if whole.is_dir():
        shutil.rmtree(whole)
    else:
        whole.unlink(missing_ok=True)
    return f"removed {whole.name}: the next run measures it again"


def _rebuild(store: Path, path: Path, rebuild: Rebuild, studies: dict[tuple[str, str], str]) -> str | None:
    if path.name == catalogue.FILE:
        catalogue.rebuild(store)
        return "made anew from the folders"
    if path.name == "FAILED":
        path.unlink(missing_ok=True)
        return "removed: the run goes on when it is asked for again"
    if path.name == "DONE":
        return _mark_done(path)
    study, *_, preset = path.relative_to(store).parts[:3]
    preset = preset.removeprefix("report-").removesuffix(".html")
    if (study, preset) not in studies:
        try:
            rebuild(study, preset)
            studies[study, preset] = "made anew from the measured seeds"
        except OntogenyError as error:
            studies[study, preset] = f"left: {error}"
    told = studies[study, preset]
    return None if told.startswith("left: ") else told


def _mark_done(path: Path) -> str | None:
    """What a finished training says: its steps and seconds are the last of its metrics."""
    from ontogeny.training import Trajectory

    try:
        run = Trajectory(path.parent)
        rows = [row for row in run.metrics().to_pylist() if row["name"] == "seconds"]
    except OntogenyError:
        return None
    if not rows or rows[-1]["step"] != run.training.steps:
        return None
    write_atomic(path, seal_json({"steps": run.training.steps, "seconds": rows[-1]["value"]}))
    return "made anew from the metrics"
