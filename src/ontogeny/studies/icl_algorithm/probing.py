"""What can be read off the deepest model's residual stream: the weights of least squares, and the moment X^T y."""

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import numpy as np
import pyarrow as pa
import torch
from jaxtyping import Float

from ontogeny.instruments import residual_names, split_by_sequence
from ontogeny.instruments.capture import capture
from ontogeny.instruments.regression import read_numbers
from ontogeny.models.network import TransformerModel
from ontogeny.randomness import generator
from ontogeny.references.in_context import moments, shortest_weights
from ontogeny.studies.icl_algorithm.readings import NULL, TRAINED
from ontogeny.studies.icl_algorithm.settings import Settings
from ontogeny.training import Trajectory
from ontogeny.worlds import Episodes

FIXED, SHOWN = "fixed weights", "input"
LINEAR, BENT = "linear", "random features"
VALUE, INPUT = "value", "input"


def probes(run: Trajectory, fixed: Trajectory, settings: Settings) -> pa.Table:
    """The share of each target's variance that is read, by source, layer, position and probe.

    Sources: the model; the control task, a model trained on one function alone, which has no use for either target;
    the model untrained; and, as layer 0, the examples themselves. All read the same episodes. `at` is the position of
    the last of so many values, or of the input after it. Shuffled targets are those of other episodes.
    """
    shown = run.world.batch(run.seed, 0, settings.probed, "probe")
    splits = split_by_sequence(np.arange(settings.probed), run.seed)
    order = generator("shuffled targets", run.seed).permutation(settings.probed)
    counts = range(settings.features // 2, 2 * settings.features + 1, settings.features // 2)
    wanted: dict[str, np.ndarray] = {}
    for name, values in targets(shown).items():
        wanted |= {name: values, f"shuffled {name}": values[order]}
    rows = []
    for source, layer, at, count, hidden in _hidden(run, fixed, shown, counts):
        given = {name: values[:, count] for name, values in wanted.items()}
        for probe, neurons in ((LINEAR, 0), (BENT, settings.neurons)):
            place = {"source": source, "layer": layer, "at": at, "examples": count, "probe": probe}
            found = read_numbers(hidden, given, splits, neurons=neurons, seed=run.seed)
            rows += [{**place, "target": name, **vars(explained)} for name, explained in found.items()]
    return pa.Table.from_pylist(rows)


def targets(shown: Episodes) -> Mapping[str, Float[np.ndarray, "batch example input"]]:
    """By the number of examples before: the weights of least squares, and the moment, the mean of x y."""
    squares, products, _ = moments(torch.from_numpy(shown.inputs), torch.from_numpy(shown.outputs))
    return {"weights": shortest_weights(squares, products).numpy(), "moment": products.numpy()}


def _hidden(
    run: Trajectory, fixed: Trajectory, shown: Episodes, counts: Sequence[int]
) -> Iterator[tuple[str, int, str, int, Float[np.ndarray, "batch width"]]]:
    """Source, layer, position, examples so far and what is read there."""
    models = {
        TRAINED: run.load(run.checkpoints[-1].step),
        FIXED: fixed.load(fixed.checkpoints[-1].step),
        NULL: run.load(0),
    }
    for source, model in models.items():
        layers = residual_names(cast(TransformerModel, model))
        states = capture(cast(TransformerModel, model), shown.tokens, shown.features, layers)
        for layer, name in enumerate(layers):
            for count in counts:
                for at, position in ((VALUE, 2 * count - 1), (INPUT, 2 * count)):
                    yield source, layer, at, count, states[name][:, position].numpy()
    for count in counts:
        examples = (shown.inputs[:, :count].reshape(len(shown.inputs), -1), shown.outputs[:, :count])
        yield SHOWN, 0, VALUE, count, np.concatenate(examples, axis=1)
