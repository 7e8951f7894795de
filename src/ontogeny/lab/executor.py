"""Carrying out many tasks on one executor: what fails is named, and does not stop the rest."""

from collections.abc import Callable, Sequence
from contextlib import closing

from ontogeny.errors import OntogenyError
from ontogeny.lab.executors.contract import Executor, Task
from ontogeny.lab.executors.local import LocalExecutor
from ontogeny.lab.notices import Notify, quiet

__all__ = ["Executor", "Task", "run_tasks"]


def run_tasks(
    tasks: Sequence[Task],
    *,
    executor: Executor | None = None,
    workers: int | None = None,
    notify: Notify = quiet,
    finished: Callable[[Task], None] = lambda task: None,
) -> None:
    """Carry out all tasks, calling `finished` in this process after each; one that fails does not stop the others.

    Without an `executor` they run on this machine, `workers` at a time. Raises `OntogenyError` naming every task that
    failed. On Ctrl-C the workers write their checkpoints first.
    """
    executor = executor or LocalExecutor(workers)
    for task in tasks:
        executor.submit(task)
    failures = []
    with closing(executor.as_completed(notify)) as outcomes:
        for outcome in outcomes:
            if outcome.failure is None:
                finished(outcome.task)
            else:
                failures.append((outcome.task.label, outcome.failure))
    if len(failures) == 1 and len(tasks) == 1:
        raise failures[0][1]
    if failures:
        told = "\n".join(f"  {label}: {error}" for label, error in failures)
        summary = OntogenyError(f"{len(failures)} of {len(tasks)} failed; what finished is kept:\n{told}")
        summary.exit_code = max(error.exit_code for _, error in failures)
        raise summary
