"""The web application: the API below /api, the built page everywhere else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware

from ontogeny import __version__
from ontogeny.errors import OntogenyError
from ontogeny.explorer import explorer as explorers
from ontogeny.explorer.answers.common import Problem
from ontogeny.explorer.explorer import Explorer
from ontogeny.explorer.page_files import page_file
from ontogeny.explorer.problems import MissingError, status_of
from ontogeny.explorer.routes import jobs, models, runs, studies
from ontogeny.explorer.routes.common import PROBLEMS, sent
from ontogeny.explorer.security import LOOPBACK, Guard

_NO_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Ontogeny</title>
<h1>The page is not built</h1>
<p>This installation lacks the explorer's page (<code>ontogeny/explorer/static/index.html</code>). Released packages
contain it; in a checkout, build it with <code>npm ci &amp;&amp; npm run build</code> in <code>web/</code>.</p>
<p>The API works: see <a href="/api/openapi.json">its description</a>.</p></html>"""


def make_app(explorer: Explorer, *, hosts: tuple[str, ...] = LOOPBACK, token: str | None = None) -> FastAPI:
    """The application for one store. `hosts` and `token`: see `security.Guard`."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        explorer.jobs.close()

    app = FastAPI(
        title="Ontogeny explorer",
        version=__version__,
        openapi_url="/api/openapi.json",
        docs_url=None,  # these pages load scripts from elsewhere
        redoc_url=None,
        lifespan=lifespan,
    )
    for part in (studies, runs, models, jobs):
        app.include_router(part.routes(explorer), prefix="/api", responses=PROBLEMS)
    app.add_api_route("/{path:path}", _page, methods=["GET", "HEAD"], include_in_schema=False)
    _answer_problems(app)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    app.add_middleware(Guard, hosts=hosts, token=token)
    return app


def _page(path: str, request: Request) -> Response:
    """A file of the built page; addresses inside the page give its index."""
    static = explorers.STATIC.resolve()
    if path == "api" or path.startswith("api/"):
        raise MissingError(f"unknown address /{path}; see /api/openapi.json")
    file = _inside(static, path)
    if file is not None:
        return page_file(file, request)
    if "." in path.rpartition("/")[2]:
        raise MissingError(f"unknown file /{path}")
    index = static / "index.html"
    return page_file(index, request) if index.is_file() else HTMLResponse(_NO_PAGE, 503)


def _inside(static: Path, path: str) -> Path | None:
    """The file of that name, if it is one and lies inside."""
    if not path or "\0" in path:
        return None
    file = (static / path).resolve()
    return file if file.is_relative_to(static) and file.is_file() else None


def _answer_problems(app: FastAPI) -> None:
    """Every problem becomes one sentence of one shape."""

    def problem(status: int, message: str) -> Response:
        return sent(Problem(status=status, message=message), status)

    @app.exception_handler(OntogenyError)
    def known(request: Request, error: OntogenyError) -> Response:
        return problem(status_of(error), str(error))

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:]) or "request"
        return problem(422, f"{where}: {first['msg'][:1].lower()}{first['msg'][1:]}")

    @app.exception_handler(HTTPException)
    def refused(request: Request, error: HTTPException) -> Response:
        answer = problem(error.status_code, str(error.detail))
        answer.headers.update(error.headers or {})
        return answer

    @app.exception_handler(Exception)
    def unexpected(request: Request, error: Exception) -> Response:
        return problem(500, f"an error in the program itself ({type(error).__name__}); the terminal says more")
