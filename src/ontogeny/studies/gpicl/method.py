"""How one seed is measured, top to bottom."""

from functools import partial

import pyarrow as pa

from ontogeny.lab.lab import Lab
from ontogeny.lab.results import SeedResult
from ontogeny.studies.gpicl import readings
from ontogeny.studies.gpicl.quantities import quantities, regimes
from ontogeny.studies.gpicl.settings import Settings, learners, training, trials, world


def measure_seed(lab: Lab, settings: Settings, seed: int) -> SeedResult:
    """Train every model on its number of tasks, and ask it about those, about new ones and about other data.

    Then train the larger transformer with what may let it learn earlier, and follow it.
    """
    found = []
    for learner in learners(settings):
        tasks = world(settings, learner.power)
        run = lab.train("classification", learner.model, tasks, training(settings), seed)
        read = {name: partial(getattr(readings, name), run, learner, settings) for name in ("accuracy", "course")}
        found.append(
            {name: lab.measure(run, f"{name} {learner.name}", settings, reading) for name, reading in read.items()}
            | {"models": pa.Table.from_pylist([readings.sizes(run, learner)])}
        )
    tables = {name: pa.concat_tables(each[name] for each in found) for name in found[0]}
    followed = []
    for trial in trials(settings):
        run = lab.train("classification", trial.learner.model, trial.world, training(trial.settings), seed)
        course = partial(readings.course, run, trial.learner, trial.settings)
        followed.append(lab.measure(run, f"course {trial.learner.name}", trial.settings, course))
    tables["interventions"] = pa.concat_tables(followed)
    tables["reference"] = lab.measure(run, "reference", settings, partial(readings.reference, settings, seed))
    tables["regimes"] = regimes(tables["accuracy"])
    return SeedResult(quantities(tables), tables)
