"""What is read from the model of small tables: its answers beside those of tuned learners, on real tables."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from statistics import median

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor

from ontogeny.instruments.prior_fitted import PriorClassifier
from ontogeny.randomness import generator
from ontogeny.studies.pfn.learners import TUNED, Learner, learners
from ontogeny.studies.pfn.readings import NULL, Data
from ontogeny.studies.pfn.settings import Settings
from ontogeny.training import Trajectory
from ontogeny.worlds import PriorTables, Table
from ontogeny.worlds.functions.prior_tables import Truth
from ontogeny.worlds.functions.tables import TableName

MODEL, PRIOR = "model", "prior"
REAL: tuple[TableName, ...] = ("iris", "wine", "breast_cancer")


def real_tables(name: TableName, settings: Settings, seed: int) -> tuple[Data, Tensor]:
    """Draws of rows from a table, of all its classes alike, and the labels asked for [batch, asked]."""
    tables = settings.tables
    source = Table(name=name, most=tables.columns, held_out=1.0, form="columns")
    random = generator("prior-fitted tables", name, seed)
    labels = random.integers(source.classes, size=(tables.sets, tables.given + tables.asked))
    return _split(source.sample(random, labels, seed, "test").astype(np.float32), labels, tables.given)


def prior_tables(world: PriorTables, settings: Settings, seed: int) -> tuple[Data, Tensor]:
    """The same of tables of the prior that were never trained on, one of each number of columns after another."""
    tables = settings.tables
    world = replace(world, examples=tables.given + tables.asked, shown=(tables.given, tables.given))
    truth: list[Truth] = []
    number = 0
    while len(truth) < tables.sets:
        found = world.batch(seed, number, 1, "test").hidden
        number += 1
        if len(np.unique(found.labels[0, : tables.given])) > 1:  # the learners need two classes
            truth.append(found)
    inputs = np.zeros((tables.sets, world.examples, world.features), np.float32)
    for table, found in enumerate(truth):
        inputs[table, :, : found.inputs.shape[2]] = found.inputs[0]
    return _split(inputs, np.concatenate([found.labels for found in truth]), tables.given)


def _split(inputs: np.ndarray, labels: np.ndarray, given: int) -> tuple[Data, Tensor]:
    x, y = torch.from_numpy(inputs), torch.from_numpy(labels)
    return Data(x[:, :given], y[:, :given], x[:, given:]), y[:, given:]


def beside_learners(run: Trajectory, settings: Settings) -> pa.Table:
    """The model beside all learners, their settings chosen by the share of right answers."""
    world, last = run.world, run.checkpoints[-1].step
    ways: dict[str, Learner] = {
        name: PriorClassifier(run.load(step), world) for name, step in ((MODEL, last), (NULL, 0))
    }
    return answered(ways | learners(world.labels, run.seed), world, settings, run.seed)


def likely_learners(world: PriorTables, settings: Settings, seed: int) -> pa.Table:
    """The tuned learners once more, their settings chosen by the likelihood."""
    ways = learners(world.labels, seed, "likelihood")
    return answered({name: ways[name] for name in TUNED}, world, settings, seed)


def answered(ways: Mapping[str, Learner], world: PriorTables, settings: Settings, seed: int) -> pa.Table:
    """Accuracy, mean log likelihood and time of one table, of every learner on every table."""
    drawn: dict[str, tuple[Data, Tensor]] = {name: real_tables(name, settings, seed) for name in REAL}
    drawn[PRIOR] = prior_tables(world, settings, seed)
    rows = []
    for table, (data, wanted) in drawn.items():
        for name, learn in ways.items():
            answers, seconds = one_by_one(learn, data)
            right = (answers.argmax(dim=-1) == wanted).double().mean().item()
            likelihood = answers.gather(-1, wanted[..., None]).mean().item()
            row = {"table": table, "learner": name, "accuracy": right, "likelihood": likelihood, "seconds": seconds}
            rows.append(row)
    return pa.Table.from_pylist(rows)


def one_by_one(learn: Callable[..., Tensor], data: Data) -> tuple[Tensor, float]:
    """Each table by itself: the answers to all, and the median processor time that one takes."""
    alone = [Data(*own) for own in zip(*(part.split(1) for part in data), strict=True)]
    answers, taken = [], []
    for own in alone:
        start = time.process_time()
        answers.append(learn(*own))
        taken.append(time.process_time() - start)
    return torch.cat(answers), median(taken)
