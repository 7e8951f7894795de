"""Long work, and the stream of what happens now."""

from collections.abc import AsyncIterator

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from ontogeny.errors import OntogenyError
from ontogeny.explorer.answers import jobs as answers
from ontogeny.explorer.explorer import Explorer
from ontogeny.explorer.live import Changes, events
from ontogeny.explorer.routes.common import sent

LISTENERS = 32
"""Open streams of events."""


def routes(explorer: Explorer) -> APIRouter:
    """`/api/jobs` and `/api/events`."""
    router = APIRouter()
    listening = 0

    @router.get("/jobs", response_model=answers.Jobs)
    def all_jobs() -> Response:
        return sent(answers.Jobs(jobs=explorer.jobs.all()))

    @router.post("/jobs", response_model=answers.Job, status_code=202)
    def start(request: answers.JobRequest) -> Response:
        return sent(explorer.start(request), 202)

    @router.get("/jobs/{job}", response_model=answers.Job)
    def one_job(job: str) -> Response:
        return sent(explorer.jobs.get(job))

    @router.post("/jobs/{job}/stop", response_model=answers.Job)
    def stop(job: str) -> Response:
        return sent(explorer.jobs.stop(job))

    async def listen() -> AsyncIterator[str]:
        nonlocal listening
        listening += 1
        try:
            async for event in events(Changes(explorer.live)):
                yield event
        finally:
            listening -= 1

    @router.get("/events", response_class=StreamingResponse, include_in_schema=False)
    async def stream() -> Response:
        if listening >= LISTENERS:
            raise OntogenyError(f"{listening} pages are listening already; close some")
        return StreamingResponse(listen(), media_type="text/event-stream")

    return router
