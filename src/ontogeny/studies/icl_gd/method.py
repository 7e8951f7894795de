"""How one seed is measured, top to bottom."""

from dataclasses import replace
from functools import partial

import pyarrow as pa

from ontogeny.lab.lab import Lab
from ontogeny.lab.results import SeedResult
from ontogeny.models import Transformer
from ontogeny.studies.icl_gd import readings
from ontogeny.studies.icl_gd.quantities import quantities
from ontogeny.studies.icl_gd.settings import (
    IN_TURNS,
    SINUSOIDS,
    WORLD,
    Recipe,
    Settings,
    behind_mlp,
    in_turns,
    model,
    training,
)
from ontogeny.training import Trajectory
from ontogeny.worlds import InContext, LinearFunctions


def measure_seed(lab: Lab, settings: Settings, seed: int) -> SeedResult:
    """Train every model, hold each against the descent that it should be, and look at the one layer closely."""
    away = replace(WORLD, functions=LinearFunctions(mean=settings.prior_mean))
    one, deep, depth = settings.one, settings.deep, settings.layers

    def train(learner: Transformer, recipe: Recipe, world: InContext = WORLD) -> Trajectory:
        return lab.train("in_context", learner, world, training(settings, recipe), seed)

    runs = {
        "one layer": train(model(one), one),
        "softmax": train(model(one, softmax=True), one),
        "prior mean": train(model(one), one, away),
        "layers": train(model(deep, layers=depth), deep),
        "looped": train(model(deep, layers=depth, looped=True), deep),
    }
    main = runs["one layer"]
    nonlinear = train(behind_mlp(settings.behind_mlp), settings.behind_mlp, SINUSOIDS)
    turns = {
        name: train(in_turns(settings.in_turns, layers), settings.in_turns, IN_TURNS)
        for name, layers in (("two layers", 2), ("one layer", 1))
    }
    tables = {
        **lab.measure(main, "one_layer", settings, lambda: readings.inside(main, settings)),
        "learners": readings.learners(lab, runs, settings),
        "behind_mlp": lab.measure(nonlinear, "behind_mlp", settings, lambda: readings.behind_mlp(nonlinear, settings)),
        "in_turns": pa.concat_tables(
            lab.measure(run, "in_turns", settings, partial(readings.in_turns, name, run, settings))
            for name, run in turns.items()
        ),
    }
    return SeedResult(quantities(tables), tables)
