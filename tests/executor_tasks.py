"""Tasks for the executor's tests; worker processes import them by name."""

import os
import signal
import time
from pathlib import Path

from ontogeny.errors import OntogenyError, UsageError, naming_system_errors
from ontogeny.lab.notices import Notice


def write_facts(path: Path, *, notify) -> None:
    import torch

    notify(Notice(path.name, "writing", 1, 1))
    path.write_text(f"{os.getpid()} {torch.get_num_threads()} {os.environ.get('OMP_NUM_THREADS')}")


def complain(usage: bool, *, notify) -> None:
    raise (UsageError if usage else OntogenyError)("it does not fit")


def stumble(*, notify) -> None:
    raise ZeroDivisionError("a bug")


def vanish(*, notify) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def wait_until_stopped(path: Path, *, notify) -> None:
    """Waits for Ctrl-C, then takes a moment to write what a training would."""
    (path / f"{os.getpid()}.started").touch()
    try:
        time.sleep(120)
    except KeyboardInterrupt:
        time.sleep(0.3)
        (path / f"{os.getpid()}.stored").touch()
        raise


def run_and_wait(folder: Path) -> None:
    """A whole program that runs two tasks: what a terminal would start."""
    from ontogeny.lab.executor import Task, run_tasks

    try:
        run_tasks([Task(str(number), wait_until_stopped, (folder,)) for number in range(2)], workers=2)
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def fill_memory(*, notify) -> None:
    import torch

    with naming_system_errors():
        torch.empty(2**50)
