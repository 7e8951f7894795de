"""Looking inside: the time machine of Karel runs, and any transformer on the bench."""

from fastapi import APIRouter, Response

from ontogeny.explorer.answers import inspection, karel
from ontogeny.explorer.explorer import Explorer
from ontogeny.explorer.routes.common import Index, Step, sent
from ontogeny.explorer.time_machine.worlds import Place


def routes(explorer: Explorer) -> APIRouter:
    """What is below `/api/runs/{name}/{hash}/`."""
    router = APIRouter(prefix="/runs/{name}/{hash}")
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

    @router.post("/inspect", response_model=inspection.Inspection)
    def inspect(name: str, hash: str, request: inspection.InspectRequest) -> Response:
        return sent(inspector.inspect(explorer.trajectory(f"{name}/{hash}"), request))

    return router
