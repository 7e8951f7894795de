"""Tasks in a Slurm queue, through submitit: one job array, one job a task, queued again when its time is up.

submitit keeps its files (jobs as it sends them, logs) in a folder of the store; they are read by the jobs alone.
"""

import time
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

from ontogeny.errors import OntogenyError, UsageError
from ontogeny.lab.executors.contract import Outcome, Task
from ontogeny.lab.executors.local import check_workers
from ontogeny.lab.executors.worker import Reason, attempt, environment_of_workers, failure
from ontogeny.lab.notices import Notice, Notify, quiet
from ontogeny.lazy import optional

FOLDER = ".slurm"
POLL_SECONDS = 1.0
_ANYWHERE = ("timeout_min", "mem_gb", "cpus_per_task", "gpus_per_node", "stderr_to_stdout")
"""Options that submitit knows for every cluster; any other is Slurm's own and gets its prefix."""


class SlurmExecutor:
    """One job array, at most `workers` of its jobs at a time (default: as many as Slurm lets run).

    `options` are submitit's: timeout_min, mem_gb, cpus_per_task, gpus_per_node, or Slurm's own: partition, account,
    qos, constraint, additional_parameters. `cluster="local"` carries the same jobs out as processes of this machine.
    """

    def __init__(
        self,
        store: Path,
        workers: int | None = None,
        *,
        cluster: str = "slurm",
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self._folder = store.absolute() / FOLDER
        self._workers, self._cluster = check_workers(workers), cluster
        self._options = {"timeout_min": 240, "cpus_per_task": 1} | dict(options or {})
        cores = self._options["cpus_per_task"]
        if type(cores) is not int or cores < 1:
            raise UsageError(f"--slurm cpus_per_task: expected a whole number from 1, given {cores!r}")
        self._waiting: list[Task] = []
        self._jobs: dict[Any, Task] = {}

    def submit(self, task: Task) -> None:
        self._waiting.append(task)

    def as_completed(self, notify: Notify) -> Generator[Outcome]:
        if not self._waiting:
            return
        try:
            self._send()
            states: dict[str, str] = {}
            while self._jobs:
                for job in [job for job in self._jobs if job.done()]:
                    yield Outcome(self._jobs.pop(job), _failure(job))
                for job, task in self._jobs.items():
                    if (state := job.state.lower()) != states.get(task.label):
                        states[task.label] = state
                        notify(Notice(task.label, f"{state} as job {job.job_id}"))
                if self._jobs:
                    time.sleep(POLL_SECONDS)
        finally:
            self.cancel()

    def cancel(self) -> None:
        """Cancel the jobs: Slurm sends SIGTERM first, on which a training stores where it is."""
        self._waiting.clear()
        for job in self._jobs:
            job.cancel(check=False)
        self._jobs.clear()

    def _send(self) -> None:
        """Submit all that waits as one array."""
        core = optional("submitit.core.utils", "slurm")
        threads = self._options["cpus_per_task"]
        sender = self._sender(len(self._waiting))
        try:
            with environment_of_workers(threads), sender.batch():
                self._jobs = {sender.submit(_Work(task, threads)): task for task in self._waiting}
        except (core.FailedJobError, core.FailedSubmissionError, RuntimeError, ValueError) as error:
            self._jobs = {}  # none of them has been queued
            told = " ".join(str(error).split())
            raise UsageError(f"Slurm did not take the jobs: {told}; look at the options given by --slurm") from None
        self._waiting.clear()

    def _sender(self, tasks: int) -> Any:
        submitit = optional("submitit", "slurm")
        given = {name if name in _ANYWHERE else f"slurm_{name}": value for name, value in self._options.items()}
        at_a_time = {"slurm_array_parallelism": min(tasks, self._workers or tasks)}
        try:
            sender = submitit.AutoExecutor(self._folder, cluster=self._cluster, slurm_max_num_timeout=100)
            sender.update_parameters(name="ontogeny", **at_a_time, **given)
        except (RuntimeError, TypeError, ValueError, NameError, AssertionError) as error:
            raise UsageError(f"Slurm cannot be used as asked: {error}") from None
        return sender


class _Work:
    """What a job carries out. `checkpoint` is what submitit asks for when the job's time is up: the same once more."""

    def __init__(self, task: Task, threads: int) -> None:
        self._task, self._threads = task, threads

    def __call__(self) -> Reason | None:
        return attempt(self._task, self._threads, quiet)

    def checkpoint(self) -> Any:
        return optional("submitit.helpers", "slurm").DelayedSubmission(self)


def _failure(job: Any) -> OntogenyError | None:
    """What went wrong in a job that has ended, with the place of its log."""
    core = optional("submitit.core.utils", "slurm")
    try:
        return failure(job.result())
    except (core.FailedJobError, core.UncompletedJobError, core.FailedSubmissionError) as error:
        last = str(error).strip().splitlines()[-1]
        return OntogenyError(
            f"job {job.job_id} ended without a result ({last}); its log is {job.paths.stderr}; "
            "run the same command again to go on"
        )
