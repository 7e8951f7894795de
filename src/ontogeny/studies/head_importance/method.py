"""How one seed is measured, top to bottom."""

from functools import partial

from ontogeny.lab.lab import Lab
from ontogeny.lab.results import SeedResult
from ontogeny.studies.head_importance import overlaps, readings
from ontogeny.studies.head_importance.pruning import curves
from ontogeny.studies.head_importance.quantities import quantities
from ontogeny.studies.head_importance.settings import Settings


def measure_seed(lab: Lab, settings: Settings, seed: int) -> SeedResult:
    """Train on all tasks, see which are learned; for those rate every part, prune, compare what the tasks need."""
    run = lab.train("head_importance", settings.model, settings.world, settings.training, seed)
    course = lab.measure(run, "course", settings, partial(readings.course, run, settings))
    learned = readings.learned(course, settings)
    tables = {
        "course": course,
        "heads": lab.measure(run, "heads", settings, partial(readings.heads, run, settings)),
        "importance": lab.measure(run, "importance", settings, partial(readings.importance, run, settings)),
        "curves": lab.measure(run, "curves", settings, partial(curves, run, settings, learned)),
    }
    tables["agreement"] = overlaps.agreement(tables["importance"], learned, settings, seed)
    tables["enrichment"] = overlaps.enrichments(tables["importance"], tables["heads"], learned, settings)
    return SeedResult(quantities(tables, settings, seed), tables)
