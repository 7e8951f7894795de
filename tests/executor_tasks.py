"""Tasks for the executor's tests; worker processes import them by name."""

import os
import resource
import signal
import time
from pathlib import Path

from ontogeny.errors import OntogenyError, UsageError, naming_system_errors
from ontogeny.lab.notices import Notice


def write_facts(path: Path, *, notify) -> None:
    import torch

    notify(Notice(path.name, "writing", 1, 1))
    path.write_text(f"{os.getpid()} {torch.get_num_threads()} {os.environ.get('OMP_NUM_THREADS')}")


def write_gpus(path: Path, *, notify) -> None:
    path.write_text(os.environ.get("CUDA_VISIBLE_DEVICES", ""))
    deadline = time.monotonic() + 30
    while len(list(path.parent.iterdir())) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)  # at the same time as the other, so that they cannot share


def train_dying_once(store: Path, dies: bool, seed: int = 0, *, notify) -> None:
    """Train the toy model; where asked to, die once in the middle, as by the hand of the system."""
    import toy_study
    from ontogeny.lab.lab import Lab
    from ontogeny.training import Spacing, Training

    def evaluate(model, step: int) -> dict[str, float]:
        if dies and step == 6 and not (store / "died").exists():
            (store / "died").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return {}

    settings = toy_study.Settings()
    training = Training(steps=10, batch=4, checkpoints=Spacing(every=2))
    Lab(store, notify=notify).train("toy", settings.model, settings.world, training, seed, evaluate=evaluate)


def train_until_a_host_is_lost(store: Path, seed: int, *, notify) -> None:
    """Train the toy model; in the middle tell in which network namespace, and wait until a host was taken away."""
    import toy_study
    from ontogeny.lab.lab import Lab
    from ontogeny.training import Spacing, Training

    def evaluate(model, step: int) -> dict[str, float]:
        if step == 6:
            (store / f"reached.{os.stat('/proc/self/ns/net').st_ino}").touch()
            deadline = time.monotonic() + 120
            while not (store / "lost").exists() and time.monotonic() < deadline:
                time.sleep(0.1)
        return {}

    settings = toy_study.Settings()
    training = Training(steps=10, batch=4, checkpoints=Spacing(every=2))
    Lab(store, notify=notify).train("toy", settings.model, settings.world, training, seed, evaluate=evaluate)


def finish_when_queued_again(folder: Path, *, notify) -> None:
    """Takes for ever the first time; each beginning leaves a file named after the process."""
    before = list(folder.glob("*.begun"))
    (folder / f"{os.getpid()}.begun").touch()
    time.sleep(0 if before else 120)


def complain(usage: bool, *, notify) -> None:
    raise (UsageError if usage else OntogenyError)("it does not fit")


def stumble(*, notify) -> None:
    raise ZeroDivisionError("a bug")


def vanish(*, notify) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def wait_until_stopped(path: Path, *, notify) -> None:
    """Waits for Ctrl-C, then takes a moment to write what a training would."""
    try:
        (path / f"{os.getpid()}.started").touch()
        notify(Notice("waiting", f"in {os.getpid()}"))  # whoever hears this may stop us before we are back
        for _ in range(1200):  # not all executors can wake up who sleeps
            time.sleep(0.1)
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


def fill_allowed_memory(*, notify) -> None:
    """Take more and more, up to a limit that the system keeps, as a container's would be."""
    with open("/proc/self/statm") as file:
        size = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + 2**28, resource.RLIM_INFINITY))
    with naming_system_errors():
        taken = []
        while True:
            taken.append(bytearray(2**24))


def weights(store: Path) -> dict[str, bytes]:
    """All checkpoints of a store, to be compared byte by byte."""
    return {path.relative_to(store).as_posix(): path.read_bytes() for path in store.rglob("*.safetensors")}
