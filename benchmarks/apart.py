"""A side of a comparison in a process of its own, with the memory settings that any process starts with.

`import ontogeny` asks for large pages and has freed memory kept (`ontogeny/memory.py`), for all that the process does:
a peer measured in it would run with settings that its users do not have.
"""

import multiprocessing
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

_DEFAULTS = {"GLIBC_TUNABLES": "", "THP_MEM_ALLOC_ENABLE": "0"}
"""Set by the user, even to nothing, they are left alone."""


def apart(build: Callable[..., Callable[[], float]], *arguments: Any) -> Callable[[], float]:
    """What `build(*arguments)` gives, measuring in a new process, which ends when this is no longer held.

    Raises:
        RuntimeError: something was raised there; the message says what.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    with _environment(_DEFAULTS):
        context.Process(target=_serve, args=(there, build, arguments), daemon=True).start()
    there.close()
    _answer(here)

    def side() -> float:
        here.send(None)
        return _answer(here)

    return side


def _serve(pipe: Connection, build: Callable[..., Callable[[], float]], arguments: tuple[Any, ...]) -> None:
    try:
        side = build(*arguments)
        pipe.send(0.0)
        while True:
            pipe.recv()
            pipe.send(side())
    except EOFError:  # nobody asks any more
        return
    except Exception as error:  # a peer may raise anything
        pipe.send(f"{type(error).__name__}: {error}")


def _answer(pipe: Connection) -> float:
    answer = pipe.recv()
    if isinstance(answer, str):
        raise RuntimeError(answer)
    return answer


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """With these values in the environment, which new processes inherit."""
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
