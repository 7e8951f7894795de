"""What is read from trained models: how often they are right, by the number of examples shown before.

`level` is accuracy above chance, over what chance leaves open: 0 is guessing among the classes there are, 1 is always
right. On digits that is exact from the first example on; of data with fewer classes than labels a model must learn
first which labels there are.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor, nn

from ontogeny.instruments.probes import normalise
from ontogeny.randomness import generator
from ontogeny.references.in_context import nearest_neighbours
from ontogeny.studies.gpicl.settings import SEEN, UNSEEN, Learner, Settings, parameters, state, unseen, world
from ontogeny.training import Trajectory
from ontogeny.worlds import Batch, Classification

TRAINED, NULL, SHUFFLED, NEIGHBOUR = "trained", "untrained", "shuffled", "neighbour"
Rows = list[dict[str, Any]]
Answer = Callable[[Batch], np.ndarray]
"""From episodes to the labels predicted at every position, [batch example]."""


def tests(settings: Settings, power: int) -> dict[str, Classification]:
    """All that a model of so many tasks is asked about, by name; never rows that it was trained on."""
    return {SEEN: world(settings, power)} | unseen(settings)


def answers(model: nn.Module) -> Answer:
    """The label that a model finds most probable."""

    def answer(batch: Batch) -> np.ndarray:
        assert batch.features is not None
        with torch.no_grad():
            given = model(torch.from_numpy(batch.tokens), torch.from_numpy(batch.features))
        return given.argmax(dim=-1).numpy()

    return answer


def neighbour(batch: Batch) -> np.ndarray:
    """The label of the nearest example before; of label 0 where there is none."""
    inputs, labels = torch.from_numpy(batch.hidden.inputs), torch.from_numpy(batch.hidden.labels)
    votes: list[Tensor] = [
        nearest_neighbours(1)(inputs, (labels == label).double()) for label in range(int(labels.max()) + 1)
    ]
    return torch.stack(votes).argmax(dim=0).numpy()


def levels(answer: Answer, batch: Batch, classes: int) -> list[float]:
    """The level by the number of examples before."""
    return [normalise(share, 1 / classes) for share in (answer(batch) == batch.targets).mean(axis=0).tolist()]


def shuffled(world: Classification, batch: Batch, seed: int) -> Batch:
    """The same episodes, in each of which labels have been dealt anew: there is nothing to be learned."""
    order = generator("gpicl", "shuffled", seed).random(batch.targets.shape).argsort(axis=1)
    labels = np.take_along_axis(batch.targets, order, axis=1)
    return Batch(batch.tokens, world.shows(batch.hidden.inputs, labels), labels, batch.prompt, batch.hidden)


def accuracy(run: Trajectory, learner: Learner, settings: Settings) -> pa.Table:
    """Levels on everything asked, by number of examples: trained, untrained, and where labels mean nothing."""
    trained, null = (answers(run.load(step)) for step in (run.checkpoints[-1].step, 0))
    rows: Rows = []
    for name, asked in tests(settings, learner.power).items():
        batch = asked.batch(run.seed, 0, settings.tested, "test")
        dealt = shuffled(asked, batch, run.seed)
        columns = (
            levels(trained, batch, asked.named),
            levels(null, batch, asked.named),
            levels(trained, dealt, asked.named),
        )
        rows += [
            {"model": learner.name, "power": learner.power, "test": name, "shown": shown}
            | dict(zip((TRAINED, NULL, SHUFFLED), values, strict=True))
            for shown, values in enumerate(zip(*columns, strict=True))
        ]
    return pa.Table.from_pylist(rows)


def course(run: Trajectory, learner: Learner, settings: Settings) -> pa.Table:
    """Levels at every checkpoint, before the first example and at the last."""
    asked = tests(settings, learner.power)
    batches = {name: asked[name].batch(run.seed, 1, settings.followed, "test") for name in (SEEN, UNSEEN)}
    rows: Rows = []
    for checkpoint in run.checkpoints:
        answer = answers(run.load(checkpoint.step))
        found = {name: levels(answer, batch, asked[name].named) for name, batch in batches.items()}
        rows.append(
            {"model": learner.name, "power": learner.power, "step": checkpoint.step}
            | {
                f"{name}_{place}": values[at]
                for name, values in found.items()
                for place, at in (("first", 0), ("last", -1))
            }
        )
    return pa.Table.from_pylist(rows)


def sizes(run: Trajectory, learner: Learner) -> dict[str, Any]:
    """Parameters and state of a model."""
    shape = learner.model, run.world
    return {"model": learner.name, "power": learner.power, "parameters": parameters(*shape), "state": state(*shape)}


def reference(settings: Settings, seed: int) -> pa.Table:
    """What the nearest example before would answer, to which all tasks are new."""
    rows: Rows = []
    for power in settings.powers:
        for name, asked in tests(settings, power).items():
            if name == SEEN or power == settings.powers[-1]:
                found = levels(neighbour, asked.batch(seed, 0, settings.tested, "test"), asked.named)
                rows += [
                    {"power": power, "test": name, "shown": shown, NEIGHBOUR: level}
                    for shown, level in enumerate(found)
                ]
    return pa.Table.from_pylist(rows)
