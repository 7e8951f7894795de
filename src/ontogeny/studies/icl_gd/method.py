"""How one seed is measured, top to bottom."""

from dataclasses import replace

from ontogeny.lab.lab import Lab
from ontogeny.lab.results import SeedResult
from ontogeny.studies.icl_gd import readings
from ontogeny.studies.icl_gd.quantities import quantities
from ontogeny.studies.icl_gd.settings import WORLD, Recipe, Settings, model, training
from ontogeny.training import Trajectory
from ontogeny.worlds import InContext, LinearFunctions


def measure_seed(lab: Lab, settings: Settings, seed: int) -> SeedResult:
    """Train every model, hold each against the descent that it should be, and look at the one layer closely."""
    away = replace(WORLD, functions=LinearFunctions(mean=settings.prior_mean))
    depth = settings.layers
    runs = {
        "one layer": _train(lab, settings, settings.one, seed),
        "softmax": _train(lab, settings, settings.one, seed, softmax=True),
        "prior mean": _train(lab, settings, settings.one, seed, world=away),
        "layers": _train(lab, settings, settings.deep, seed, layers=depth),
        "looped": _train(lab, settings, settings.deep, seed, layers=depth, looped=True),
    }
    main = runs["one layer"]
    tables = {
        **lab.measure(main, "one_layer", settings, lambda: readings.inside(main, settings)),
        "learners": readings.learners(lab, runs, settings),
    }
    return SeedResult(quantities(tables), tables)


def _train(
    lab: Lab,
    settings: Settings,
    recipe: Recipe,
    seed: int,
    *,
    world: InContext = WORLD,
    layers: int = 1,
    looped: bool = False,
    softmax: bool = False,
) -> Trajectory:
    learner = model(recipe, layers=layers, looped=looped, softmax=softmax)
    return lab.train("in_context", learner, world, training(settings, recipe), seed)
