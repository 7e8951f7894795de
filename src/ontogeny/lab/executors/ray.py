"""Tasks on a Ray cluster: one that is there already, or one started on this machine for as long as tasks run.

Ray sees a worker die and sends its task to another one, which goes on from what the first left in the store. Usage
statistics are off.
"""

import os
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ontogeny.errors import Interrupted, OntogenyError, UsageError
from ontogeny.lab.environment import available_cores
from ontogeny.lab.executors.contract import STOPPING_SECONDS, Outcome, Task
from ontogeny.lab.executors.local import check_workers
from ontogeny.lab.executors.worker import Reason, attempt, failure, thread_variables
from ontogeny.lab.notices import Notice, Notify
from ontogeny.lazy import optional

RETRIES = 3
"""How often a task is sent to another worker after its own was lost."""
POLL_SECONDS = 0.5
NOTICE_SECONDS = 1.0
"""A worker tells of the same phase at most this often: a thousand workers share one board."""
_OBJECT_STORE_BYTES = 2**27  # tasks return almost nothing: results are in the run store


class RayExecutor:
    """Tasks of Ray Core, `workers` at a time (default: as many as the cluster has cores, or GPUs if it has any).

    A worker gets an equal share of the cores, on one node, and a whole GPU where there are any. On one machine that is
    the share that the local executor gives to as many workers, so that results are equal to the bit.
    """

    def __init__(self, workers: int | None = None, *, address: str | None = None) -> None:
        self._workers, self._address = check_workers(workers), address
        self._waiting: list[Task] = []
        self._running: dict[Any, Task] = {}

    def submit(self, task: Task) -> None:
        self._waiting.append(task)

    def as_completed(self, notify: Notify) -> Generator[Outcome]:
        if not self._waiting:
            return
        with _cluster(self._address, self._workers) as ray:
            share = _share(
                [node["Resources"] for node in ray.nodes() if node["Alive"]], len(self._waiting), self._workers
            )
            board = ray.remote(_Board).options(num_cpus=0).remote()
            worker = ray.remote(_work).options(
                num_cpus=share.threads,
                num_gpus=share.gpus,
                max_retries=RETRIES,
                retry_exceptions=[Interrupted],  # its node asked it to stop; a task that we cancel is not retried
                runtime_env={"env_vars": thread_variables(share.threads)},
            )
            try:
                while self._waiting or self._running:
                    while self._waiting and len(self._running) < share.workers:
                        task = self._waiting.pop(0)
                        self._running[worker.remote(task, share.threads, board)] = task
                    ready, _ = ray.wait(list(self._running), timeout=POLL_SECONDS)
                    for notice in ray.get(board.take.remote()):
                        notify(notice)
                    for reference in ready:
                        yield Outcome(self._running.pop(reference), _failure(ray, reference))
            finally:
                self.cancel()

    def cancel(self) -> None:
        """Interrupt the workers as Ctrl-C would, let them write their checkpoints, then insist."""
        self._waiting.clear()
        if not self._running:
            return
        ray = optional("ray", "ray")
        references = list(self._running)
        for reference in references:
            ray.cancel(reference, force=False)
        _, late = ray.wait(references, num_returns=len(references), timeout=STOPPING_SECONDS)
        for reference in late:
            ray.cancel(reference, force=True)
        self._running.clear()


@dataclass(frozen=True)
class _Share:
    workers: int
    threads: int
    gpus: int


def _share(nodes: list[dict[str, float]], tasks: int, workers: int | None) -> _Share:
    """How many workers at a time, and what each gets of the nodes' resources."""
    cores = [int(node["CPU"]) for node in nodes if node.get("CPU", 0) >= 1]
    if not cores:
        raise UsageError("the Ray cluster has no node with a CPU to work on; add one with `ray start`")
    gpus = int(sum(node.get("GPU", 0) for node in nodes))
    count = min(tasks, workers or gpus or sum(cores))
    return _Share(count, max(1, min(*cores, sum(cores) // count)), 1 if gpus else 0)


@contextmanager
def _cluster(address: str | None, workers: int | None) -> Iterator[Any]:
    """Ray, connected to the cluster at `address`, or to one of this machine that ends with the block."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    ray = optional("ray", "ray")
    if ray.is_initialized():
        yield ray  # the program around us has a cluster and keeps it
        return
    quietly = {"log_to_driver": False, "logging_level": "error"}
    try:
        if address:
            ray.init(address, **quietly)
        else:
            cores = max(available_cores(), workers or 0)
            # "local": a cluster named in the environment is joined only when asked for.
            ray.init(
                "local", num_cpus=cores, include_dashboard=False, object_store_memory=_OBJECT_STORE_BYTES, **quietly
            )
    except (ConnectionError, ValueError, RuntimeError) as error:
        place = f"the Ray cluster at {address}" if address else "a Ray cluster on this machine"
        raise OntogenyError(f"{place} cannot be used: {error}") from None
    try:
        yield ray
    finally:
        ray.shutdown()


class _Board:
    """An actor: all remarks, and the newest other notice of each task, since they were last taken."""

    def __init__(self) -> None:
        self._newest: dict[tuple[str, str], Notice] = {}

    def put(self, notice: Notice) -> None:
        self._newest[notice.task, notice.remark] = notice

    def take(self) -> list[Notice]:
        taken, self._newest = list(self._newest.values()), {}
        return taken


def _work(task: Task, threads: int, board: Any) -> Reason | None:
    """What runs on a Ray worker."""
    ray, told = optional("ray", "ray"), ("", 0.0)

    def notify(notice: Notice) -> None:
        nonlocal told
        now = time.monotonic()
        if notice.remark or notice.phase != told[0] or now - told[1] >= NOTICE_SECONDS:
            told = (notice.phase, now)
            ray.get(board.put.remote(notice))  # there before the task ends, or nobody takes it

    return attempt(task, threads, notify)


def _failure(ray: Any, reference: Any) -> OntogenyError | None:
    try:
        return failure(ray.get(reference))
    except ray.exceptions.RayTaskError as error:
        last = str(error).strip().splitlines()[-1]
        return OntogenyError(
            f"its worker could not begin, or was stopped ({last}); run the same command again to go on"
        )
    except ray.exceptions.RayError as error:
        first = str(error).strip().splitlines()[0]
        return OntogenyError(
            f"its worker was lost {RETRIES + 1} times ({first}); often too little memory: try fewer --workers; "
            "run the same command again to go on"
        )
