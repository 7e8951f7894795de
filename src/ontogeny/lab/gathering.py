"""All measured seeds of a preset as one body of evidence.

What is gathered is a function of the seeds: it can be deleted, and the next run brings it back.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ontogeny.configuration import override, to_plain
from ontogeny.errors import DamagedFileError, UsageError
from ontogeny.files import exclusive
from ontogeny.lab.plans import Cell, Plan

if TYPE_CHECKING:
    from ontogeny.claims import Evidence

RECORD = "record.yaml"


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
