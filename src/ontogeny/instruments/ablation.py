"""Take parts out of a model for one call: what they write is zero, their mean, or what they wrote elsewhere.

Zero is what the rest of the model may never have seen; the mean keeps what is the same for all inputs; a resampled
value is one that the part does write, for another sequence. Everything goes through taps, which are arguments of one
call: the model is left as it was.
"""

from collections.abc import Iterable, Sequence
from typing import Literal, get_args

import numpy as np
import pyarrow as pa
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ontogeny.errors import UsageError, unknown_name
from ontogeny.instruments.capture import capture
from ontogeny.instruments.parts import Exchange, Part, by_name, check_parts, heads_and_mlps, logits_of, mean_loss
from ontogeny.models import TransformerModel
from ontogeny.randomness import generator
from ontogeny.worlds.world import Batch

Method = Literal["zero", "mean", "resample"]
METHODS: tuple[Method, ...] = get_args(Method)


def ablation_tap(
    model: TransformerModel,
    parts: Sequence[Part],
    method: Method,
    batch: Batch,
    *,
    reference: Batch | None = None,
    positions: Bool[np.ndarray, "batch seq"] | None = None,
    seed: int = 0,
) -> Exchange:
    """A tap that takes `parts` out of calls on `batch`.

    Args:
        method: `zero`; `mean`: over all sequences and positions of the reference; `resample`: what the part writes at
            the same position of another sequence, drawn from the reference for each sequence of the batch.
        reference: sequences that means and resampled values come from; the batch itself if None. For `resample` it is
            as long as the batch.
        positions: which positions of the reference count for means, where some are padding; None: all.

    Raises: UsageError for an unknown method or part, or where no other sequence can be drawn.
    """
    check_parts(model, parts)
    names = list(by_name(parts))
    if method == "zero":
        return Exchange(parts, {name: torch.zeros(1) for name in names})
    reference = batch if reference is None else reference
    if method == "mean":
        counted = np.ones(reference.tokens.shape, bool) if positions is None else positions
        found = capture(model, reference.tokens, reference.features, names, positions=counted, prompt=reference.prompt)
        return Exchange(parts, {name: _axes(name, value.mean(0)[None, None]) for name, value in found.items()})
    if method != "resample":
        raise unknown_name("ablation", method, METHODS)
    order = _others(batch, reference, seed)
    shown = None if reference.features is None else reference.features[order]
    found = capture(model, reference.tokens[order], shown, names, prompt=reference.prompt)
    return Exchange(parts, {name: _axes(name, value) for name, value in found.items()})


def ablate(
    model: TransformerModel,
    parts: Sequence[Part],
    method: Method,
    batch: Batch,
    *,
    reference: Batch | None = None,
    positions: Bool[np.ndarray, "batch seq"] | None = None,
    seed: int = 0,
) -> Float[Tensor, "batch seq vocab"]:
    """The logits on `batch` without `parts`; see `ablation_tap`."""
    tap = ablation_tap(model, parts, method, batch, reference=reference, positions=positions, seed=seed)
    return logits_of(model, batch, tap)


def all_but(model: TransformerModel, kept: Iterable[Part]) -> list[Part]:
    """Every head that is not among `kept`: taking these out asks whether the kept ones suffice (circuits are teams)."""
    wanted = set(kept)
    return [part for part in heads_and_mlps(model) if part.head is not None and part not in wanted]


def ablation_table(
    model: TransformerModel,
    batch: Batch,
    groups: Sequence[Sequence[Part]] | None = None,
    methods: Sequence[Method] = METHODS,
    *,
    reference: Batch | None = None,
    positions: Bool[np.ndarray, "batch seq"] | None = None,
    seed: int = 0,
) -> pa.Table:
    """The loss without each group of parts (every head and every MLP alone, if None), by each method.

    Columns: parts (their names, with plus signs), method, loss (nats a target), change (against the untouched model).
    """
    chosen = [[part] for part in heads_and_mlps(model)] if groups is None else groups
    untouched = mean_loss(logits_of(model, batch), batch)
    rows = []
    for parts in chosen:
        for method in methods:
            without = ablate(model, parts, method, batch, reference=reference, positions=positions, seed=seed)
            loss = mean_loss(without, batch)
            rows.append(
                {"parts": " + ".join(map(str, parts)), "method": method, "loss": loss, "change": loss - untouched}
            )
    return pa.Table.from_pylist(rows, _SCHEMA)


def _others(batch: Batch, reference: Batch, seed: int) -> np.ndarray:
    """For each sequence of the batch another one of the reference: never itself, where they are the same."""
    size, count = len(batch.tokens), len(reference.tokens)
    if reference.tokens.shape[1] != batch.tokens.shape[1]:
        raise UsageError(
            f"resampling needs a reference as long as the batch ({batch.tokens.shape[1]} positions), "
            f"given {reference.tokens.shape[1]}"
        )
    if reference is not batch:
        return generator("resample", seed).integers(0, count, size)
    if count < 2:
        raise UsageError("resampling needs at least two sequences, or a reference of other sequences")
    return (np.arange(size) + generator("resample", seed).integers(1, count, size)) % count


def _axes(name: str, value: Tensor) -> Tensor:
    """From the order of `capture`, in which positions come second, to the order in which a tap sees it."""
    return value.transpose(1, 2) if name.endswith((".scores", ".pattern")) else value


_SCHEMA = pa.schema([("parts", pa.string()), ("method", pa.string()), ("loss", pa.float64()), ("change", pa.float64())])
