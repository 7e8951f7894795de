"""How one seed is measured, top to bottom."""

from dataclasses import replace
from functools import partial

import pyarrow as pa

from ontogeny.lab.lab import Lab
from ontogeny.lab.results import SeedResult
from ontogeny.studies.icl_functions import readings
from ontogeny.studies.icl_functions.quantities import quantities
from ontogeny.studies.icl_functions.settings import ANOTHER, TASKS, Settings, model, recurrent, training, world


def measure_seed(lab: Lab, settings: Settings, seed: int) -> SeedResult:
    """Train a model on each class of functions, hold it against the learners for it, and shift the linear one's.

    A recurrent net is trained on linear functions beside it, and a model of more dimensions with a curriculum and
    without; without one once more with another seed, for what two trainings of one recipe differ by.
    """
    curves, growth, learner = [], [], model(settings)
    for task in TASKS:
        run = lab.train("in_context", learner, world(settings, task), training(settings, task), seed)
        curves.append(lab.measure(run, "curves", settings, partial(readings.curves, run, task, settings)))
        if task == "linear":
            tables = lab.measure(run, "linear", settings, partial(readings.inside, run, settings))
    linear, grown = world(settings, "linear"), world(settings, "growth")
    run = lab.train("in_context", recurrent(settings), linear, training(settings, "linear"), seed)
    curves.append(lab.measure(run, "recurrent", settings, partial(readings.recurrent, run, settings)))
    plain = replace(grown, curriculum=None)
    for shown, own in ((grown, seed), (plain, seed), (plain, seed + ANOTHER)):
        run = lab.train("in_context", learner, shown, training(settings, "growth"), own)
        growth.append(lab.measure(run, "growth", settings, partial(readings.growth, run, settings)))
    *both, again = growth
    tables = {"curves": pa.concat_tables(curves), "growth": pa.concat_tables(both), "growth_again": again, **tables}
    return SeedResult(quantities(tables, settings), tables)
