"""What many trainings cost: tasks by executor, workers by cores, and what saturates first on the way to 1,000.

A task's cost is the slope between a few and many empty tasks, so that starting the engine is not counted: of the
submitting process' own time, which all workers share, and as they see it, with two of them. Strong scaling: the same
trainings on one core and on all; weak: as many trainings as cores. A worker has one core and one thread throughout; a
single worker is this process, others start one each. What the machine itself gives is shown by matrix products. A part
that all workers share must spend less on a task than a thousandth of the task's own length, or it keeps 1,000 waiting.
"""

import os
import statistics
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, ClassVar

import torch
from frame import Row, Rows, failed, main, row, seconds

from ontogeny.claims import Above, Claim, Quantity
from ontogeny.configuration import configuration
from ontogeny.files import write_atomic
from ontogeny.lab import environment
from ontogeny.lab.catalogue import catalogue
from ontogeny.lab.executor import Task, run_tasks
from ontogeny.lab.executors import choose
from ontogeny.lab.gathering import save_gathered
from ontogeny.lab.plans import plan_study
from ontogeny.lab.results import SeedResult
from ontogeny.lab.seeds import train_one
from ontogeny.lab.study_run import REST, measure_cell
from ontogeny.models import Transformer
from ontogeny.plain import dump_yaml
from ontogeny.seals import seal_text
from ontogeny.training import Run, Spacing, Training
from ontogeny.worlds import Karel

WORKERS = 1_000
TASK_SECONDS = 600
"""How long one task of a large study takes: a middling training."""
EFFICIENCY = 0.8
"""The least share of the cores that may come to use."""
EXECUTORS = ("local", "ray", "slurm")
PRODUCT_SECONDS = 3.0


@configuration
class Nothing:
    """The settings of a study that measures nothing."""


class Empty:
    """The least that the lab takes for a study: one quantity a seed, no training."""

    id = "empty"
    settings: ClassVar = {"smoke": Nothing()}
    arms: ClassVar = {"main": ()}
    claims = (Claim(id="c", statement="s", source="s", quantity="q", criterion=Above(threshold=0), presets=("smoke",)),)

    @staticmethod
    def measure(lab: Any, settings: Any, arm: str, seed: int) -> SeedResult:
        return SeedResult([Quantity("q", float(seed)), Quantity("q", 0.0, "sham")])


def nothing(*, notify: Any) -> None:
    """An empty task."""


@dataclass(frozen=True)
class Spent:
    """Seconds on the clock, and of this process' own work."""

    clock: float
    own: float


def spent_on(name: str, tasks: int) -> Spent:
    """What so many empty tasks take with two workers."""
    options = ["cluster=local"] if name == "slurm" else []
    with tempfile.TemporaryDirectory() as store:
        work = [Task(str(number), nothing, ()) for number in range(tasks)]
        executor = choose(name, Path(store), workers=2, options=options)
        own = time.process_time()
        return Spent(seconds(partial(run_tasks, work, executor=executor)), time.process_time() - own)


def sending(name: str, tasks: int) -> Row:
    """What an executor asks of the submitting process for a task."""
    what = f"sending an empty task ({name})"
    try:
        few, many = spent_on(name, 2), spent_on(name, tasks)
    except Exception as error:  # an optional part is not installed, or the engine does not start here
        return failed(what, "-", "s", error)
    clock, own = ((getattr(many, part) - getattr(few, part)) / (tasks - 2) for part in ("clock", "own"))
    note = f"two workers get one every {max(0.0, clock):.2f} s; starting the engine takes {few.clock - 2 * clock:.1f} s"
    return shared(what, own, note)


def trainings(count: int, workers: int, steps: int) -> float:
    """Seconds for so many trainings with as many cores as workers; each is a process of its own with one thread."""
    model, world = Transformer(layers=2, width=64, mlp=256), Karel(side=4)
    training = Training(steps=steps, batch=32, checkpoints=Spacing(every=steps))
    cores = os.sched_getaffinity(0)
    with tempfile.TemporaryDirectory() as store:
        work = [Task(str(seed), train_one, (Path(store), "m", model, world, training, seed)) for seed in range(count)]
        os.sched_setaffinity(0, sorted(cores)[:workers])
        try:
            return seconds(partial(run_tasks, work, workers=workers))
        finally:
            os.sched_setaffinity(0, cores)


