"""The local executor: independent tasks on this machine's cores, one spawned process a task.

Torch threads are pinned to cores // workers: processes that share cores through thread barriers slow one another
several-fold. One worker means this process, with all cores for it.
"""

import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

from ontogeny.errors import Interrupted, OntogenyError, UsageError
from ontogeny.lab.environment import available_cores
from ontogeny.lab.notices import Notice, Notify, quiet

STOPPING_SECONDS = 60.0
"""How long a worker may take to write its checkpoint after Ctrl-C."""

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


@dataclass(frozen=True)
class Task:
    """A call of a module-level function with picklable arguments; `notify` is passed by keyword.

    What a task makes it writes to the store; its return value is dropped, so that no result lives in memory only.
    """

    label: str
    function: Callable[..., None]
    arguments: tuple[Any, ...]


def choose_workers(tasks: int, cores: int | None = None) -> int:
    """One worker a task, at most one a core."""
    return max(1, min(tasks, cores or available_cores()))


def run_tasks(
    tasks: Sequence[Task],
    *,
    workers: int | None = None,
    notify: Notify = quiet,
    finished: Callable[[Task], None] = lambda task: None,
) -> None:
    """Carry out all tasks, calling `finished` in this process after each; one that fails does not stop the others.

    Raises `OntogenyError` naming every task that failed. On Ctrl-C the workers write their checkpoints first.
    """
    if not tasks:
        return
    count = choose_workers(len(tasks)) if workers is None else workers
    if count < 1:
        raise UsageError(f"workers: expected 1 or more, given {count}")
    count = min(count, len(tasks))
    threads = max(1, available_cores() // count)
    if count == 1:
        failures = _run_here(tasks, threads, notify, finished)
    else:
        failures = _run_spawned(tasks, count, threads, notify, finished)
    if len(failures) == 1 and len(tasks) == 1:
        raise failures[0][1]
    if failures:
        told = "\n".join(f"  {label}: {error}" for label, error in failures)
        summary = OntogenyError(f"{len(failures)} of {len(tasks)} failed; what finished is kept:\n{told}")
        summary.exit_code = max(error.exit_code for _, error in failures)
        raise summary


Failures = list[tuple[str, OntogenyError]]


def _run_here(tasks: Sequence[Task], threads: int, notify: Notify, finished: Callable[[Task], None]) -> Failures:
    failures: Failures = []
    with _torch_threads(threads):
        for task in tasks:
            try:
                task.function(*task.arguments, notify=notify)
            except Interrupted:
                raise
            except OntogenyError as error:
                failures.append((task.label, error))
            else:
                finished(task)
    return failures


@contextmanager
def _torch_threads(threads: int) -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@dataclass
class _Worker:
    task: Task
    process: Any
    messages: Connection
    failure: OntogenyError | None = None
    ended: bool = False

    def receive(self, notify: Notify) -> None:
        """Take one message; the end of the pipe means that the process has ended."""
        try:
            kind, content = self.messages.recv()
        except EOFError:
            self._end()
            return
        if kind == "notice":
            notify(content)
        elif kind == "failed":
            text, exit_code = content
            self.failure = OntogenyError(text)
            self.failure.exit_code = exit_code

    def _end(self) -> None:
        self.process.join()
        self.ended = True
        code = self.process.exitcode
        if self.failure is None and code != 0:
            reason = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
            hint = " (often too little memory: try fewer --workers)" if code == -signal.SIGKILL else ""
            self.failure = OntogenyError(f"its process {reason}{hint}; run the same command again to go on")


def _run_spawned(
    tasks: Sequence[Task], count: int, threads: int, notify: Notify, finished: Callable[[Task], None]
) -> Failures:
    waiting = list(tasks)
    running: list[_Worker] = []
    failures: Failures = []
    try:
        while waiting or running:
            while waiting and len(running) < count:
                running.append(_start(waiting.pop(0), threads))
            ready = wait([worker.messages for worker in running])
            for worker in running:
                if worker.messages in ready:
                    worker.receive(notify)
            for worker in [worker for worker in running if worker.ended]:
                running.remove(worker)
                if worker.failure is None:
                    finished(worker.task)
                else:
                    failures.append((worker.task.label, worker.failure))
    finally:
        _stop(running)
    return failures


def _stop(running: Sequence[_Worker]) -> None:
    """Ask the workers to stop as Ctrl-C would, let them write their checkpoints, then insist."""
    for worker in running:
        if worker.process.is_alive():
            os.kill(worker.process.pid, signal.SIGINT)
    for worker in running:
        worker.messages.close()
        worker.process.join(STOPPING_SECONDS)
        if worker.process.is_alive():
            worker.process.terminate()
            worker.process.join()


def _start(task: Task, threads: int) -> _Worker:
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(task, threads, sending), name=task.label, daemon=True)
    with _thread_variables(threads), _interrupts_ignored():
        process.start()
    sending.close()
    return _Worker(task, process, receiving)


@contextmanager
def _thread_variables(threads: int) -> Iterator[None]:
    """Set what numerical libraries read when they are first imported; a spawned process inherits it."""
    before = {name: os.environ.get(name) for name in _THREAD_VARIABLES}
    os.environ.update({name: str(threads) for name in _THREAD_VARIABLES})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """A process started inside ignores Ctrl-C until it is ready to stop cleanly (signals are set from main only)."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _work(task: Task, threads: int, messages: Connection) -> None:
    """The life of a worker process."""
    # In a group of its own, so that Ctrl-C reaches the worker once, from the parent, and not from the terminal too.
    os.setpgrp()
    signal.signal(signal.SIGINT, signal.default_int_handler)

    def notify(notice: Notice) -> None:
        messages.send(("notice", notice))

    try:
        with _torch_threads(threads):
            task.function(*task.arguments, notify=notify)
    except (KeyboardInterrupt, Interrupted, BrokenPipeError):
        # The parent stopped or is gone; what was done so far is in the store.
        os._exit(1)
    except OntogenyError as error:
        messages.send(("failed", (str(error), error.exit_code)))
    except Exception:
        messages.send(("failed", (f"an error in the program itself:\n{traceback.format_exc()}", 1)))
