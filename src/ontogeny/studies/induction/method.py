"""How one seed is measured, top to bottom."""

from collections.abc import Mapping
from functools import partial

import pyarrow as pa

from ontogeny.lab.lab import Lab
from ontogeny.lab.results import SeedResult
from ontogeny.studies.induction import readings
from ontogeny.studies.induction.ablations import ablations
from ontogeny.studies.induction.quantities import quantities, text_quantities
from ontogeny.studies.induction.settings import OnText, Settings
from ontogeny.training import Trajectory


def measure_seed(lab: Lab, settings: Settings, seed: int) -> SeedResult:
    """Train all twins, follow loss, score and heads, take heads out; follow another model from unigrams to bigrams."""
    runs = {
        twin: lab.train("induction", model, settings.segments, settings.training, seed)
        for twin, model in settings.twins.items()
    }
    chains = lab.train("induction_chains", settings.model, settings.chains, settings.chains_training, seed)
    two = runs["two layers"]
    tables = {
        **_followed(lab, runs, settings, seed),
        "heads": lab.measure(two, "heads", settings, lambda: readings.heads(two, settings)),
        "chains": lab.measure(chains, "answers", settings, lambda: readings.answers(chains, settings)),
    }
    return SeedResult(quantities(tables, settings, seed), tables)


def measure_text(lab: Lab, settings: OnText, seed: int) -> SeedResult:
    """The same twins on text: loss, score and heads over training, and what heads cost when taken out."""
    runs = {
        twin: lab.train("induction_text", model, settings.world, settings.training, seed)
        for twin, model in settings.twins.items()
    }
    tables = _followed(lab, runs, settings, seed)
    return SeedResult(text_quantities(tables, seed), tables)


def _followed(lab: Lab, runs: Mapping[str, Trajectory], settings: Settings | OnText, seed: int) -> dict[str, pa.Table]:
    """What is read of the twins, whatever they learn: course, transitions, by_index, ablations."""
    course = {
        twin: lab.measure(run, "course", settings, partial(readings.course, run, settings, twin))
        for twin, run in runs.items()
    }
    two = runs["two layers"]
    return {
        "course": pa.concat_tables(course.values()),
        "transitions": readings.transitions(course["two layers"], seed),
        "by_index": pa.concat_tables(
            lab.measure(run, "by_index", settings, partial(readings.by_index, run, settings, twin))
            for twin, run in runs.items()
        ),
        "ablations": lab.measure(two, "removals", settings, lambda: ablations(two, settings)),
    }
