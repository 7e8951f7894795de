"""What many trainings cost: tasks by executor, workers by cores, and what saturates first on the way to 1,000.

    python benchmarks/scaling.py [--executors local,ray,slurm] [--tasks 16] [--steps 300] [--runs 300] [--json FILE]

Run it on an idle machine. A task's cost is the slope between a few and many empty tasks, so that starting the engine is
not counted. Strong scaling: the same trainings on one core and on all; weak: as many trainings as cores. A worker has
one core and one thread throughout; a single worker is this process, others start one each. The extrapolation divides
the length of a task by what each shared part spends on one.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import yaml

from ontogeny.claims import Above, Claim, Quantity
from ontogeny.configuration import configuration
from ontogeny.files import write_atomic
from ontogeny.lab import environment
from ontogeny.lab.catalogue import catalogue
from ontogeny.lab.executor import Task, run_tasks
from ontogeny.lab.executors import choose
from ontogeny.lab.results import SeedResult
from ontogeny.lab.seeds import train_one
from ontogeny.lab.study_run import measure_cell, plan_study, save_gathered
from ontogeny.models import Transformer
from ontogeny.training import Spacing, Training
from ontogeny.training.run import Run
from ontogeny.worlds import Karel

WORKERS = 1_000
TASK_SECONDS = (60, 600, 3_600)
"""How long one task of a large study may take: a small training, a middling one, a large one."""


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


def seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def task_cost(name: str, tasks: int) -> dict[str, float]:
    """What an executor spends on starting, and on one task, with two workers."""
    options = ["cluster=local"] if name == "slurm" else []
    spent = {}
    for count in (2, tasks):
        with tempfile.TemporaryDirectory() as store:
            work = [Task(str(number), nothing, ()) for number in range(count)]
            executor = choose(name, Path(store), workers=2, options=options)
            spent[count] = seconds(partial(run_tasks, work, executor=executor))
    slope = (spent[tasks] - spent[2]) / (tasks - 2)
    return {"start_seconds": round(spent[2] - 2 * slope, 3), "task_seconds": round(slope, 4)}


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


def catalogue_cost(runs: int) -> dict[str, float]:
    """Milliseconds a run for building the index of a store, and for finding it up to date."""
    training = Training(steps=1)
    with tempfile.TemporaryDirectory() as place:
        for seed in range(runs):
            run = Run(Transformer(), Karel(), training, seed)
            folder = Path(place, "many", run.hash)
            folder.mkdir(parents=True)
            (folder / "config.yaml").write_text(yaml.safe_dump(run.plain()))
            (folder / "DONE").touch()
        built, found = (seconds(partial(catalogue, Path(place))) for _ in range(2))
    return {"built_ms_a_run": round(1e3 * built / runs, 3), "found_ms_a_run": round(1e3 * found / runs, 3)}


def gathering_cost(seeds: int) -> float:
    """Seconds for gathering a study's evidence once, a seed: done by the command after every finished seed."""
    study = Empty()
    with tempfile.TemporaryDirectory() as place:
        plan = plan_study(study, Path(place), preset="smoke", seeds=range(seeds))
        for cell in plan.cells:
            measure_cell(Path(place), study.id, plan.preset, study.measure, study.claims, cell)
        plan.evidence.mkdir(parents=True)
        return seconds(partial(save_gathered, plan)) / seeds


def store_cost(size: int = 2**22, files: int = 10) -> float:
    """Seconds for storing a checkpoint of 4 MiB safely."""
    data = os.urandom(size)
    with tempfile.TemporaryDirectory() as place:
        return seconds(lambda: [write_atomic(Path(place, str(number)), data) for number in range(files)]) / files


def saturation(costs: dict[str, float]) -> list[dict[str, Any]]:
    """For each shared part, how many workers keep it busy all the time, by the length of a task."""
    return [
        {
            "part": part,
            "seconds_a_task": cost,
            **{f"workers_at_{length}s": int(length / cost) for length in TASK_SECONDS},
        }
        for part, cost in sorted(costs.items(), key=lambda item: -item[1])
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--executors", default="local,ray,slurm")
    parser.add_argument("--tasks", type=int, default=16, help="empty tasks")
    parser.add_argument("--steps", type=int, default=300, help="of each training")
    parser.add_argument("--runs", type=int, default=300, help="in the store whose index is timed; a third are gathered")
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "scaling.json")
    given = parser.parse_args()
    cores = environment.available_cores()
    tasks = {name: task_cost(name, given.tasks) for name in given.executors.split(",")}
    one, all_cores, weak = (trainings(*how, given.steps) for how in ((cores, 1), (cores, cores), (1, 1)))
    index, gathered, stored = catalogue_cost(given.runs), gathering_cost(max(2, given.runs // 3)), store_cost()
    shared = {f"sending a task ({name})": cost["task_seconds"] for name, cost in tasks.items() if name != "local"}
    # One gathering reads every seed: with a thousand seeds each finished task costs a thousand times one seed's share.
    shared["gathering the evidence of 1,000 seeds"] = gathered * WORKERS
    shared["storing 20 checkpoints of 4 MiB on one disk"] = 20 * stored
    results = {
        "machine": environment.record(),
        "task_cost": tasks,
        "scaling": {
            "trainings": cores,
            "one_core_seconds": round(one, 2),
            "all_cores_seconds": round(all_cores, 2),
            "strong_efficiency": round(one / all_cores / cores, 3),
            "weak_efficiency": round(weak / all_cores, 3),
        },
        "catalogue": index,
        "gathering_seconds_a_seed": round(gathered, 5),
        "checkpoint_seconds": round(stored, 4),
        "saturation": saturation({part: round(cost, 5) for part, cost in shared.items() if cost > 0}),
    }
    given.json.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(given.json, (json.dumps(results, indent=2) + "\n").encode())
    print(json.dumps({name: value for name, value in results.items() if name != "machine"}, indent=2))


if __name__ == "__main__":
    main()
