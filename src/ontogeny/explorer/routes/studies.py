"""Studies, their figures and tables, the ledger, the glossary."""

from typing import Annotated, Any

import pyarrow as pa
from fastapi import APIRouter, Query, Response

from ontogeny.atlas.figure import Figure, standalone_svg
from ontogeny.explorer import tables
from ontogeny.explorer.answers import studies as answers
from ontogeny.explorer.answers.common import About, Glossary, TablePage
from ontogeny.explorer.explorer import Explorer
from ontogeny.explorer.glossary import glossary
from ontogeny.explorer.problems import MissingError
from ontogeny.explorer.routes.common import Names, Offset, Preset, download, sent
from ontogeny.explorer.studies import figure_info
from ontogeny.lab.evidence_places import Place
from ontogeny.studies import Study

Limit = Annotated[int, Query(ge=1, le=tables.LARGEST_PAGE)]
Sort = Annotated[str | None, Query(max_length=200)]
SVG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/svg+xml": {}}}}
CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {}}}}


def routes(explorer: Explorer) -> APIRouter:
    """`/api/about`, `/api/studies`, `/api/ledger`, `/api/glossary` and what is below."""
    router = APIRouter()
    shelf = explorer.studies

    @router.get("/about", response_model=About)
    def about() -> Response:
        return sent(explorer.about())

    @router.get("/glossary", response_model=Glossary)
    def terms() -> Response:
        return sent(glossary())

    @router.get("/studies", response_model=answers.Studies)
    def all_studies() -> Response:
        return sent(answers.Studies(studies=shelf.all()))

    @router.get("/studies/{study}", response_model=answers.StudyPage)
    def one_study(study: str, preset: Preset = None) -> Response:
        return sent(shelf.page(shelf.find(study), preset))

    router.include_router(_figures(explorer), prefix="/studies/{study}")
    router.include_router(_tables(explorer), prefix="/studies/{study}/tables")
    router.include_router(_ledgers(explorer))
    return router


def _figures(explorer: Explorer) -> APIRouter:
    router = APIRouter()
    shelf = explorer.studies

    @router.get("/figures", response_model=answers.Figures)
    def figures(study: str, preset: Preset = None) -> Response:
        found, place = shelf.find(study), shelf.place(shelf.find(study), preset)
        drawn = shelf.figures(found, place) if place else []
        return sent(answers.Figures(figures=[figure_info(found, place, figure) for figure in drawn if place]))

    @router.get("/card.svg", response_class=Response, responses=SVG)
    def card(study: str, preset: Preset = None, inline: bool = False) -> Response:
        drawn = shelf.figures(*_shown(explorer, study, preset))
        # Whether anything is drawn from the evidence is known only now: the card then has no figure.
        return _svg(drawn[0], inline) if drawn else Response(status_code=204)

    @router.get("/figures/{figure}.svg", response_class=Response, responses=SVG)
    def one_figure(study: str, figure: str, preset: Preset = None, inline: bool = False) -> Response:
        drawn = {one.id: one for one in shelf.figures(*_shown(explorer, study, preset))}
        if figure not in drawn:
            raise MissingError(f"unknown figure {figure!r} of {study} (known: {', '.join(drawn) or 'none'})")
        return _svg(drawn[figure], inline)

    return router


def _tables(explorer: Explorer) -> APIRouter:
    router = APIRouter()
    shelf = explorer.studies

    @router.get("/{table}.csv", response_class=Response, responses=CSV)
    def table_file(study: str, table: str, preset: Preset = None, where: Names = [], sort: Sort = None) -> Response:  # noqa: B006
        found, place = _shown(explorer, study, preset)
        data = tables.csv_bytes(shelf.table(found, place, table), where, sort)
        return download(data, f"{study}-{place.preset}-{table}.csv", "text/csv; charset=utf-8")

    @router.get("/{table}", response_model=TablePage)
    def table_page(
        study: str,
        table: str,
        preset: Preset = None,
        where: Names = [],  # noqa: B006
        sort: Sort = None,
        offset: Offset = 0,
        limit: Limit = 200,
    ) -> Response:
        rows = shelf.table(*_shown(explorer, study, preset), table)
        return sent(tables.page(table, rows, where=where, sort=sort, offset=offset, limit=limit))

    return router


def _ledgers(explorer: Explorer) -> APIRouter:
    router = APIRouter()

    @router.get("/ledger", response_model=answers.Ledger)
    def ledger(study: Preset = None, preset: Preset = None) -> Response:
        return sent(_ledger(explorer, study, preset))

    @router.get("/ledger.json", response_class=Response)
    def ledger_json(study: Preset = None, preset: Preset = None) -> Response:
        data = _ledger(explorer, study, preset).model_dump_json(indent=2)
        return download(data.encode(), "ledger.json", "application/json")

    @router.get("/ledger.csv", response_class=Response, responses=CSV)
    def ledger_csv(study: Preset = None, preset: Preset = None) -> Response:
        rows = [dict(row) for row in _ledger(explorer, study, preset).rows]
        data = tables.csv_bytes(pa.Table.from_pylist(rows))
        return download(data, "ledger.csv", "text/csv; charset=utf-8")

    return router


def _shown(explorer: Explorer, study: str, preset: str | None) -> tuple[Study, Place]:
    """The study and the evidence that is asked for. Raises: MissingError."""
    found = explorer.studies.find(study)
    place = explorer.studies.place(found, preset)
    if place is None:
        raise MissingError(f"there is no evidence of {study} yet; make some: ontogeny run {study}")
    return found, place


def _ledger(explorer: Explorer, study: str | None, preset: str | None) -> answers.Ledger:
    """All rows; at one preset, those of the studies that have evidence there."""
    shelf = explorer.studies
    chosen = [shelf.find(study)] if study else shelf.known
    rows = []
    for one in chosen:
        try:
            rows += shelf.ledger(one, preset)
        except MissingError:
            if study:
                raise
    return answers.Ledger(rows=rows)


def _svg(figure: Figure, inline: bool) -> Response:
    headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}
    return Response(figure.svg if inline else standalone_svg(figure), media_type="image/svg+xml", headers=headers)