def products(workers: int) -> float:
    """Matrix products a second of so many processes at once, with a core and a thread each."""
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        list(pool.map(_multiply, [0.5] * workers))  # they have started
        return sum(pool.map(_multiply, [PRODUCT_SECONDS] * workers)) / PRODUCT_SECONDS


def _multiply(length: float) -> int:
    torch.set_num_threads(1)
    matrix, count, end = torch.ones(512, 512), 0, time.perf_counter() + length
    while time.perf_counter() < end:
        torch.mm(matrix, matrix)
        count += 1
    return count


def gathering_cost(seeds: int) -> float:
    """Seconds for gathering a study's evidence once, a seed."""
    study = Empty()
    with tempfile.TemporaryDirectory() as place:
        plan = plan_study(study, Path(place), preset="smoke", seeds=range(seeds))
        for cell in plan.cells:
            measure_cell(Path(place), study.id, plan.preset, study.measure, study.claims, cell)
        plan.evidence.mkdir(parents=True)
        return seconds(partial(save_gathered, plan)) / seeds


def catalogue_cost(runs: int) -> float:
    """Seconds for bringing the index of so many runs up to date when one more has finished."""
    content = seal_text(dump_yaml(Run(Transformer(), Karel(), Training(steps=1), 0).plain()))
    with tempfile.TemporaryDirectory() as place:
        for number in range(runs):
            folder = Path(place, "m", f"{number:016x}")
            folder.mkdir(parents=True)
            (folder / "config.yaml").write_bytes(content)
        catalogue(Path(place))
        (folder / "DONE").touch()
        return seconds(partial(catalogue, Path(place)))


def store_cost(size: int = 2**22, files: int = 10) -> float:
    """Seconds for storing a checkpoint of 4 MiB safely."""
    data = os.urandom(size)
    with tempfile.TemporaryDirectory() as place:
        return seconds(lambda: [write_atomic(Path(place, str(number)), data) for number in range(files)]) / files


def rows(quick: bool) -> Rows:
    tasks, steps, seeds, rounds = (4, 4, 3, 1) if quick else (16, 1000, 100, 3)
    for name in EXECUTORS:
        yield sending(name, tasks)
    cores = environment.available_cores()
    yield row(f"matrix products on {cores} cores", products(cores), products(1), "on one core", "products/s")
    ways = {"one": (cores, 1), "all": (cores, cores), "weak": (1, 1)}
    taken = {name: statistics.median(trainings(*way, steps) for _ in range(rounds)) for name, way in ways.items()}
    what = f"{cores} trainings on {cores} cores"
    bar = EFFICIENCY * cores
    yield row(what, taken["all"], taken["one"], "on one core", "s", bar=bar, note="strong scaling")
    yield row(what, taken["all"], taken["weak"], "one training, one core", "s", bar=EFFICIENCY, note="weak scaling")
    # It rests for so many times as long as it takes, and then serves all tasks that ended meanwhile.
    gathering = gathering_cost(seeds) * WORKERS
    ended = max(1.0, (1 + REST) * gathering * WORKERS / TASK_SECONDS)
    yield shared("gathering the evidence of 1,000 seeds", gathering / ended, f"{gathering:.1f} s each time")
    yield shared("bringing the catalogue of 1,000 runs up to date", catalogue_cost(seeds * 10) * WORKERS / (seeds * 10))
    yield shared("storing 20 checkpoints of 4 MiB on one disk", 20 * store_cost())


def shared(what: str, cost: float, note: str = "") -> Row:
    """What a part that all workers share spends on a task, against what it may if there are 1,000 of them."""
    name = f"a thousandth of a task of {TASK_SECONDS} s"
    return row(what, max(cost, 1e-5), TASK_SECONDS / WORKERS, name, "s", bar=1.0, note=note)


if __name__ == "__main__":
    main(__doc__, rows)
