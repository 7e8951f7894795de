"""How one seed is measured, top to bottom."""

from functools import partial
from typing import Literal

import numpy as np

from ontogeny.lab.lab import Lab
from ontogeny.lab.results import SeedResult
from ontogeny.models import Perceptrons
from ontogeny.studies.superposition import readings
from ontogeny.studies.superposition.quantities import quantities
from ontogeny.studies.superposition.settings import Phases, Settings, Sweep, training
from ontogeny.training import Trajectory
from ontogeny.worlds import SparseFeatures


def measure_seed(lab: Lab, settings: Settings, seed: int) -> SeedResult:
    """Count features over sparsity, with and without relu; draw the phases; look at the geometry; compute."""
    toy = _toy(lab, settings.toy, "relu", settings.toy.steps, seed)
    linear = _toy(lab, settings.toy, "linear", settings.linear_steps, seed)
    phases = _phases(lab, settings.phases, seed)
    geometry = _toy(lab, settings.geometry, "relu", settings.geometry.steps, seed)
    absolute = _absolute(lab, settings.absolute, seed)
    tables = {
        "counts": lab.measure(toy, "counts", settings.toy, partial(readings.counts, toy)),
        "linear": lab.measure(linear, "counts", settings.toy, partial(readings.counts, linear)),
        "phases": lab.measure(phases, "phases", settings.phases, partial(readings.phases, phases, settings.phases)),
        **lab.measure(geometry, "geometry", settings.geometry, partial(readings.geometry, geometry)),
        "absolute": lab.measure(absolute, "absolute", settings.absolute, partial(readings.absolute, absolute)),
    }
    return SeedResult(quantities(tables, settings, seed), tables)


def _toy(lab: Lab, sweep: Sweep, output: Literal["relu", "linear"], steps: int, seed: int) -> Trajectory:
    """relu(W^T W x + b), or the same without the relu."""
    model = Perceptrons(
        models=sweep.models, hidden=(sweep.hidden,), activation="linear", output=output, biases="output", tied=True
    )
    world = SparseFeatures(features=sweep.features, densities=sweep.densities, decays=(sweep.decay,))
    return lab.train("superposition", model, world, training(steps, sweep.batch, sweep.lr), seed)


def _phases(lab: Lab, phases: Phases, seed: int) -> Trajectory:
    """Every density with every importance, `repeats` times."""
    densities = np.geomspace(1, phases.sparsest, phases.densities)
    importances = np.geomspace(1 / phases.widest, phases.widest, phases.importances)
    grid = [(d, i) for d in densities for i in importances for _ in range(phases.repeats)]
    model = Perceptrons(models=len(grid), hidden=(1,), activation="linear", output="relu", biases="output", tied=True)
    world = SparseFeatures(
        features=2, densities=tuple(float(d) for d, _ in grid), decays=tuple(float(i) for _, i in grid)
    )
    return lab.train("superposition", model, world, training(phases.steps, phases.batch, phases.lr), seed)


def _absolute(lab: Lab, sweep: Sweep, seed: int) -> Trajectory:
    """relu(W2 relu(W1 x) + b), which is to give the absolute values of the features."""
    model = Perceptrons(models=sweep.models, hidden=(sweep.hidden,), output="relu", biases="output")
    world = SparseFeatures(features=sweep.features, densities=sweep.densities, decays=(sweep.decay,), wanted="absolute")
    return lab.train("superposition", model, world, training(sweep.steps, sweep.batch, sweep.lr), seed)
