"""Running a study: one task for each arm and seed, each kept as soon as it is finished, all gathered as evidence."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ontogeny.configuration import content_hash
from ontogeny.errors import DamagedFileError, naming_system_errors
from ontogeny.files import exclusive
from ontogeny.lab import environment
from ontogeny.lab.executor import Executor, Task, run_tasks
from ontogeny.lab.gathering import RECORD, save_gathered
from ontogeny.lab.lab import Lab
from ontogeny.lab.notices import Notify, quiet
from ontogeny.lab.plans import Cell, Measurable, Plan, plan_study
from ontogeny.lab.results import SeedResult
from ontogeny.lab.trackers import prepare

if TYPE_CHECKING:
    from ontogeny.claims import Claim, Evidence

REST = 10
"""Gathering rests for so many times as long as it took: of a thousand seeds it takes seconds."""


def run_study(
    study: Measurable,
    store: Path,
    *,
    preset: str = "laptop",
    seeds: Sequence[int] = (0,),
    arms: Sequence[str] = ("main",),
    overrides: Sequence[str] = (),
    workers: int | None = None,
    executor: Executor | None = None,
    track: Sequence[str] = (),
    notify: Notify = quiet,
) -> "Evidence":
    """Plan and carry out: the evidence of this preset, with these seeds and arms in it."""
    plan = plan_study(study, store, preset=preset, seeds=seeds, arms=arms, overrides=overrides)
    return carry_out(plan, workers=workers, executor=executor, track=track, notify=notify)


def carry_out(
    plan: Plan,
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    track: Sequence[str] = (),
    notify: Notify = quiet,
) -> "Evidence":
    """Measure what is missing and gather it, now and then and at the end; seeds measured before stay.

    Without an `executor` on this machine, `workers` at a time; others find the store under the same absolute path.
    The metrics of trainings also go to the sinks of `track` (see `ontogeny.lab.trackers`).

    Raises `OntogenyError` if another process runs the same study and preset, or if a seed failed; what was finished
    is kept.
    """
    from ontogeny.claims import Evidence

    with exclusive(plan.evidence):
        study, store, sinks = plan.study, plan.store.absolute(), prepare(track)
        cells = [replace(cell, folder=cell.folder.absolute()) for cell in plan.missing]
        patient = workers != 1 and len(cells) > 1  # then the process that holds a run may be one that measures a cell
        # Of the study only what a worker needs: the rest (figures) may not be sendable to another process.
        about = store, study.id, plan.preset, study.measure, study.claims
        tasks = [Task(cell.label, measure_cell, (*about, cell, sinks, patient)) for cell in cells]
        try:
            run_tasks(tasks, executor=executor, workers=workers, notify=notify, finished=_now_and_then(plan))
        finally:
            save_gathered(plan)
        return Evidence.load(plan.evidence)


def _now_and_then(plan: Plan) -> Callable[[Task], None]:
    """Gathers what there is after a task, unless it did so a short while ago."""
    rested = 0.0

    def gather(_task: Task) -> None:
        nonlocal rested
        start = time.monotonic()
        if start >= rested:
            save_gathered(plan)
            rested = time.monotonic() + REST * (time.monotonic() - start)

    return gather


def measure_cell(
    store: Path,
    study: str,
    preset: str,
    measure: Callable[[Lab, Any, str, int], SeedResult],
    claims: "tuple[Claim, ...]",
    cell: Cell,
    sinks: Sequence[str] = (),
    patient: bool = False,
    *,
    notify: Notify = quiet,
) -> None:
    """Measure one seed of one arm, and keep it with a record of how it came about; `patient` as of `Lab`."""
    from ontogeny.claims import Evidence
    from ontogeny.lab.tables import appearing

    lab = Lab(store, notify=notify, task=cell.label, sinks=sinks, patient=patient)
    start = time.perf_counter()
    with naming_system_errors():
        result = measure(lab, cell.settings, cell.arm, cell.seed)
    record = {
        "measurement": cell.folder.name,
        "settings": content_hash(cell.settings),
        "measured_at": _now(cell.folder.parent),
        "runs": sorted(set(lab.used)),
        "seconds": round(time.perf_counter() - start, 1),
        **environment.record(),
    }
    empty = Evidence.empty(study, preset)
    evidence = empty.with_seed(cell.arm, cell.seed, result.quantities, result.tables, record, claims=claims)
    with appearing(cell.folder) as unfinished:
        evidence.save(unfinished)


def _now(seeds: Path) -> str:
    """The time, or just after the latest seed's where the clock was set back: which criterion came first must show."""
    from ontogeny.claims.evidence import read_record

    latest = datetime.now(UTC)
    for path in seeds.glob(f"*/{RECORD}"):
        with suppress(DamagedFileError, KeyError, TypeError, ValueError):
            for entry in read_record(path)["seeds"]:
                latest = max(latest, datetime.fromisoformat(entry["measured_at"]) + timedelta(microseconds=1))
    return latest.isoformat(timespec="microseconds")
