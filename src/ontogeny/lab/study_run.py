"""Running a study: one task for each arm and seed, each kept as soon as it is finished, all gathered as evidence.

    <store>/<study>/seeds/<hash>/          one seed of one arm, as evidence of its own; never changed once written
    <store>/<study>/evidence/<preset>/     all seeds and arms of a preset, gathered; what claims are judged on

What is gathered is a function of the seeds: it can be deleted, and the next run brings it back.
"""

import hashlib
import inspect
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from ontogeny.configuration import content_hash, override, to_plain
from ontogeny.errors import DamagedFileError, UsageError, naming_system_errors, unknown_name
from ontogeny.files import exclusive
from ontogeny.lab import environment
from ontogeny.lab.executor import Executor, Task, run_tasks
from ontogeny.lab.lab import Lab
from ontogeny.lab.measurements import digest
from ontogeny.lab.notices import Notify, quiet
from ontogeny.lab.results import SeedResult
from ontogeny.lab.trackers import prepare

if TYPE_CHECKING:
    from ontogeny.claims import Claim, Evidence

NOT_MEASURING = ("claims.py", "figures.py")
"""Modules of a study that judge and draw: changing them asks for no new measurement."""

RECORD = "record.yaml"

REST = 10
"""Gathering rests for so many times as long as it took: of a thousand seeds it takes seconds."""


@runtime_checkable
class Measurable(Protocol):
    """What this room needs to know of a study (see `ontogeny.studies.Study`)."""

    @property
    def id(self) -> str: ...
    @property
    def settings(self) -> Mapping[str, Any]: ...
    @property
    def arms(self) -> Mapping[str, tuple[str, ...]]: ...
    @property
    def claims(self) -> "tuple[Claim, ...]": ...
    @property
    def measure(self) -> Callable[[Lab, Any, str, int], SeedResult]: ...


@dataclass(frozen=True)
class Cell:
    """One seed of one arm: what it is measured with, and the folder that will hold what was measured."""

    arm: str
    seed: int
    settings: Any
    folder: Path

    @property
    def label(self) -> str:
        """How progress and errors call it."""
        return f"seed {self.seed}" if self.arm == "main" else f"{self.arm}, seed {self.seed}"

    @property
    def done(self) -> bool:
        """Whether it has been measured."""
        return self.folder.is_dir()


@dataclass(frozen=True)
class Plan:
    """What a run of a study comes to, before anything is computed."""

    study: Measurable
    store: Path
    preset: str
    """The preset's name; where settings were changed, followed by `+` and 8 digits that name them."""
    base: Any
    """The settings that every arm starts from."""
    overrides: tuple[str, ...]
    asked: tuple[tuple[str, int], ...]
    """Arm and seed of every cell asked for."""

    @property
    def evidence(self) -> Path:
        """The folder of the evidence."""
        return self.store / self.study.id / "evidence" / self.preset

    @property
    def seeds(self) -> Path:
        """The folder of the seeds, of all presets."""
        return self.store / self.study.id / "seeds"

    @property
    def cells(self) -> list[Cell]:
        """What was asked for, cell by cell."""
        return [self.cell(arm, seed) for arm, seed in self.asked]

    @property
    def missing(self) -> list[Cell]:
        """The cells that nobody has measured yet."""
        return [cell for cell in self.cells if not cell.done]

    def cell(self, arm: str, seed: int) -> Cell:
        """The cell of this arm and seed. An arm's own overrides come last: the arm stays what its name says."""
        settings = override(self.base, self.study.arms[arm])
        key = [self.study.id, self.preset, arm, seed, content_hash(settings), _source_hash(self.study.measure)]
        return Cell(arm, seed, settings, self.seeds / digest(key))


def plan_study(
    study: Measurable,
    store: Path,
    *,
    preset: str = "laptop",
    seeds: Sequence[int] = (0,),
    arms: Sequence[str] = ("main",),
    overrides: Sequence[str] = (),
) -> Plan:
    """Settle preset, arms and overrides; computes nothing. Raises `UsageError` for whatever does not exist."""
    if preset not in study.settings:
        raise unknown_name(f"preset of {study.id}", preset, study.settings)
    for arm in arms:
        if arm not in study.arms:
            raise unknown_name(f"arm of {study.id}", arm, study.arms)
    if not seeds or min(seeds) < 0:
        raise UsageError(f"seeds: expected one or more numbers from 0 on, given {list(seeds)}")
    given = study.settings[preset]
    base = override(given, overrides)
    label = preset if base == given else f"{preset}+{content_hash(base)[:8]}"
    asked = tuple((arm, seed) for arm in dict.fromkeys(arms) for seed in dict.fromkeys(seeds))
    return Plan(study, store, label, base, tuple(overrides), asked)


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
        # Of the study only what a worker needs: the rest (figures) may not be sendable to another process.
        tasks = [
            Task(cell.label, measure_cell, (store, study.id, plan.preset, study.measure, study.claims, cell, sinks))
            for cell in (replace(cell, folder=cell.folder.absolute()) for cell in plan.missing)
        ]
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
    *,
    notify: Notify = quiet,
) -> None:
    """Measure one seed of one arm, and keep it with a record of how it came about."""
    from ontogeny.claims import Evidence
    from ontogeny.lab.tables import appearing

    lab, start = Lab(store, notify=notify, task=cell.label, sinks=sinks), time.perf_counter()
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


