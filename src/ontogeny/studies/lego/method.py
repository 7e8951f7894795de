"""How one seed is measured, top to bottom."""

from collections.abc import Callable, Iterable
from functools import partial

import pyarrow as pa

from ontogeny.lab.lab import Lab
from ontogeny.lab.results import SeedResult
from ontogeny.studies.lego import readings
from ontogeny.studies.lego.ablations import ablations
from ontogeny.studies.lego.quantities import quantities
from ontogeny.studies.lego.settings import WHOLE, Learner, Settings
from ontogeny.training import Trajectory

Reading = Callable[[Trajectory, Settings, str, Learner], pa.Table]


def measure_seed(lab: Lab, settings: Settings, seed: int) -> SeedResult:
    """Train all learners, follow how far along chains each is right; look at heads, take some out; swap references."""
    learners = settings.learners
    runs = {
        name: lab.train("lego", learner.model, learner.world, learner.training, seed)
        for name, learner in learners.items()
    }

    def read(what: str, reading: Reading, names: Iterable[str]) -> pa.Table:
        return pa.concat_tables(
            lab.measure(runs[name], what, settings, partial(reading, runs[name], settings, name, learners[name]))
            for name in names
        )

    pretrained = runs["pretrained"]
    tables = {
        "course": read("course", readings.course, learners),
        "depths": read("depths", readings.depths, learners),
        "heads": read("heads", readings.heads, learners),
        "swaps": read("swaps", readings.swaps, WHOLE),
        "recall": lab.measure(
            pretrained, "recall", settings, partial(readings.recall, pretrained, settings, learners["pretrained"])
        ),
        "ablations": lab.measure(
            runs["mimicked"], "ablations", settings, partial(ablations, runs["mimicked"], settings)
        ),
    }
    return SeedResult(quantities(tables, settings, seed), tables)
