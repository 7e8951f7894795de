"""Probes of labels of your own in every layer of a model, each beside its controls."""

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Float32, Int

from ontogeny.errors import UsageError
from ontogeny.instruments.capture import capture, residual_names
from ontogeny.instruments.controls import control_labels
from ontogeny.instruments.decoding import probe_scores
from ontogeny.instruments.probes import Probe, split_by_sequence
from ontogeny.models import TransformerModel
from ontogeny.worlds.labelled import Labelled
from ontogeny.worlds.world import IGNORE

RECENT, KEPT, BUCKETS = 3, 256, 32
"""What the input alone is told by: the last tokens, the commonest ids one by one, coarse positions."""


def probe_labelled(
    model: TransformerModel,
    untrained: TransformerModel,
    data: Labelled,
    label: str,
    *,
    probe: str | Probe = "linear",
    seed: int = 0,
) -> pa.Table:
    """Read one label off the residual stream after the embedding and after every layer.

    One row a source: accuracy, balanced, majority, normalised (as in `ProbeScore`, on test sequences that no probe was
    fitted on); untrained (the accuracy at the same place of the untrained model); input (the accuracy from recent
    tokens and the position alone); control (from the same states, for a random label of each token, as Hewitt
    and Liang 2019 give one to each word) and selectivity (accuracy less control); samples.

    Raises: UsageError if there are too few sequences or labels; ConvergenceError if a probe did not converge.
    """
    labels = data.label(label)
    mask = labels != IGNORE
    wanted = labels[mask]
    if len(data.classes[label]) < 2:
        raise UsageError(f"{label} has {len(data.classes[label])} different values; a probe needs two to tell apart")
    splits = split_by_sequence(np.nonzero(mask)[0], seed)
    twin = control_labels(wanted, data.tokens[mask].astype(np.uint64), seed, label)
    both, names = np.stack([wanted, twin]), [label, f"control task of {label}"]
    stations = residual_names(model)
    own = capture(model, data.tokens, None, stations, positions=mask, prompt=0)
    fresh = capture(untrained, data.tokens, None, stations, positions=mask, prompt=0)
    surface = recent_input(data.tokens, mask)
    (alone,) = probe_scores(probe, surface, both[:1], splits, seed=seed, names=[f"input, {label}"])
    rows = []
    for station in stations:
        named = [f"{station}, {name}" for name in names]
        score, control = probe_scores(probe, own[station].numpy(), both, splits, seed=seed, names=named)
        (before,) = probe_scores(probe, fresh[station].numpy(), both[:1], splits, seed=seed, names=named[:1])
        rows.append({
            "source": station, "accuracy": score.accuracy, "balanced": score.balanced, "majority": score.majority,
            "normalised": score.normalised, "untrained": before.accuracy, "input": alone.accuracy,
            "control": control.accuracy, "selectivity": score.accuracy - control.accuracy, "samples": score.samples,
        })  # fmt: skip
    return pa.Table.from_pylist([{name: _null(value) for name, value in row.items()} for row in rows], _SCHEMA)


def recent_input(
    tokens: Int[np.ndarray, "batch seq"], mask: Bool[np.ndarray, "batch seq"]
) -> Float32[np.ndarray, "sample feature"]:
    """The last tokens at each chosen position, how often each token has occurred so far, and the position.

    One-hot over the commonest ids (the others count as one), so that a vocabulary of any size stays a small input.
    """
    ids, count = np.unique(tokens, return_counts=True)
    kept = ids[np.argsort(-count, kind="stable")[:KEPT]]
    place = {token: number for number, token in enumerate(kept.tolist(), start=1)}
    known = np.vectorize(lambda token: place.get(token, 0), otypes=[np.int64])(tokens)
    sequence, position = np.nonzero(mask)
    size = len(kept) + 1
    table = np.eye(size + 1, dtype=np.float32)  # the last row: before the sequence began
    parts = []
    for back in range(RECENT):
        before = np.where(position >= back, known[sequence, np.maximum(position - back, 0)], size)
        parts.append(table[before])
    seen = np.zeros((len(position), size), dtype=np.float32)
    for sample, (row, last) in enumerate(zip(sequence, position, strict=True)):
        seen[sample] = np.bincount(known[row, : last + 1], minlength=size)
    bucket = position * BUCKETS // max(BUCKETS, tokens.shape[1])
    return np.concatenate([*parts, seen, np.eye(BUCKETS + 1, dtype=np.float32)[bucket]], axis=1)


def _null(value: object) -> object:
    return None if value != value else value  # not a number


_SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        *((name, pa.float64()) for name in ("accuracy", "balanced", "majority", "normalised")),
        *((name, pa.float64()) for name in ("untrained", "input", "control", "selectivity")),
        ("samples", pa.int64()),
    ]
)