def save_gathered(plan: Plan) -> None:
    """Gather all seeds of the preset that were measured as the study measures now, and save them if that is news."""
    from ontogeny.claims import Evidence

    gathered = _gathered(plan)
    try:
        up_to_date = (plan.evidence / RECORD).is_file() and Evidence.load(plan.evidence).record == gathered.record
    except DamagedFileError:
        up_to_date = False  # what was gathered is whole: the damaged copy is written again
    if not up_to_date:
        gathered.save(plan.evidence)


def regather(plan: Plan) -> None:
    """Gather the seeds of the preset again, where the evidence is damaged. Raises `UsageError` if there are none."""
    with exclusive(plan.evidence):
        if not _gathered(plan).record["seeds"]:
            raise UsageError(f"no measured seeds of {plan.study.id} at {plan.preset} are left to gather: run it again")
        save_gathered(plan)


def _gathered(plan: Plan) -> "Evidence":
    from ontogeny.claims import Evidence, Quantity

    evidence, stored = Evidence.empty(plan.study.id, plan.preset), _stored(plan)
    for entry, folder in stored:
        if not _is_current(plan, entry, folder):
            continue
        try:
            one = Evidence.load(folder)
        except DamagedFileError as error:
            raise DamagedFileError(f"{error} (delete {folder} to have this seed measured again)") from None
        rows = one.quantities.select(["quantity", "value", "kind"]).to_pylist()
        quantities = [Quantity(row["quantity"], row["value"], row["kind"]) for row in rows]
        tables = {name: table.drop_columns(["arm", "seed"]) for name, table in one.tables.items()}
        evidence = evidence.with_seed(entry["arm"], entry["seed"], quantities, tables, entry, claims=())
    entries = [{**entry, "criteria": _first_criteria(entry, stored)} for entry in evidence.record["seeds"]]
    settings = {arm: to_plain(override(plan.base, plan.study.arms[arm])) for arm in {entry["arm"] for entry in entries}}
    return replace(evidence, record={"overrides": list(plan.overrides), "settings": settings, "seeds": entries})


def outdated(plan: Plan) -> list[str]:
    """Seeds of this preset that were measured with other settings or by another version of the study.

    They are left out of the evidence, since numbers that mean different things are not to be averaged.
    """
    labels = {
        Cell(entry["arm"], entry["seed"], None, folder).label
        for entry, folder in _stored(plan)
        if not (entry["arm"] in plan.study.arms and plan.cell(entry["arm"], entry["seed"]).done)
    }
    return sorted(labels)


def runs_of(store: Path, study: str) -> set[str]:
    """The runs, as `name/hash`, that the study's measured seeds looked at; records that are damaged are left out."""
    from ontogeny.claims.evidence import read_record

    found: set[str] = set()
    for path in (store / study / "seeds").glob(f"*/{RECORD}"):
        with suppress(DamagedFileError):
            found.update(run for entry in read_record(path)["seeds"] for run in entry["runs"])
    return found


def _is_current(plan: Plan, entry: Mapping[str, Any], folder: Path) -> bool:
    return entry["arm"] in plan.study.arms and plan.cell(entry["arm"], entry["seed"]).folder == folder


def _stored(plan: Plan) -> list[tuple[dict[str, Any], Path]]:
    """Every seed stored for this preset, whatever measured it: its entry in the record, and its folder."""
    from ontogeny.claims.evidence import read_record

    found = []
    for path in sorted(plan.seeds.glob(f"*/{RECORD}")):
        try:
            record = read_record(path)
        except DamagedFileError as error:
            raise DamagedFileError(
                f"{error} (delete {path.parent} and run again: only what is missing is measured anew)"
            ) from None
        if record["preset"] == plan.preset:
            found += [(entry, path.parent) for entry in record["seeds"]]
    return found


def _first_criteria(entry: Mapping[str, Any], stored: Sequence[tuple[Mapping[str, Any], Path]]) -> dict[str, str]:
    """The test of each claim as it stood when this seed was first measured with these settings, by any version.

    Measuring again after moving a criterion does not hide that it was moved.
    """
    same = ("arm", "seed", "settings")
    entries = [other for other, _ in stored if all(other[key] == entry[key] for key in same)]
    criteria: dict[str, str] = {}
    for other in sorted(entries, key=lambda other: other["measured_at"], reverse=True):
        criteria |= other["criteria"]
    return criteria


def _source_hash(measure: Callable[..., Any]) -> str:
    """A name for the code that measures: the modules of the study's package, without those that judge or draw."""
    file = Path(inspect.getfile(measure))
    packaged = getattr(inspect.getmodule(measure), "__package__", "")
    modules = sorted(file.parent.rglob("*.py")) if packaged else [file]
    content = hashlib.sha256()
    for module in modules:
        if module.name not in NOT_MEASURING:
            content.update(module.read_bytes())
    return content.hexdigest()[:16]
