"""Who may ask: only pages of this very server, and, where one is set, only those who know the token.

A page of another site must not read a store through the browser of whoever looks at it (by its scripts, or by a name
that is made to point here), nor start anything.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("localhost", "127.0.0.1", "::1")
LARGEST_BODY = 65_536
"""Bytes of a request."""

_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server bound to `host`."""
    return host in LOOPBACK


@dataclass(frozen=True)
class Guard:
    """An ASGI middleware that refuses what does not come from the server's own pages."""

    app: ASGIApp
    hosts: tuple[str, ...] = LOOPBACK
    """Names under which the server may be asked; empty: any (the token then is what protects)."""
    token: str | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] != "http":
            raise RuntimeError(f"the explorer speaks HTTP only, asked for {scope['type']}")
        else:
            answer = self._refusal(scope) or self._welcome(scope)
            await (answer or self._limited)(scope, receive, _with_headers(send))

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, _at_most(receive, LARGEST_BODY), send)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if self.hosts and _hostname(host) not in self.hosts:
            return _problem(403, f"this server is not {host!r}; open it as {' or '.join(self.hosts)}")
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return _problem(403, f"requests from pages of {origin!r} are refused: only the explorer's own may ask")
        navigates = headers.get("sec-fetch-mode") == "navigate" and scope["method"] == "GET"
        if headers.get("sec-fetch-site") in ("cross-site", "same-site") and not navigates:
            return _problem(403, "requests from other pages are refused: only the explorer's own may ask")
        if scope["method"] not in ("GET", "HEAD") and not _is_json(headers):
            return _problem(415, "expected Content-Type: application/json")
        if _length(headers) > LARGEST_BODY:
            return _problem(413, f"a request has at most {LARGEST_BODY} bytes, given {_length(headers)}")
        return None

    def _welcome(self, scope: Scope) -> Response | None:
        """None where the token is known (or none is needed); the token in an address becomes a cookie."""
        if self.token is None:
            return None
        headers, asked = Headers(scope=scope), dict(parse_qsl(scope["query_string"].decode("latin-1")))
        if scope["method"] == "GET" and _same(asked.pop("token", ""), self.token):
            place = scope["path"] + (f"?{urlencode(asked)}" if asked else "")
            answer = RedirectResponse(place if not place.startswith("//") else "/", 303)
            answer.set_cookie(self._cookie, self.token, httponly=True, samesite="strict")
            return answer
        scheme, _, given = headers.get("authorization", "").partition(" ")
        candidates = [given.strip() if scheme.lower() == "bearer" else "", *_cookies(headers, self._cookie)]
        if any(_same(candidate, self.token) for candidate in candidates):
            return None
        return _problem(401, "this explorer asks for its token: open the address that `ontogeny explore` printed")

    @property
    def _cookie(self) -> str:
        """A name of its own for each token: servers on several ports share their cookies."""
        return f"ontogeny-{hashlib.sha256((self.token or '').encode()).hexdigest()[:8]}"


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_json(headers: Headers) -> bool:
    return headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def _length(headers: Headers) -> int:
    text = headers.get("content-length", "0")
    return int(text) if text.isascii() and text.isdigit() else LARGEST_BODY + 1


def _cookies(headers: Headers, name: str) -> Iterable[str]:
    try:
        jar = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return []
    return [jar[name].value] if name in jar else []


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), wanted.encode())


def _problem(status: int, message: str) -> Response:
    return JSONResponse({"status": status, "message": message}, status)


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending


def _at_most(receive: Receive, limit: int) -> Receive:
    """Ends the connection of whoever sends more than announced or allowed."""
    seen = 0

    async def receiving() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        return message if seen <= limit else {"type": "http.disconnect"}

    return receiving
