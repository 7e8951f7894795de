"""Studies and their evidence as the explorer shows them: one's own before what is committed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa

from ontogeny import studies
from ontogeny.atlas.figure import Figure
from ontogeny.atlas.report import commands, facts, notices, web_address
from ontogeny.atlas.words import measured
from ontogeny.claims import Evidence, Verdict, ledger_rows, once_each
from ontogeny.configuration import to_plain
from ontogeny.errors import OntogenyError, unknown_name
from ontogeny.explorer.answers import studies as answers
from ontogeny.explorer.drawn import kept_figures
from ontogeny.explorer.files import refuse_links, stamp_of
from ontogeny.explorer.keeper import Keeper
from ontogeny.explorer.problems import missing
from ontogeny.explorer.tables import columns_of
from ontogeny.files import held
from ontogeny.lab.evidence_places import RECORD, Place, places
from ontogeny.studies import Study
from ontogeny.studies.ledger import evidence_at, study_ledger

KEPT = 64
"""Pieces of evidence, ledgers, and sets of figures that are kept in memory."""


class StudyShelf:
    """All studies, with the evidence in one store and what is committed."""

    def __init__(self, store: Path) -> None:
        self.store = store
        self._evidence, self._ledgers, self._figures = Keeper(KEPT), Keeper(KEPT), Keeper(KEPT)

    @cached_property
    def known(self) -> list[Study]:
        """All studies; what is installed is looked up once, since that takes longer than all else of the first page."""
        return studies.all()

    def all(self) -> list[answers.StudySummary]:
        """Every study as a card."""
        return [self.summary(study) for study in self.known]

    def find(self, name: str) -> Study:
        """Raises: MissingError with the nearest names."""
        with missing():
            return studies.find(name)

    def place(self, study: Study, preset: str | None) -> Place | None:
        """Where the evidence is; None if there is none and no preset was asked for. Raises: MissingError."""
        if preset is None and not places(study.id, self.store):
            return None
        with missing():
            return evidence_at(study, self.store, preset)

    def evidence(self, place: Place) -> Evidence:
        """The evidence of a place, read again only if it has changed."""
        if not place.committed:
            refuse_links(place.folder)
        return self._load(place.folder)

    def _load(self, folder: Path) -> Evidence:
        return self._evidence.get((folder, stamp_of(folder, (RECORD,))), lambda: Evidence.load(folder))

    def figures(self, study: Study, place: Place) -> list[Figure]:
        """The study's figures; drawing them takes seconds, the first time ever."""
        evidence = self.evidence(place)
        key = (study.id, place.folder, stamp_of(place.folder, (RECORD,)))
        return self._figures.get(key, lambda: kept_figures(study, place.folder, lambda: study.figures(evidence)))

    def table(self, study: Study, place: Place, name: str) -> pa.Table:
        """One table of the evidence, `quantities` among them. Raises: MissingError."""
        tables = _tables(self.evidence(place))
        if name not in tables:
            with missing():
                raise unknown_name(f"table of {study.id}", name, tables)
        return tables[name]

    def ledger(self, study: Study, preset: str | None = None) -> list[answers.LedgerRow]:
        """The study's rows, judged anew only if evidence has changed; where that is damaged, rows that say so."""
        stamps = [(place.folder, stamp_of(place.folder, (RECORD,))) for place in self._places(study)]
        try:
            return self._ledgers.get((study.id, preset, *stamps), lambda: self._judged(study, preset))
        except OntogenyError as error:
            if preset is not None:
                with missing():
                    raise
            rows = [{**row, "committed": False, "reason": str(error)} for row in _blank(study)]
            return [_ledger_row(study, row) for row in rows]

    def _judged(self, study: Study, preset: str | None) -> list[answers.LedgerRow]:
        return [_ledger_row(study, row) for row in study_ledger(study, self.store, preset, load=self._load)]

    def summary(self, study: Study) -> answers.StudySummary:
        """A study as a card: its verdicts, and the figure and the cost of the preset that most of them rest on."""
        counted = once_each(map(dict, self.ledger(study)))
        decided = Counter(row["preset"] for row in counted if row["verdict"] != Verdict.UNDECIDED and row["seeds"])
        preset = decided.most_common(1)[0][0] if decided else None
        place, problem, entries = self.place(study, preset), None, []
        if place is not None:
            try:
                entries = self.evidence(place).record["seeds"]
            except OntogenyError as error:
                problem = str(error)
        shown = place if problem is None else None
        return answers.StudySummary(
            **_described(study),
            claims=len(study.claims),
            verdicts=_verdicts(counted),
            preset=place.preset if place else None,
            committed=place.committed if place else False,
            seeds=len({entry["seed"] for entry in entries}),
            seconds=_seconds(entries),
            figure=_card(study, shown) if shown else None,
            running=self._running(study),
            problem=problem,
        )

    def _running(self, study: Study) -> list[str]:
        folder = self.store / study.id / "evidence"
        return sorted(path.name for path in folder.iterdir() if held(path)) if folder.is_dir() else []

    def page(self, study: Study, preset: str | None) -> answers.StudyPage:
        """Everything about one study at one preset. Raises: MissingError; DamagedFileError."""
        place = self.place(study, preset)
        shared: dict[str, Any] = dict(self.summary(study))
        shared["places"] = [answers.Place(preset=p.preset, committed=p.committed) for p in self._places(study)]
        if place is None:
            return answers.StudyPage(**shared, **_without_evidence(study))
        evidence = self.evidence(place)
        rows = ledger_rows(study.id, study.claims, evidence)
        entries = evidence.record["seeds"]
        shared |= {
            "preset": place.preset,
            "committed": place.committed,
            "seeds": len({entry["seed"] for entry in entries}),
            "seconds": _seconds(entries),
            "verdicts": _verdicts(rows),
            "figure": _card(study, place),
        }
        return answers.StudyPage(
            **shared,
            conditions=_conditions(study, evidence),
            rows=[_ledger_row(study, {**row, "committed": place.committed}) for row in rows],
            tables=[_table_info(study, place, name, table) for name, table in _tables(evidence).items()],
            entries=[_entry(entry) for entry in entries],
            notices=[answers.Notice(**notice) for notice in notices(evidence, rows, place.committed)],
            facts=[answers.Fact(name=name, value=value) for name, value in facts(entries)],
            command=commands(study, evidence),
            settings=evidence.record.get("settings") or _settings(study),
        )

    def _places(self, study: Study) -> list[Place]:
        return list(places(study.id, self.store).values())


