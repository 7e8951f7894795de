"""One study as plain data, for the single-file report and the notebook: the API's own answers, by their addresses."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

from ontogeny.atlas.figure import standalone_svg
from ontogeny.errors import OntogenyError
from ontogeny.explorer import run_pages, tables
from ontogeny.explorer.answers import studies as answers
from ontogeny.explorer.explorer import Explorer
from ontogeny.explorer.films import Answers, as_sent, film, run_address
from ontogeny.explorer.glossary import glossary
from ontogeny.explorer.studies import figure_info

VERSION = 1
TABLE_BYTES = 300_000
"""Bytes of JSON that one table may take; a longer one is cut, and its `total` says so."""
FILMS = 3
"""Runs that are shown through their training."""
FILM_BYTES, FILMS_BYTES = 1_500_000, 3_000_000
"""Bytes of JSON that one film may take, and all together."""
POINTS = 1000
"""Points of each metric of the run that is shown."""


def bundle(study: str, store: Path, preset: str | None = None, *, compute: bool = False) -> dict[str, Any]:
    """What the page needs to show one study without a server.

    `responses` maps addresses, as the page asks for them, to answers: those of the study at one preset with its figures
    (SVG text) and tables, its ledger (also where the whole one is asked for: it is all that is carried), the glossary;
    and, where the store has them, a few runs with their curves. `films` names those of them that carry what their time
    machine shows (see `films`); with `compute`, what takes long to make is made for it.

    Raises: MissingError for an unknown study or preset; DamagedFileError.
    """
    explorer = Explorer(store)
    found = explorer.studies.find(study)
    page = explorer.studies.page(found, preset)
    at = f"?preset={quote(page.preset)}" if page.preset else ""
    ledger = as_sent(answers.Ledger(rows=explorer.studies.ledger(found)))
    films: list[str] = []
    responses: Answers = {
        "/api/about": as_sent(explorer.about().model_copy(update={"store": ""})),  # whose machine it was is not told
        "/api/studies": as_sent(answers.Studies(studies=[_card(page)])),
        f"/api/studies/{study}": as_sent(page),
        f"/api/studies/{study}{at}": as_sent(page),
        "/api/ledger": ledger,
        f"/api/ledger?study={study}": ledger,
        "/api/glossary": as_sent(glossary()),
    }
    place = explorer.studies.place(found, page.preset)
    if place is not None:
        drawn = explorer.studies.figures(found, place)
        infos = [figure_info(found, place, figure) for figure in drawn]
        responses[f"/api/studies/{study}/figures{at}"] = as_sent(answers.Figures(figures=infos))
        responses |= {info.href: standalone_svg(figure) for info, figure in zip(infos, drawn, strict=True)}
        if page.figure:
            responses[page.figure] = standalone_svg(drawn[0]) if drawn else ""
        for table in page.tables:
            rows = explorer.studies.table(found, place, table.name)
            responses[f"{table.href}&limit={tables.LARGEST_PAGE}"] = _bounded(table.name, rows)
        films, runs = _runs(explorer, page, compute)
        responses |= runs
    return {
        "kind": "ontogeny-bundle",
        "version": VERSION,
        "study": study,
        "preset": page.preset,
        "films": films,
        "responses": responses,
    }


def _card(page: answers.StudyPage) -> answers.StudySummary:
    """The study's card with what its page shows: no other preset is carried."""
    return answers.StudySummary(**{name: getattr(page, name) for name in answers.StudySummary.model_fields})


def _bounded(name: str, rows: Any) -> Any:
    """A table's first rows, as many as may be."""
    page = tables.page(name, rows, limit=tables.LARGEST_PAGE)
    while (size := len(page.model_dump_json())) > TABLE_BYTES and len(page.rows) > 1:
        fitting = min(len(page.rows) - 1, int(len(page.rows) * TABLE_BYTES / size))
        page = page.model_copy(update={"rows": page.rows[: max(1, fitting)]})
    return as_sent(page)


def _runs(explorer: Explorer, page: answers.StudyPage, compute: bool) -> tuple[list[str], Answers]:
    """Which runs are shown through their training, and the answers about them: of the main arm's first seed here."""
    for entry in page.entries:
        about = {run: found for run in entry.runs if entry.arm == "main" and (found := _about_run(explorer, run))}
        films: dict[str, Answers] = {}
        for run in about:
            room = min(FILM_BYTES, FILMS_BYTES // min(FILMS, len(about)))
            if len(films) < FILMS and (found := _film(explorer, run, room, compute)):
                films[run] = about[run] | found
        if about:
            shown = films or dict(list(about.items())[:1])
            return list(films), {address: answer for part in shown.values() for address, answer in part.items()}
    return [], {}


def _film(explorer: Explorer, run: str, room: int, compute: bool) -> Answers:
    try:
        return film(explorer, explorer.trajectory(run), room, compute=compute)
    except OntogenyError:
        return {}  # its model is none that can be looked into, or a file is damaged: the study is shown without it


def _about_run(explorer: Explorer, run: str) -> Answers:
    """The page and the curves of a run; nothing where this store does not hold it whole."""
    name, _, digest = run.rpartition("/")
    address = run_address(run)
    try:
        curves = run_pages.metrics(run, explorer.trajectory(run).folder, [], POINTS)
        page = explorer.run_page(name, digest)
    except OntogenyError:
        return {}
    return {address: as_sent(page), f"{address}/metrics?points={POINTS}": as_sent(curves)}
