"""The local executor: independent tasks on this machine's cores, one process a task.

Processes are forked from a server that has imported torch and done nothing else: a task starts within milliseconds.

Torch threads are pinned to cores // workers: processes that share cores through thread barriers slow one another
several-fold. One worker means this process, with all cores for it.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

from ontogeny.errors import Interrupted, OntogenyError, UsageError
from ontogeny.lab.environment import available_cores
from ontogeny.lab.executors.contract import STOPPING_SECONDS, Outcome, Task
from ontogeny.lab.executors.worker import attempt, environment_of_workers, failure, torch_threads
from ontogeny.lab.notices import Notice, Notify

_IMPORTED = ["torch", "numba", "pyarrow", "ontogeny.lab.study_run", "ontogeny.training.loop"]
"""What takes seconds to import and starts no thread."""


def choose_workers(tasks: int, cores: int | None = None) -> int:
    """One worker a task, at most one a core."""
    return max(1, min(tasks, cores or available_cores()))


def check_workers(workers: int | None) -> int | None:
    """The number of workers as given, if there can be so many."""
    if workers is not None and workers < 1:
        raise UsageError(f"workers: expected 1 or more, given {workers}")
    return workers


class LocalExecutor:
    """Processes of this machine, `workers` at a time (default: one a task, at most one a core)."""

    def __init__(self, workers: int | None = None) -> None:
        self._workers = check_workers(workers)
        self._waiting: list[Task] = []
        self._running: list[_Worker] = []

    def submit(self, task: Task) -> None:
        self._waiting.append(task)

    def as_completed(self, notify: Notify) -> Generator[Outcome]:
        tasks = len(self._waiting)
        count = min(tasks, self._workers or choose_workers(tasks))
        threads = max(1, available_cores() // max(1, count))
        try:
            yield from self._here(threads, notify) if count == 1 else self._elsewhere(count, threads, notify)
        finally:
            self.cancel()

    def cancel(self) -> None:
        """Ask the workers to stop as Ctrl-C would, let them write their checkpoints, then insist."""
        self._waiting.clear()
        for worker in self._running:
            if worker.process.is_alive():
                os.kill(worker.process.pid, signal.SIGINT)
        for worker in self._running:
            worker.messages.close()
            worker.process.join(STOPPING_SECONDS)
            if worker.process.is_alive():
                worker.process.terminate()
                worker.process.join()
        self._running.clear()

    def _here(self, threads: int, notify: Notify) -> Generator[Outcome]:
        """In this process: errors keep their type, and bugs their traceback."""
        while self._waiting:
            task = self._waiting.pop(0)
            problem = None
            try:
                with torch_threads(threads):
                    task.function(*task.arguments, notify=notify)
            except Interrupted:
                raise
            except OntogenyError as error:
                problem = error
            yield Outcome(task, problem)

    def _elsewhere(self, count: int, threads: int, notify: Notify) -> Generator[Outcome]:
        while self._waiting or self._running:
            while self._waiting and len(self._running) < count:
                self._running.append(_start(self._waiting.pop(0), threads))
            ready = wait([worker.messages for worker in self._running])
            for worker in self._running:
                if worker.messages in ready:
                    worker.receive(notify)
            ended = [worker for worker in self._running if worker.ended]
            self._running = [worker for worker in self._running if not worker.ended]
            for worker in ended:
                yield Outcome(worker.task, worker.failure)


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
            self.failure = failure(content)

    def _end(self) -> None:
        self.process.join()
        self.ended = True
        code = self.process.exitcode
        if self.failure is None and code != 0:
            reason = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
            hint = " (often too little memory: try fewer --workers)" if code == -signal.SIGKILL else ""
            self.failure = OntogenyError(f"its process {reason}{hint}; run the same command again to go on")


def _start(task: Task, threads: int) -> _Worker:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_IMPORTED)
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(task, threads, sending), name=task.label, daemon=True)
    with environment_of_workers(threads), _interrupts_ignored():
        process.start()
    sending.close()
    return _Worker(task, process, receiving)


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
        try:
            messages.send(("notice", notice))
        except BrokenPipeError:
            raise Interrupted("nobody waits for this task any more") from None

    try:
        reason = attempt(task, threads, notify)
    except (KeyboardInterrupt, Interrupted):
        # The parent stopped or is gone; what was done so far is in the store.
        os._exit(1)
    if reason is not None:
        messages.send(("failed", reason))
