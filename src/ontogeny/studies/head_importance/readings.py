"""What is read from checkpoints: accuracy on each task, what heads do, how important each part is for each task."""

from dataclasses import replace
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ontogeny.instruments import gate_gradients, head_table, heads_and_mlps, repeated_tokens
from ontogeny.instruments.parts import accuracy, logits_of, mean_loss
from ontogeny.models import TransformerModel
from ontogeny.studies.head_importance.settings import Settings
from ontogeny.training import Trajectory
from ontogeny.worlds import IGNORE, Batch, Mixture

HALVES = ("early", "late")
"""The first half of each sequence's answers, and the rest: fewer and more examples seen."""


def course(run: Trajectory, settings: Settings) -> pa.Table:
    """Every checkpoint's accuracy and loss on each task, on the same fresh sequences throughout.

    Columns: step, task, loss (nats an answer), accuracy (of answers), chance, best (what knowing how the stream is made
    reaches), way (how far accuracy is on the way from chance to best).
    """
    world, rows = cast(Mixture, run.world), []
    batches = {name: task_batch(run, name, settings.tested, "test") for name in world.names}
    levels: dict[str, tuple[float, float]] = {
        task.kind: (task.chance, best_accuracy(run, task.kind, settings)) for task in world.tasks
    }
    for checkpoint in run.checkpoints:
        model = cast(TransformerModel, run.load(checkpoint.step))
        for name, batch in batches.items():
            logits = logits_of(model, batch)
            chance, best = levels[name]
            reached = accuracy(logits, batch)
            rows.append(
                {
                    "step": checkpoint.step, "task": name, "loss": mean_loss(logits, batch), "accuracy": reached,
                    "chance": chance, "best": best, "way": (reached - chance) / (best - chance),
                }
            )  # fmt: skip
    return pa.Table.from_pylist(rows)


def learned(course: pa.Table, settings: Settings) -> list[str]:
    """The tasks whose accuracy came far enough in the end (see `Settings.learned`)."""
    final = course.filter(pc.field("step") == pc.max(course["step"]))
    return final.filter(pc.field("way") >= settings.learned)["task"].to_pylist()


def importance(run: Trajectory, settings: Settings) -> pa.Table:
    """The importance of every head and MLP for each task, before and after training: gate gradients.

    Columns: step, task, layer, head (-1: the layer's MLP), importance, early and late (the same for the loss on the
    first and on the other half of each sequence's answers).
    """
    rows = []
    for step in (0, run.training.steps):
        model = cast(TransformerModel, run.load(step))
        parts = heads_and_mlps(model)
        for name in cast(Mixture, run.world).names:
            batch = task_batch(run, name, settings.rated, "probe")
            found = {"importance": gate_gradients(model, batch, parts)}
            found |= {half: gate_gradients(model, half_of(batch, half), parts) for half in HALVES}
            for place, part in enumerate(parts):
                rows.append(
                    {
                        "step": step,
                        "task": name,
                        "layer": int(part.name.split(".")[1]),
                        "head": -1 if part.head is None else part.head,
                        **{column: float(values[place]) for column, values in found.items()},
                    }
                )
    return pa.Table.from_pylist(rows)


def heads(run: Trajectory, settings: Settings) -> pa.Table:
    """All meters of every head before and after training, on random tokens that are repeated.

    The columns of `head_table`, and step. Sequences begin with the tasks' names in turn: the scores are those of no
    task in particular.
    """
    world, tables = cast(Mixture, run.world), []
    tokens = repeated_tokens(
        world.symbols + 1, length=world.length, count=settings.matched, seed=run.seed, begin=world.symbols
    )
    tokens[:, 0] = world.symbols + np.arange(len(tokens)) % len(world.names)
    for step in (0, run.training.steps):
        table = head_table(cast(TransformerModel, run.load(step)), tokens)
        tables.append(table.append_column("step", pa.array([step] * len(table))))
    return pa.concat_tables(tables)


def task_batch(run: Trajectory, name: str, size: int, split: str) -> Batch:
    return run.world.only(name, run.seed, 0, size, split)


def half_of(batch: Batch, half: str) -> Batch:
    """The same sequences with loss on the first half of their answers only (rounded down), or on the others."""
    number = batch.learned.cumsum(axis=1)
    first = number <= number[:, -1:] // 2
    wanted = first if half == "early" else ~first
    return replace(batch, targets=np.where(wanted, batch.targets, IGNORE))


def best_accuracy(run: Trajectory, name: str, settings: Settings) -> float:
    """How often the likeliest next token is right for whoever knows how the stream is made: 1 where it is certain."""
    (task,) = (task for task in run.world.tasks if task.kind == name)
    if not hasattr(task, "predictions"):
        return 1.0
    batch = task.batch(run.seed, 0, settings.tested, "test")
    right = task.predictions(batch).argmax(axis=2) == batch.targets
    return float(right[task.answers(batch)].mean())
