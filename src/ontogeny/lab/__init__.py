"""Where it runs: run store, cache of measurements, local executor, catalogue, progress."""

from typing import TYPE_CHECKING

from ontogeny.lazy import importing

if TYPE_CHECKING:
    from ontogeny.lab.catalogue import RunRow as RunRow
    from ontogeny.lab.executor import Task as Task
    from ontogeny.lab.executor import run_tasks as run_tasks
    from ontogeny.lab.lab import Lab as Lab
    from ontogeny.lab.notices import Notice as Notice
    from ontogeny.lab.results import SeedResult as SeedResult
    from ontogeny.lab.seeds import train_seeds as train_seeds
    from ontogeny.lab.study_run import run_study as run_study

_HOME = {
    "Lab": "lab",
    "Notice": "notices",
    "RunRow": "catalogue",
    "SeedResult": "results",
    "Task": "executor",
    "run_study": "study_run",
    "run_tasks": "executor",
    "train_seeds": "seeds",
}
__all__ = list(_HOME)

__getattr__ = importing(__name__, _HOME)
