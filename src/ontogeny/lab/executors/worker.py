"""What every worker does, wherever it is: its share of threads, and what went wrong told as plain data."""

import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from ontogeny.errors import Interrupted, OntogenyError
from ontogeny.lab.executors.contract import Task
from ontogeny.lab.notices import Notify

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")

Reason = tuple[str, int]
"""Why a task failed: the message, and the exit code it stands for."""


def attempt(task: Task, threads: int, notify: Notify) -> Reason | None:
    """Carry out a task with so many torch threads; None if it went well. Being stopped is passed on as it is."""
    try:
        with torch_threads(threads):
            task.function(*task.arguments, notify=notify)
    except Interrupted:
        raise
    except OntogenyError as error:
        return str(error), error.exit_code
    except Exception:
        return f"an error in the program itself:\n{traceback.format_exc()}", 1
    return None


def failure(reason: Reason | None) -> OntogenyError | None:
    """The error that a worker told of."""
    if reason is None:
        return None
    error = OntogenyError(reason[0])
    error.exit_code = reason[1]
    return error


@contextmanager
def torch_threads(threads: int) -> Iterator[None]:
    """Let torch use so many threads while the block runs: what runs around it may have set another number."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def thread_variables(threads: int) -> dict[str, str]:
    """What numerical libraries read from the environment when they are first imported."""
    return dict.fromkeys(_THREAD_VARIABLES, str(threads))


@contextmanager
def environment_of_workers(threads: int) -> Iterator[None]:
    """Set the thread variables while the block starts processes, which inherit them."""
    before = {name: os.environ.get(name) for name in _THREAD_VARIABLES}
    os.environ.update(thread_variables(threads))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
