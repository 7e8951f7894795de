"""Runs: the list, one of them, its curves, two compared, the machine they are on."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from ontogeny.explorer import run_pages
from ontogeny.explorer.answers import runs as answers
from ontogeny.explorer.answers.system import System
from ontogeny.explorer.explorer import Explorer
from ontogeny.explorer.routes.common import Name, Offset, sent

Points = Annotated[int, Query(ge=10, le=200_000)]
Limit = Annotated[int, Query(ge=1, le=2000)]


def routes(explorer: Explorer) -> APIRouter:
    """`/api/runs`, `/api/compare`, `/api/system` and what is below."""
    router = APIRouter()

    @router.get("/runs", response_model=answers.Runs)
    def all_runs(
        status: answers.Status | None = None,
        name: Name = "",
        study: Name = "",
        q: Name = "",
        offset: Offset = 0,
        limit: Limit = 200,
    ) -> Response:
        found = explorer.runs.all()
        left = [
            run
            for run in found
            if (status is None or run.status == status)
            and (not name or run.name == name)
            and (not study or any(use.study == study for use in run.used_by))
            and q.lower() in f"{run.id} {run.world} {run.model} {run.problem or ''}".lower()
        ]
        return sent(answers.Runs(runs=left[offset : offset + limit], total=len(found), matching=len(left)))

    @router.get("/runs/{name}/{hash}", response_model=answers.RunPage)
    def one_run(name: str, hash: str) -> Response:
        return sent(explorer.run_page(name, hash))

    @router.get("/runs/{name}/{hash}/metrics", response_model=answers.Metrics)
    def metrics(
        name: str,
        hash: str,
        metric: Annotated[list[Annotated[str, Query(max_length=200)]], Query(alias="name", max_length=50)] = [],  # noqa: B006
        points: Points = 1000,
    ) -> Response:
        folder = explorer.runs.find(name, hash)
        return sent(run_pages.metrics(f"{name}/{hash}", folder, metric, points))

    @router.post("/runs/{name}/{hash}/stop", response_model=answers.RunSummary)
    def stop(name: str, hash: str) -> Response:
        return sent(explorer.stop_run(name, hash))

    @router.get("/system", response_model=System)
    def system() -> Response:
        return sent(explorer.watch.look())

    @router.get("/compare", response_model=answers.Comparison)
    def compare(left: Name, right: Name) -> Response:
        found = [(run, explorer.runs.find(*run.rpartition("/")[::2])) for run in (left, right)]
        return sent(run_pages.compare(*found))

    return router
