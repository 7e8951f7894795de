"""The API asked within this process, for a page that has no server to ask: no socket is opened."""

import asyncio
import atexit
import json
import logging
import threading
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from starlette.types import Message

from ontogeny.explorer.app import make_app
from ontogeny.explorer.explorer import Explorer

ENDLESS = "/api/events"
"""An answer that has no end: whoever asks here asks for the jobs again instead."""

log = logging.getLogger(__name__)


class Relay:
    """The application of one store. It works on threads of its own, so that whoever asks can go on."""

    def __init__(self, explorer: Explorer) -> None:
        self._app = make_app(explorer)
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="ontogeny relay", daemon=True).start()

    def ask(self, asked: Mapping[str, Any], tell: Callable[[dict[str, Any]], None]) -> None:
        """Have a request answered: `tell` is called from another thread, whatever becomes of it.

        `asked`: number, method, path (with its query), body (JSON text or None). Told: number, status, text.
        """
        asyncio.run_coroutine_threadsafe(self._tell(asked, tell), self._loop)

    async def _tell(self, asked: Mapping[str, Any], tell: Callable[[dict[str, Any]], None]) -> None:
        method, path, body = (str(asked.get(part) or "") for part in ("method", "path", "body"))
        status, text = await self.answer(method, path, body)
        tell({"number": asked.get("number"), "status": status, "text": text})

    async def answer(self, method: str, path: str, body: str = "") -> tuple[int, str]:
        """Status and text of the API's answer; what is not below /api/ is not reached."""
        place, _, query = path.partition("?")
        if not unquote(place).startswith("/api/") or unquote(place) == ENDLESS:
            return _problem(
                403, f"{place} cannot be asked for from a notebook: only answers of the API below /api/ can"
            )
        try:
            return await self._called(method, place, query, body.encode())
        except Exception as error:  # the page waits for an answer, whatever happened
            log.exception("%s %s failed", method, path)
            return _problem(500, f"an error in the program itself ({type(error).__name__}); the kernel's log says more")

    async def _called(self, method: str, place: str, query: str, body: bytes) -> tuple[int, str]:
        """What the application answers, called as a server would (ASGI)."""
        status, parts = 0, list[bytes]()

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            parts.append(message.get("body", b""))

        headers = {"host": "localhost", "content-type": "application/json", "content-length": str(len(body))}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(place),
            "raw_path": place.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": None,
            "server": None,
        }
        await self._app(scope, receive, send)
        return status, b"".join(parts).decode()


@cache
def relay_of(store: Path) -> Relay:
    """The one relay of a store in this process: pages of the same store share its models and jobs."""
    explorer = Explorer(store)
    atexit.register(explorer.jobs.close)
    return Relay(explorer)


def _problem(status: int, message: str) -> tuple[int, str]:
    return status, json.dumps({"status": status, "message": message})
