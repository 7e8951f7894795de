"""What it costs to take heads out: those that match prefixes best, and others at random."""

from collections.abc import Sequence
from itertools import combinations
from typing import cast

import numpy as np
import pyarrow as pa

from ontogeny.instruments import Part, ablate, heads_and_mlps, in_context_score, position_losses
from ontogeny.instruments.heads import score_patterns
from ontogeny.instruments.parts import head, logits_of
from ontogeny.models import TransformerModel
from ontogeny.randomness import generator
from ontogeny.studies.induction.readings import head_tokens, places, test_batch
from ontogeny.studies.induction.settings import OnText, Settings
from ontogeny.training import Trajectory

MATCHES = 0.5
"""A head matches prefixes if it pays more than half of its attention to what followed."""


def ablations(run: Trajectory, settings: Settings | OnText) -> pa.Table:
    """Mean-ablate the best prefix-matching heads, all that match prefixes, and random groups of as many others each.

    Columns: group ("top" and "random", "matching" and "as many", "each" for one head alone), heads, cost (nats, where
    induction is possible), score (the in-context score without them), whole (the untouched model's score).
    """
    model = cast(TransformerModel, run.load(run.training.steps))
    batch = test_batch(run, settings)
    induced = places(run, batch)
    reference = run.world.batch(run.seed, 1, settings.tested, "test")
    untouched = position_losses(logits_of(model, batch), batch)
    whole = in_context_score(untouched, window=settings.window)
    rows = []
    for group, parts in _groups(model, run, settings):
        losses = position_losses(ablate(model, parts, "mean", batch, reference=reference), batch)
        rows.append(
            {
                "group": group,
                "heads": " + ".join(map(str, parts)),
                "cost": float((losses - untouched)[induced].mean()),
                "score": in_context_score(losses, window=settings.window),
                "whole": whole,
            }
        )
    return pa.Table.from_pylist(rows)


def _groups(model: TransformerModel, run: Trajectory, settings: Settings | OnText) -> list[tuple[str, Sequence[Part]]]:
    scores = score_patterns(model, head_tokens(run, settings), ("prefix_matching",))["prefix_matching"]
    order = [head(*divmod(place, model.config.heads)) for place in np.argsort(-scores, axis=None).tolist()]
    matching = int((scores > MATCHES).sum())
    chosen: list[tuple[str, Sequence[Part]]] = [("each", [part]) for part in heads_and_mlps(model)]
    for name, others, count in (("top", "random", settings.removed), ("matching", "as many", matching)):
        choices = list(combinations(order[count:], count)) if count else []
        drawn = generator("random heads", run.seed).permutation(len(choices))[: settings.groups]
        chosen += [(name, order[:count])] * bool(choices) + [(others, choices[place]) for place in drawn]
    return chosen