def _card(study: Study, place: Place) -> str:
    """The address of a card's figure."""
    return f"/api/studies/{study.id}/card.svg?preset={quote(place.preset)}"


def _verdicts(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    return dict(Counter(row["verdict"] for row in rows).most_common())


def _blank(study: Study) -> list[dict[str, Any]]:
    """The ledger's rows where nothing was measured."""
    return ledger_rows(study.id, study.claims, None)


def _described(study: Study) -> dict[str, Any]:
    paper = asdict(study.paper) | {"url": web_address(study.paper.url), "code": web_address(study.paper.code)}
    return {
        **{name: getattr(study, name) for name in ("id", "title", "question", "family")},
        "paper": answers.Paper(**paper),
        "presets": list(study.settings),
        "arms": list(study.arms),
    }


def _without_evidence(study: Study) -> dict[str, Any]:
    nothing: dict[str, Any] = {name: [] for name in ("tables", "entries", "notices", "facts")}
    rows = [_ledger_row(study, {**row, "committed": False}) for row in _blank(study)]
    arms = [answers.Arm(name=arm, overrides=list(given), seeds=[]) for arm, given in study.arms.items()]
    command = f"ontogeny run {study.id} --preset laptop --seeds 3"
    return {**nothing, "rows": rows, "conditions": arms, "command": command, "settings": _settings(study)}


def _ledger_row(study: Study, row: Mapping[str, Any]) -> answers.LedgerRow:
    return answers.LedgerRow(**row, study_title=study.title, family=study.family, measured=measured(row))


def _seconds(entries: Sequence[Mapping[str, Any]]) -> float | None:
    taken = [float(entry["seconds"]) for entry in entries if "seconds" in entry]
    return sum(taken) if taken else None


def _tables(evidence: Evidence) -> dict[str, pa.Table]:
    return {"quantities": evidence.quantities, **dict(sorted(evidence.tables.items()))}


def _conditions(study: Study, evidence: Evidence) -> list[answers.Arm]:
    measured_arms = dict.fromkeys(entry["arm"] for entry in evidence.record["seeds"])
    return [
        answers.Arm(name=arm, overrides=list(study.arms.get(arm, ())), seeds=evidence.seeds(arm))
        for arm in dict.fromkeys([*study.arms, *measured_arms])
    ]


def figure_info(study: Study, place: Place, figure: Figure) -> answers.FigureInfo:
    """What goes with a figure, and its address."""
    href = f"/api/studies/{study.id}/figures/{figure.id}.svg?preset={quote(place.preset)}"
    return answers.FigureInfo(id=figure.id, title=figure.title, caption=figure.caption, href=href)


def _table_info(study: Study, place: Place, name: str, table: pa.Table) -> answers.TableInfo:
    href = f"/api/studies/{study.id}/tables/{name}?preset={quote(place.preset)}"
    return answers.TableInfo(name=name, rows=table.num_rows, columns=columns_of(table), href=href)


def _entry(entry: Mapping[str, Any]) -> answers.Entry:
    return answers.Entry(
        arm=str(entry["arm"]),
        seed=int(entry["seed"]),
        seconds=float(entry["seconds"]) if "seconds" in entry else None,
        measured_at=str(entry["measured_at"]) if "measured_at" in entry else None,
        settings=str(entry["settings"]) if "settings" in entry else None,
        runs=[str(run) for run in entry.get("runs", [])],
    )


def _settings(study: Study) -> dict[str, Any]:
    return {preset: to_plain(settings) for preset, settings in study.settings.items()}
