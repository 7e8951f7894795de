"""What it costs to take out the heads that look at the same letter elsewhere, and others at random."""

from typing import cast

import numpy as np
import pyarrow as pa

from ontogeny.instruments import ablate
from ontogeny.instruments.heads import score_wanted
from ontogeny.instruments.parts import head, logits_of, mean_loss
from ontogeny.models import TransformerModel
from ontogeny.randomness import generator
from ontogeny.studies.lego.readings import accuracies, chains_of, looked_at, test_batch
from ontogeny.studies.lego.settings import Settings
from ontogeny.training import Trajectory


def ablations(run: Trajectory, settings: Settings) -> pa.Table:
    """Mean-ablate as many of the best association heads as a chain has steps that are told, and random others.

    Columns: group ("association", "random"), heads, cost (nats, of the values that are told), accuracy (on these, but
    for the root).
    """
    model = cast(TransformerModel, run.load(run.training.steps))
    world, batch = chains_of(run), test_batch(run, settings)
    scores = score_wanted(model, batch.tokens, looked_at(world, batch), prompt=batch.prompt)["association"]
    order = [head(*divmod(place, model.config.heads)) for place in np.argsort(-scores, axis=None).tolist()]
    removed, random = world.learned - 1, generator("random heads", run.seed)
    groups = [("association", order[:removed])]
    for _ in range(settings.groups):
        chosen = removed + random.permutation(len(order) - removed)[:removed]
        groups.append(("random", [order[place] for place in chosen.tolist()]))
    reference = world.batch(run.seed, 1, settings.tested, "test")
    untouched, rows = mean_loss(logits_of(model, batch), batch), []
    for name, parts in groups:
        logits = ablate(model, parts, "mean", batch, reference=reference)
        rows.append(
            {
                "group": name,
                "heads": " + ".join(map(str, parts)),
                "cost": mean_loss(logits, batch) - untouched,
                "accuracy": float(accuracies(world, batch, logits)[1 : world.learned].mean()),
            }
        )
    return pa.Table.from_pylist(rows)
