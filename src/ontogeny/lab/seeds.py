"""Training one model configuration with several seeds, outside of any study."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ontogeny.errors import UsageError, naming_system_errors
from ontogeny.lab.executor import Task, run_tasks
from ontogeny.lab.lab import Lab
from ontogeny.lab.notices import Notify, quiet
from ontogeny.lab.progress import showing_progress
from ontogeny.lab.trackers import prepare

if TYPE_CHECKING:
    from ontogeny.training import Training, Trajectory
    from ontogeny.worlds.world import World


def train_seeds(
    model: Any,
    world: "World",
    training: "Training | None" = None,
    *,
    steps: int | None = None,
    seeds: Iterable[int] = (0,),
    store: Path | str = "runs",
    name: str = "models",
    workers: int | None = None,
    track: Sequence[str] = (),
) -> "list[Trajectory]":
    """Train a model configuration on a world, once a seed; one process a seed, as many at a time as there are cores.

    Give either `training` (all settings) or `steps` (the other settings at their defaults). What was trained before
    is found in `<store>/<name>/`, not trained again; what was stopped goes on. Progress goes to standard error, and
    metrics also to the sinks of `track`, such as `tensorboard:logs`.

    Returns one trajectory a seed, in the order of `seeds`.
    """
    from ontogeny.training import Training

    if training is None and steps is not None:
        settings = Training(steps=steps)
    elif training is not None and steps is None:
        settings = training
    else:
        raise UsageError("train: expected one of training=Training(...) and steps=...")
    place, wanted, sinks = Path(store), list(seeds), prepare(track)
    tasks = [Task(f"seed {seed}", train_one, (place, name, model, world, settings, seed, sinks)) for seed in wanted]
    with showing_progress(sys.stderr) as notify:
        run_tasks(tasks, workers=workers, notify=notify)
    lab = Lab(place)
    return [lab.train(name, model, world, settings, seed) for seed in wanted]


def train_one(
    store: Path,
    name: str,
    model: Any,
    world: "World",
    training: "Training",
    seed: int,
    sinks: Sequence[str] = (),
    *,
    notify: Notify = quiet,
) -> None:
    """Train one seed into the store: what a worker process does."""
    with naming_system_errors():
        Lab(store, notify=notify, task=f"seed {seed}", sinks=sinks).train(name, model, world, training, seed)
