"""Looking inside: the time machine of runs, any transformer on the bench, models of one's own."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from ontogeny.explorer.answers import functions, inspection, karel, streams
from ontogeny.explorer.explorer import Explorer
from ontogeny.explorer.routes.common import Index, Step, sent
from ontogeny.explorer.time_machine.worlds import Place

Layer = Annotated[int | None, Query(ge=0, le=10_000)]
Penalty = Annotated[float | None, Query(gt=0, le=1e6)]


def routes(explorer: Explorer) -> APIRouter:
    """What is below `/api/runs/{name}/{hash}/` and `/api/models`."""
    router = APIRouter()
    router.include_router(_of_runs(explorer), prefix="/runs/{name}/{hash}")

    @router.get("/models", response_model=inspection.OwnModels)
    def own_models() -> Response:
        return sent(explorer.own_models.all())

    @router.post("/models/{model}/inspect", response_model=inspection.Inspection)
    def inspect_own(model: str, request: inspection.OwnRequest) -> Response:
        return sent(explorer.own_models.inspect(model, request))

    return router


def _of_runs(explorer: Explorer) -> APIRouter:
    router = APIRouter()
    machine, inspector = explorer.time_machine, explorer.inspector

    @router.get("/karel", response_model=karel.TimeMachine)
    def about(name: str, hash: str) -> Response:
        return sent(machine.about(explorer.trajectory(f"{name}/{hash}")))

    @router.get("/karel/specification", response_model=karel.Specification)
    def specification(name: str, hash: str, split: karel.SplitName = "test", index: Index = 0) -> Response:
        return sent(machine.specification(explorer.trajectory(f"{name}/{hash}"), Place.of(split, index)))

    @router.get("/karel/film", response_model=karel.Film)
    def film(name: str, hash: str, split: karel.SplitName = "test", index: Index = 0) -> Response:
        return sent(machine.film(explorer.trajectory(f"{name}/{hash}"), Place.of(split, index)))

    @router.get("/karel/moment", response_model=karel.Moment)
    def moment(name: str, hash: str, step: Step, split: karel.SplitName = "test", index: Index = 0) -> Response:
        return sent(machine.moment(explorer.trajectory(f"{name}/{hash}"), Place.of(split, index), step))

    @router.post("/karel/edit", response_model=karel.Edited)
    def edit(name: str, hash: str, request: karel.EditRequest) -> Response:
        return sent(machine.edit(explorer.trajectory(f"{name}/{hash}"), request))

    @router.get("/bench", response_model=inspection.Bench)
    def bench(name: str, hash: str) -> Response:
        return sent(inspector.bench(explorer.trajectory(f"{name}/{hash}"), f"{name}/{hash}"))

    @router.get("/sequence", response_model=inspection.Sequence)
    def sequence(name: str, hash: str, split: karel.SplitName = "test", index: Index = 0) -> Response:
        return sent(inspector.sequence(explorer.trajectory(f"{name}/{hash}"), split, index))

    @router.get("/inspect", response_model=inspection.Inspection)
    def look(
        name: str, hash: str, step: Step, split: karel.SplitName = "test", index: Index = 0, layer: Layer = None
    ) -> Response:
        request = inspection.InspectRequest(step=step, split=split, index=index, layer=layer)
        return sent(inspector.inspect(explorer.trajectory(f"{name}/{hash}"), request))

    @router.post("/inspect", response_model=inspection.Inspection)
    def inspect(name: str, hash: str, request: inspection.InspectRequest) -> Response:
        return sent(inspector.inspect(explorer.trajectory(f"{name}/{hash}"), request))

    @router.get("/heads", response_model=streams.HeadCourse)
    def heads(name: str, hash: str) -> Response:
        return sent(explorer.stream_machine.heads(explorer.trajectory(f"{name}/{hash}")))

    @router.get("/functions", response_model=functions.Functions)
    def about_functions(name: str, hash: str) -> Response:
        return sent(explorer.function_machine.about(explorer.trajectory(f"{name}/{hash}")))

    @router.get("/functions/episode", response_model=functions.Episode)
    def episode(
        name: str, hash: str, step: Step, split: karel.SplitName = "test", index: Index = 0, penalty: Penalty = None
    ) -> Response:
        run = explorer.trajectory(f"{name}/{hash}")
        return sent(explorer.function_machine.episode(run, step, split, index, penalty))

    return router
