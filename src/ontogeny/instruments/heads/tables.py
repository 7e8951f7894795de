"""Head meters as tidy tables, with what chance gives beside every score."""

import numpy as np
import pyarrow as pa
import torch
from jaxtyping import Int

from ontogeny.instruments.heads.patterns import METERS, chance, score_patterns, wanted_keys
from ontogeny.instruments.heads.weights import (
    HeadWeights,
    composition,
    copying_logits,
    copying_spectrum,
    random_composition,
)
from ontogeny.instruments.probes import normalise
from ontogeny.models import TransformerModel


def head_table(model: TransformerModel, tokens: Int[np.ndarray, "batch seq"], *, seed: int = 0) -> pa.Table:
    """Every meter of every head: layer, head, meter, score, chance, normalised ((score - chance) / (1 - chance)).

    `previous_token`, `prefix_matching` and `association` are attention on `tokens`, of which `repeated_tokens` makes
    suitable ones; `copying_spectrum` and `copying_logits` come from the weights.
    """
    scores = score_patterns(model, tokens)
    level = {meter: chance(wanted_keys(meter, torch.from_numpy(tokens))) for meter in METERS}
    weights = HeadWeights.of(model)
    scores |= {"copying_spectrum": copying_spectrum(weights), "copying_logits": copying_logits(weights, seed=seed)}
    rows = [
        {
            "layer": layer, "head": head, "meter": meter, "score": float(value),
            "chance": level.get(meter, 0.0), "normalised": normalise(float(value), level.get(meter, 0.0)),
        }
        for meter, values in scores.items()
        for (layer, head), value in np.ndenumerate(values)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, _HEADS)


def composition_table(model: TransformerModel) -> pa.Table:
    """Every pair of heads in different layers: kind (Q, K, V), layer, head, to_layer, to_head, score, chance."""
    weights, level = HeadWeights.of(model), random_composition(model.config.width)
    rows = [
        {
            "kind": kind, "layer": layer, "head": head, "to_layer": to_layer, "to_head": to_head,
            "score": float(value), "chance": level,
        }
        for kind in ("Q", "K", "V")
        for (layer, head, to_layer, to_head), value in np.ndenumerate(composition(weights, kind))
        if to_layer > layer
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, _PAIRS)


_HEADS = pa.schema(
    [
        ("layer", pa.int32()),
        ("head", pa.int32()),
        ("meter", pa.string()),
        *((name, pa.float64()) for name in ("score", "chance", "normalised")),
    ]
)
_PAIRS = pa.schema(
    [
        ("kind", pa.string()),
        *((name, pa.int32()) for name in ("layer", "head", "to_layer", "to_head")),
        *((name, pa.float64()) for name in ("score", "chance")),
    ]
)
