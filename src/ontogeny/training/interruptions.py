"""Stopping without loss: Ctrl-C, or a file that asks, is noted; the loop ends its step and stores where it is."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from ontogeny.files import naming_full_disk

STOP = "STOP"
"""A file of this name in a run's folder asks its training to stop, whoever started it and on whatever machine."""
LOOKING_SECONDS = 0.5
"""How often the loop looks for the file."""


def ask_to_stop(folder: Path) -> None:
    """Ask the training that writes into this run's folder to store where it is and stop."""
    with naming_full_disk(folder):
        (folder / STOP).touch()


@contextmanager
def interruptions(folder: Path) -> Iterator[Callable[[], bool]]:
    """Turn the first Ctrl-C (or SIGTERM) into a flag that the loop looks at; a second one stops at once.

    A file `STOP` in the run's folder raises the flag as well. It is removed at the start, when nobody can mean this
    training by it, and at the end.
    """
    asked = threading.Event()
    request, looked = folder / STOP, time.monotonic()
    request.unlink(missing_ok=True)

    def interrupted() -> bool:
        nonlocal looked
        if time.monotonic() - looked >= LOOKING_SECONDS:
            looked = time.monotonic()
            if request.exists():
                asked.set()
        return asked.is_set()

    try:
        with _signals_noted(asked):
            yield interrupted
    finally:
        request.unlink(missing_ok=True)


@contextmanager
def _signals_noted(asked: threading.Event) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # signals go to the main thread only
        return

    def note(number: int, frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
