"""How exactly weights written by hand run gradient descent and ridge regression."""

from typing import Any

import pyarrow as pa
import torch

from ontogeny.instruments import in_context as meter
from ontogeny.models.programs import descent_program, sherman_morrison_program
from ontogeny.references import in_context as reference
from ontogeny.studies.icl_algorithm.settings import Settings
from ontogeny.worlds import InContext, Inputs

RATES = (0.5, 0.3, 0.2)


def programs(settings: Settings, seed: int) -> pa.Table:
    """The largest difference from the reference with 2 d examples; untrained: of the same shape, weights as drawn."""
    features, examples, noise = settings.features, 2 * settings.features, settings.pool_noise
    world = InContext(inputs=Inputs(features=features), examples=examples + 1, noise=noise)
    test = meter.episodes(world, seed, 256)
    ridge = sherman_morrison_program(features, examples, noise**2)
    built = {
        "descent": (descent_program(features, RATES), reference.gradient_descent(RATES)),
        "ridge": (ridge, reference.ridge(noise**2)),
    }
    rows: list[dict[str, Any]] = []
    for name, (program, wanted) in built.items():
        shape = {"vocab": 1, "feature_size": world.feature_size, "length": world.length}
        drawn = program.config.build(**shape, seed=seed)
        for kind, model in (("constructed", program.build(examples)), ("untrained", drawn)):
            with torch.no_grad():
                given = meter.predictor(model, world)(*test, last=True)
                error = (given - wanted(*test, last=True)).abs().max().item()
            size = {"layers": program.config.layers, "width": program.config.width}
            rows.append({"program": name, "kind": kind, "error": error, **size})
    return pa.Table.from_pylist(rows)
