"""One study as plain data, for the single-file report and the notebook: the API's own answers, by their addresses."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel

from ontogeny.atlas.figure import standalone_svg
from ontogeny.errors import OntogenyError
from ontogeny.explorer import run_pages, tables
from ontogeny.explorer.answers import studies as answers
from ontogeny.explorer.explorer import Explorer
from ontogeny.explorer.glossary import glossary
from ontogeny.explorer.studies import figure_info
from ontogeny.explorer.time_machine.worlds import Place

VERSION = 1
TABLE_BYTES = 300_000
"""Bytes of JSON that one table may take; a longer one is cut, and its `total` says so."""
FILM_BYTES = 1_500_000
POINTS = 1000
"""Points of each metric of the run that is shown."""


def bundle(study: str, store: Path, preset: str | None = None) -> dict[str, Any]:
    """What the page needs to show one study without a server.

    `responses` maps addresses, as the page asks for them, to answers: those of the study at one preset with its figures
    (SVG text) and tables, its ledger (also where the whole one is asked for: it is all that is carried), the glossary;
    and, where the store has them, one run with its curves and its film as it was precomputed.

    Raises: MissingError for an unknown study or preset; DamagedFileError.
    """
    explorer = Explorer(store)
    found = explorer.studies.find(study)
    page = explorer.studies.page(found, preset)
    at = f"?preset={quote(page.preset)}" if page.preset else ""
    ledger = _plain(answers.Ledger(rows=explorer.studies.ledger(found)))
    responses: dict[str, Any] = {
        "/api/about": _plain(explorer.about().model_copy(update={"store": ""})),  # whose machine it was is not told
        "/api/studies": _plain(answers.Studies(studies=[explorer.studies.summary(found)])),
        f"/api/studies/{study}": _plain(page),
        f"/api/studies/{study}{at}": _plain(page),
        "/api/ledger": ledger,
        f"/api/ledger?study={study}": ledger,
        "/api/glossary": _plain(glossary()),
    }
    place = explorer.studies.place(found, page.preset)
    if place is not None:
        drawn = explorer.studies.figures(found, place)
        infos = [figure_info(found, place, figure) for figure in drawn]
        responses[f"/api/studies/{study}/figures{at}"] = _plain(answers.Figures(figures=infos))
        responses |= {info.href: standalone_svg(figure) for info, figure in zip(infos, drawn, strict=True)}
        if page.figure:
            responses[page.figure] = standalone_svg(drawn[0]) if drawn else ""
        for table in page.tables:
            rows = explorer.studies.table(found, place, table.name)
            responses[f"{table.href}&limit={tables.LARGEST_PAGE}"] = _bounded(table.name, rows)
        responses |= _run(explorer, page)
    return {
        "kind": "ontogeny-bundle",
        "version": VERSION,
        "study": study,
        "preset": page.preset,
        "responses": responses,
    }


def _plain(answer: BaseModel) -> Any:
    """Exactly what the API sends."""
    return json.loads(answer.model_dump_json())


def _bounded(name: str, rows: Any) -> Any:
    """A table's first rows, as many as may be."""
    page = tables.page(name, rows, limit=tables.LARGEST_PAGE)
    while (size := len(page.model_dump_json())) > TABLE_BYTES and len(page.rows) > 1:
        fitting = min(len(page.rows) - 1, int(len(page.rows) * TABLE_BYTES / size))
        page = page.model_copy(update={"rows": page.rows[: max(1, fitting)]})
    return _plain(page)


def _run(explorer: Explorer, page: answers.StudyPage) -> dict[str, Any]:
    """The first run of the main arm that the store holds: its page, curves, and film as far as it was precomputed."""
    runs = [run for entry in page.entries if entry.arm == "main" for run in entry.runs]
    for run in runs:
        try:
            trajectory = explorer.trajectory(run)
            name, _, digest = run.rpartition("/")
            address = f"/api/runs/{quote(run)}"
            curves = run_pages.metrics(run, trajectory.folder, [], POINTS)
            found = {
                address: _plain(explorer.run_page(name, digest)),
                f"{address}/metrics?points={POINTS}": _plain(curves),
            }
            return found | _film(explorer, run, address)
        except OntogenyError:
            continue  # not in this store, or damaged: the study is shown without it
    return {}


def _film(explorer: Explorer, run: str, address: str) -> dict[str, Any]:
    trajectory = explorer.trajectory(run)
    if trajectory.world.kind != "karel":
        return {}
    film = explorer.time_machine.film(trajectory, Place.of("test", 0))
    if not film.moments or len(film.model_dump_json()) > FILM_BYTES:
        return {}
    about = explorer.time_machine.about(trajectory)
    return {f"{address}/karel": _plain(about), f"{address}/karel/film?split=test&index=0": _plain(film)}
