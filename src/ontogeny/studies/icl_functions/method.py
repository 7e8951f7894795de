"""How one seed is measured, top to bottom."""

from functools import partial

import pyarrow as pa

from ontogeny.lab.lab import Lab
from ontogeny.lab.results import SeedResult
from ontogeny.studies.icl_functions import readings
from ontogeny.studies.icl_functions.quantities import quantities
from ontogeny.studies.icl_functions.settings import TASKS, Settings, model, training, world


def measure_seed(lab: Lab, settings: Settings, seed: int) -> SeedResult:
    """Train a model on each class of functions, hold it against the learners for it, and shift the linear one's."""
    curves, learner = [], model(settings)
    for task in TASKS:
        run = lab.train("in_context", learner, world(settings, task), training(settings, task), seed)
        curves.append(lab.measure(run, "curves", settings, partial(readings.curves, run, task, settings)))
        if task == "linear":
            tables = lab.measure(run, "linear", settings, partial(readings.inside, run, settings))
    tables = {"curves": pa.concat_tables(curves), **tables}
    return SeedResult(quantities(tables, settings), tables)
