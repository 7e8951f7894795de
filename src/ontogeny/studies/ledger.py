"""The ledger's rows of one study, gathered from all evidence that there is."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ontogeny.claims import Evidence, ledger_rows
from ontogeny.errors import UsageError
from ontogeny.lab.evidence_places import Place, choose, places
from ontogeny.studies.study import Study


def _without_tables(folder: Path) -> Evidence:
    return Evidence.load(folder, tables=False)


def evidence_at(study: Study, store: Path | None, preset: str | None) -> Place:
    """As `choose`; a preset that the study has and nobody has measured is said to be that."""
    found = places(study.id, store)
    if found and preset in study.settings and preset not in found:
        raise UsageError(
            f"there is no evidence of {study.id} at preset {preset} yet (there is at {', '.join(found)}); make some: "
            f"ontogeny run {study.id} --preset {preset}"
        )
    return choose(study.id, store, preset)


def study_ledger(
    study: Study,
    store: Path | None,
    preset: str | None = None,
    *,
    load: Callable[[Path], Evidence] = _without_tables,
) -> list[dict[str, Any]]:
    """The rows of one study: each claim at the presets where it is decided, in their order, or all at one preset.

    A claim without evidence at any of its presets has one row that says so. Without a store, the committed evidence
    only. `load` reads the evidence in a folder, by default without its tables, which no verdict
    needs.
    """
    chosen = [evidence_at(study, store, preset)] if preset else list(places(study.id, store).values())
    rows = []
    for place in chosen:
        found = ledger_rows(study.id, study.claims, load(place.folder))
        rows += [{**row, "committed": place.committed} for row in found]
    if preset:
        return rows
    presets = {claim.id: claim.presets for claim in study.claims}
    blank = ledger_rows(study.id, study.claims, None)
    ordered = []
    for nothing in blank:
        wanted = presets[nothing["claim"]]
        own = [row for row in rows if row["claim"] == nothing["claim"] and row["preset"] in wanted]
        ordered += sorted(own, key=lambda row: wanted.index(row["preset"])) or [{**nothing, "committed": False}]
    return ordered
