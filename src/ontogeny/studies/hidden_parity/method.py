"""How one seed is measured, top to bottom."""

from functools import partial

import pyarrow as pa

from ontogeny.lab.lab import Lab
from ontogeny.lab.results import SeedResult
from ontogeny.models import Perceptrons
from ontogeny.studies.hidden_parity import readings
from ontogeny.studies.hidden_parity.quantities import quantities
from ontogeny.studies.hidden_parity.settings import Settings, Task, training
from ontogeny.training import Trajectory
from ontogeny.worlds import SparseParity


def measure_seed(lab: Lab, settings: Settings, seed: int) -> SeedResult:
    """Train on every task, time how long each network takes, and look inside those of the main task."""
    main = _perceptrons(lab, settings, settings.main, seed)
    banks = {"mlp": [main, *(_perceptrons(lab, settings, task, seed) for task in settings.grid)]}
    banks["single bit"] = [_perceptrons(lab, settings, settings.single_bit, seed)]
    banks["neuron"] = [_neurons(lab, settings, seed)]
    sequence = settings.transformer
    transformer = lab.train("parity_transformer", sequence.model, sequence.world, sequence.training, seed)
    accuracies = {
        kind: [
            lab.measure(run, "accuracy", settings, partial(readings.accuracies, run, settings.tested)) for run in runs
        ]
        for kind, runs in banks.items()
    }
    accuracies["transformer"] = [
        lab.measure(
            transformer, "accuracy", settings, partial(readings.transformer_accuracy, transformer, settings.tested)
        )
    ]
    tables = {
        "times": pa.concat_tables(readings.times(kind, table) for kind, found in accuracies.items() for table in found),
        "curves": pa.concat_tables(readings.shown(kind, found[0]) for kind, found in accuracies.items()),
        **lab.measure(main, "inside", settings, lambda: readings.inside(main, settings)),
    }
    return SeedResult(quantities(tables, settings, seed), tables)


def _perceptrons(lab: Lab, settings: Settings, task: Task, seed: int) -> Trajectory:
    chosen = settings.perceptron
    model = Perceptrons(models=task.models, hidden=(chosen.width,), initial="uniform", loss="hinge")
    return lab.train("parity_mlp", model, _world(task), training(settings, task.steps, chosen.weight_decay), seed)


def _neurons(lab: Lab, settings: Settings, seed: int) -> Trajectory:
    task = settings.neuron
    model = Perceptrons(models=task.models, hidden=(), output="sine", initial="uniform", loss="hinge")
    return lab.train("parity_neuron", model, _world(task), training(settings, task.steps, 0.0), seed)


def _world(task: Task) -> SparseParity:
    return SparseParity(bits=task.bits, degree=task.degree, shown="vectors", models=task.models)
