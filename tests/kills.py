"""Kill a study at random moments, again and again, and hold what it ends with against the undisturbed one.

A process that has done it all once forks a child for each attempt, so that a kill costs no second start of Python.
The moments are of two kinds: after a random time, and at a random operation on a file of the store.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import toy_study  # its world can be read from a store once it is imported

HERE = Path(__file__).parent
SEEDS, ARMS = 2, ("main", "wide")
OVERRIDES = ("training.steps=40", "training.checkpoints.every=8")
OPERATIONS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree", "sqlite3.connect"}
"""Python's audit events for what is done to files."""
DETERMINED = ("loss", "learning_rate", "gradient_norm")
"""Metrics that follow from the run; the others are times and rates."""


def life(store: Path, watch: Callable[[str, tuple[Any, ...]], None] | None = None) -> None:
    """Train, measure, report and index, as far as that is not done; `watch` sees Python's audit events."""
    import torch

    from ontogeny.atlas import write_report
    from ontogeny.lab.catalogue import catalogue
    from ontogeny.lab.study_run import run_study

    torch.set_num_threads(1)
    if watch:
        sys.addaudithook(watch)
    study = toy_study.study
    evidence = run_study(study, store, preset="smoke", seeds=range(SEEDS), arms=ARMS, overrides=OVERRIDES, workers=1)
    write_report(store / study.id / f"report-{evidence.preset}.html", study, evidence, study.judge(evidence).rows)
    catalogue(store)


def watched_life(store: Path, fatal: int) -> int:
    """A life that kills itself at operation number `fatal` on a file, if that is not 0; how many there were."""
    count = 0

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        if event in OPERATIONS and str(arguments[0]).startswith(str(store)):
            count += 1
            if count == fatal:
                os.kill(os.getpid(), signal.SIGKILL)

    life(store, watch)
    return count


def serve() -> None:
    """Carry out one life a line of standard input (store, tab, fatal), each in a child; tell its pid, then its end."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # one thread: a pool of threads does not survive a fork
    with tempfile.TemporaryDirectory() as folder:
        life(Path(folder) / "runs")  # so that all that is imported on first use is there before the first fork

    print("ready", flush=True)
    for line in sys.stdin:
        store, fatal = line.rstrip("\n").split("\t")
        child = os.fork()
        if child == 0:
            count = watched_life(Path(store), int(fatal))
            Path(f"{store}.count").write_text(str(count))
            os._exit(0)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


class Server:
    """The process that forks."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def tell(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def attempt(self, store: Path, *, fatal: int = 0, seconds: float | None = None) -> int:
        """One life; its exit code: 0, or -9 where it was killed."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{store}\t{fatal}\n")
        self.process.stdin.flush()
        child = int(self.tell())
        if seconds is not None:
            time.sleep(seconds)
            with suppress(ProcessLookupError):  # it may have come to its end first
                os.kill(child, signal.SIGKILL)
        return int(self.tell())


@contextmanager
def server() -> Iterator[Server]:
    search = os.pathsep.join(str(path) for path in (HERE, HERE.parent / "src"))
    environment = {**os.environ, "PYTHONPATH": search, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        started = Server(process)
        assert started.tell() == "ready"
        yield started
        process.communicate()


@dataclass
class Outcome:
    """What a campaign came to; every difference from the undisturbed run is an AssertionError instead."""

    kills: int = 0
    by_moment: Counter[str] = field(default_factory=Counter)
    by_phase: Counter[str] = field(default_factory=Counter)
    stores_completed: int = 0
    files_verified_after_kills: int = 0

    def plain(self) -> dict[str, Any]:
        return {name: dict(value) if isinstance(value, Counter) else value for name, value in vars(self).items()}


def campaign(folder: Path, kills: int, seed: int) -> Outcome:
    """Kill so many times; each time a store is completed, hold it against the undisturbed one and begin another."""
    chosen, outcome = random.Random(seed), Outcome()
    with server() as started:
        start = time.monotonic()
        assert started.attempt(folder / "whole") == 0
        seconds = time.monotonic() - start
        operations = int(Path(f"{folder / 'whole'}.count").read_text())
        expected = bits(folder / "whole")
        while outcome.kills < kills:
            store = folder / f"cut{outcome.stores_completed}"
            while outcome.kills < kills:
                if chosen.random() < 0.5:
                    moment, asked = "at a file operation", {"fatal": chosen.randint(1, operations // 3)}
                else:
                    moment, asked = "after a time", {"seconds": chosen.uniform(0, seconds / 2)}
                if started.attempt(store, **asked) == 0:  # type: ignore[arg-type]
                    break
                outcome.kills += 1
                outcome.by_moment[moment] += 1
                outcome.by_phase[phase(store)] += 1
                outcome.files_verified_after_kills += checked(store)
            assert started.attempt(store) == 0
            assert checked(store, finished=True)
            assert bits(store) == expected, f"{store} does not end with the bits of the undisturbed run"
            outcome.stores_completed += 1
    return outcome


def checked(store: Path, *, finished: bool = False) -> int:
    """How many files were verified. A kill may leave evidence half gathered, which nothing takes for whole."""
    from ontogeny.lab.verification import verify

    if not store.is_dir():
        return 0
    found = verify(store)
    wrong = [problem for problem in found.problems if finished or problem.again != "rebuild"]
    assert not wrong, wrong
    assert not found.unknown, found.unknown
    return found.checked


def phase(store: Path) -> str:
    """What had last been reached."""
    from ontogeny.lab.store import run_folders, status

    states = [status(folder) for folder in run_folders(store)] if store.is_dir() else []
    if any(state == "unfinished" for state in states) or not states:
        return "training"
    seeds = [path for path in (store / "toy_study" / "seeds").glob("*") if not path.name.startswith(".")]
    if len(seeds) < len(states):
        return "measuring"
    if len(seeds) < SEEDS * len(ARMS):
        return "gathering"
    return "reporting" if not any(store.glob("*/report-*.html")) else "indexing"


def bits(store: Path) -> dict[str, Any]:
    """All that follows from what was asked: weights, metrics, measurements, evidence, the catalogue; no times."""
    from ontogeny.lab.catalogue import catalogue
    from ontogeny.training import Trajectory

    found: dict[str, Any] = {"catalogue": catalogue(store)}
    for row in found["catalogue"]:
        rows = Trajectory(store / row.path).metrics().to_pylist()
        found[f"{row.path}/metrics"] = [
            (row["step"], row["name"], row["value"]) for row in rows if row["name"] in DETERMINED
        ]
    for pattern in (
        "checkpoints/*",
        "measurements/*",
        "seeds/*/quantities.csv",
        "evidence/*/quantities.csv",
        "tables/*",
    ):
        for path in store.rglob(pattern):
            name = path.relative_to(store)
            unfinished = any(part.startswith(".") for part in name.parts)  # a killed writer's; nobody reads it
            if path.is_file() and not unfinished:
                found[name.as_posix()] = path.read_bytes()
    return found


if __name__ == "__main__":
    serve()
