"""How one seed is measured, top to bottom."""

from functools import partial

import pyarrow as pa

from ontogeny.lab.lab import Lab
from ontogeny.lab.results import SeedResult
from ontogeny.studies.icl_algorithm import pools, probing, programs, readings
from ontogeny.studies.icl_algorithm.quantities import quantities
from ontogeny.studies.icl_algorithm.settings import Settings, model, training, world
from ontogeny.training import Trajectory


def measure_seed(lab: Lab, settings: Settings, seed: int) -> SeedResult:
    """Train the grid, the control and the pools; hold each against algorithms; probe the deepest without noise."""

    def train(layers: int, noise: float, pool: int | None = None, steps: int = settings.steps) -> Trajectory:
        shown = world(settings, noise, pool)
        return lab.train("in_context", model(settings, layers), shown, training(settings, steps), seed)

    grid = {(layers, noise): train(layers, noise) for layers in settings.layers for noise in settings.noises}
    cells = [lab.measure(run, "cell", settings, partial(readings.cell, run, settings)) for run in grid.values()]
    tables = {name: pa.concat_tables([cell[name] for cell in cells]) for name in cells[0]}

    deepest = settings.layers[-1]
    exact = grid[deepest, settings.noises[0]]
    fixed = train(deepest, settings.noises[0], pool=1, steps=settings.control_steps)
    tables["probes"] = lab.measure(exact, "probes", settings, partial(probing.probes, exact, fixed, settings))
    noisy = world(settings, settings.noises[-1])
    tables["unsuited"] = lab.measure(
        exact, "unsuited", settings, partial(readings.penalised, exact, noisy, settings.tested)
    )

    diverse = grid[settings.pool_layers, settings.pool_noise]
    runs = [train(settings.pool_layers, settings.pool_noise, pool) for pool in settings.pools]
    tables["pools"] = pa.concat_tables(
        [lab.measure(run, "pools", settings, partial(pools.pool, run, diverse, settings)) for run in runs]
    )
    tables["programs"] = lab.measure(exact, "programs", settings, partial(programs.programs, settings, seed))
    return SeedResult(quantities(tables), tables)
