"""`ontogeny explore`: settle who may look, start the server, open the browser."""

import importlib.util
import os
import secrets
import socket
import threading
import webbrowser
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ontogeny.errors import OntogenyError, UsageError
from ontogeny.lab.environment import available_cores

PORT = 8642
TRIED = 20
"""Further ports that are tried where the first is taken and none was asked for."""

STOPPING_SECONDS = 2
"""How long open pages may take to let go when the server stops."""


def serve(
    store: Path,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    token: str | None = None,
    browser: bool = True,
    memory: int | None = None,
    own: Sequence[Path] = (),
) -> None:
    """Serve the store until Ctrl-C. `memory`: bytes that models may take; `own`: folders of other people's models.

    Raises: UsageError for a host that others can reach without a token, and for a folder that holds no such model;
    OntogenyError if the extra is not installed, or no port is free.
    """
    require_extra()
    from ontogeny.explorer.security import LOOPBACK, is_loopback

    if not is_loopback(host) and token is None:
        raise UsageError(
            f"--host {host}: others can reach it, so it needs a token; add --token auto (or a secret of your own)"
        )
    if token is not None:
        token = secrets.token_urlsafe(24) if token == "auto" else _checked(token)
    listening = listen(host, port)
    _spare_threads()
    from ontogeny.explorer.app import make_app
    from ontogeny.explorer.explorer import Explorer
    from ontogeny.explorer.models import MEMORY

    explorer = Explorer(store, memory=memory or MEMORY, own=own)
    explorer.warm()
    app = make_app(explorer, hosts=LOOPBACK if is_loopback(host) else (), token=token)
    address = _address(host, listening.getsockname()[1], token)
    print(f"the explorer of {store} is at {address} (Ctrl-C stops it)", flush=True)
    if browser:
        threading.Timer(0.5, webbrowser.open, (address,)).start()
    _run(app, listening)


def _run(app: Any, listening: socket.socket) -> None:
    import uvicorn

    settings = uvicorn.Config(
        app, log_level="warning", access_log=False, timeout_graceful_shutdown=STOPPING_SECONDS, server_header=False
    )
    with suppress(KeyboardInterrupt):  # which uvicorn raises again after it has stopped in good order
        uvicorn.Server(settings).run(sockets=[listening])


def _spare_threads() -> None:
    """Leave half of the cores to trainings and the browser: threads that wait for one another stall when cores are few.

    Numerical libraries read this when they are first imported; what the user has set stays.
    """
    threads = str(max(1, available_cores() // 2))
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, threads)


def require_extra() -> None:
    """Raise the one error that names the extra if a part of it is missing."""
    missing = [name for name in ("fastapi", "uvicorn") if importlib.util.find_spec(name) is None]
    if missing:
        raise OntogenyError(f"the explorer needs {' and '.join(missing)}: pip install 'ontogeny[explorer]'")


def listen(host: str, port: int | None) -> socket.socket:
    """A listening socket: on the port asked for, else on the first free one from `PORT` on.

    Raises: OntogenyError if there is none; UsageError for a host that this machine is not.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in [port] if port is not None else range(PORT, PORT + TRIED):
        opened = socket.socket(family, socket.SOCK_STREAM)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            opened.bind((host, candidate))
            opened.listen(128)
            return opened
        except socket.gaierror:
            opened.close()
            raise UsageError(f"--host {host}: this machine does not know that name") from None
        except (OSError, OverflowError) as error:
            opened.close()
            reason = str(error)
    where = f"port {port}" if port is not None else f"no port from {PORT} to {PORT + TRIED - 1}"
    raise OntogenyError(f"{where} of {host} cannot be used ({reason}); choose another with --port")


def _checked(token: str) -> str:
    if len(token) < 8 or not token.isascii() or not token.isprintable() or " " in token:
        raise UsageError("--token: expected at least 8 printable letters without spaces, or `auto`")
    return token


def _address(host: str, port: int, token: str | None) -> str:
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}/" + (f"?token={token}" if token else "")
