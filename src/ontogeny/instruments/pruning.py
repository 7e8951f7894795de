"""Take parts out one after the other, the least important first, and see how long the model still does its task."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from jaxtyping import Float, Int

from ontogeny.instruments.ablation import Method, ablate
from ontogeny.instruments.gates import gate_gradients
from ontogeny.instruments.parts import Part, accuracy, mean_loss
from ontogeny.models import TransformerModel
from ontogeny.randomness import generator
from ontogeny.worlds.world import Batch


def pruning_order(model: TransformerModel, batch: Batch, parts: Sequence[Part], *, at_once: int = 1) -> list[Part]:
    """The order in which parts are taken out: those with the smallest gate gradients first, then measured anew.

    Whenever `at_once` more have been taken out, the gradients of those left are measured without them, on `batch`
    (Michel et al. 2019, section 4).
    """
    gates, order = np.ones(len(parts)), []
    while gates.any():
        importance = np.where(gates > 0, gate_gradients(model, batch, parts, gates=gates), np.inf)
        for place in np.argsort(importance, kind="stable")[: min(at_once, int(gates.sum()))].tolist():
            gates[place] = 0
            order.append(parts[place])
    return order


def random_orders(parts: Sequence[Part], count: int, *, seed: int, name: str = "") -> list[list[Part]]:
    """As many orders of the parts drawn at random, others for each name: what pruning by importance is held against."""
    random = generator("random pruning", name, seed)
    return [[parts[place] for place in random.permutation(len(parts)).tolist()] for _ in range(count)]


def pruning_curve(
    model: TransformerModel,
    batch: Batch,
    order: Sequence[Part],
    *,
    every: int = 1,
    method: Method = "zero",
    reference: Batch | None = None,
) -> pa.Table:
    """Loss and accuracy on a batch without the first parts of an order: none, `every`, twice as many, ..., all.

    Columns: removed (how many), share (of all parts in the order), loss (nats a target), accuracy (over all targets).
    """
    counts = [*range(0, len(order), every), len(order)]
    rows = []
    for removed in counts:
        logits = ablate(model, order[:removed], method, batch, reference=reference)
        rows.append(
            {
                "removed": removed,
                "share": removed / len(order),
                "loss": mean_loss(logits, batch),
                "accuracy": accuracy(logits, batch),
            }
        )
    return pa.Table.from_pylist(rows)


def prunable(
    removed: Int[np.ndarray, " count"], accuracy: Float[np.ndarray, " count"], *, tolerance: float = 0.05
) -> int:
    """The most parts that can go, in the order of a curve, until more than this share of the accuracy is lost.

    The curve begins with the untouched model. What comes after the first such loss does not count.
    """
    lost = np.flatnonzero(accuracy < (1 - tolerance) * accuracy[0])
    return int(removed[lost[0] - 1] if len(lost) else removed[-1])
