"""Parts of a transformer that can be taken out or exchanged: heads, MLPs, any named activation."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import cross_entropy

from ontogeny.errors import UsageError, unknown_name
from ontogeny.instruments.generation import placed
from ontogeny.models import Tap, TransformerModel
from ontogeny.worlds.world import IGNORE, Batch

BY_HEAD = ("query", "key", "value", "scores", "pattern", "heads")
"""Activations of attention that have an axis of heads."""


@dataclass(frozen=True)
class Part:
    """An activation of `model.names`, or one head of it."""

    name: str
    head: int | None = None

    def __str__(self) -> str:
        """`2.1` is what head 1 of layer 2 mixes, `2.mlp` what layer 2's MLP writes; others by their full name."""
        if found := re.fullmatch(r"layers\.(\d+)\.(attention\.heads|mlp\.out)", self.name):
            if found[2] == "mlp.out":
                return f"{found[1]}.mlp"
            if self.head is not None:
                return f"{found[1]}.{self.head}"
        return self.name if self.head is None else f"{self.name}.{self.head}"


def head(layer: int, index: int) -> Part:
    """What one head of attention mixes from its values."""
    return Part(f"layers.{layer}.attention.heads", index)


def mlp(layer: int) -> Part:
    """What an MLP writes into the residual stream."""
    return Part(f"layers.{layer}.mlp.out")


def heads_and_mlps(model: TransformerModel) -> list[Part]:
    """Every head and every MLP, layer after layer."""
    config, found = model.config, []
    for layer in range(config.layers):
        found += [head(layer, index) for index in range(config.heads)]
        found += [mlp(layer)] if config.mlp else []
    return found


def find_part(model: TransformerModel, text: str) -> Part:
    """What a text as `str(part)` gives it means in this model. Raises: UsageError if the model has no such part."""
    if short := re.fullmatch(r"(\d+)\.(\d+|mlp)", text):
        part = mlp(int(short[1])) if short[2] == "mlp" else head(int(short[1]), int(short[2]))
    elif text not in model.names and (long := re.fullmatch(r"(.+)\.(\d+)", text)):
        part = Part(long[1], int(long[2]))
    else:
        part = Part(text)
    check_parts(model, [part])
    return part


def check_parts(model: TransformerModel, parts: Iterable[Part]) -> None:
    """Raises: UsageError for an activation or a head that the model does not have."""
    for part in parts:
        if part.name not in model.names:
            raise unknown_name("activation", part.name, model.names)
        if part.head is None:
            continue
        kind = part.name.rpartition(".")[2]
        if kind not in BY_HEAD:
            raise UsageError(f"{part.name} has no heads; those that have are {', '.join(BY_HEAD)}")
        count = model.config.key_heads if kind in ("key", "value") else model.config.heads
        if not 0 <= part.head < count:
            raise UsageError(f"{part.name} has heads 0 to {count - 1}, given {part.head}")


def by_name(parts: Iterable[Part]) -> dict[str, list[int] | None]:
    """The heads that are meant of each activation; None where all of it is."""
    found: dict[str, list[int] | None] = {}
    for part in parts:
        if part.head is None:
            found[part.name] = None
        elif (heads := found.setdefault(part.name, [])) is not None:
            heads.append(part.head)
    return found


def head_axis(name: str) -> int:
    """Which axis of this activation, as a tap sees it, has the heads."""
    return 1 if name.endswith((".scores", ".pattern")) else 2


def exchange(
    name: str, value: Float[Tensor, "..."], other: Float[Tensor, "..."], heads: Sequence[int] | None
) -> Float[Tensor, "..."]:
    """`value` with these heads (None: all of it) taken from `other`, which broadcasts to it."""
    other = other.to(value).expand_as(value)
    if heads is None:
        return other.clone()
    axis, index = head_axis(name), torch.tensor(heads, device=value.device)
    return value.index_copy(axis, index, other.index_select(axis, index))


class Exchange:
    """A tap that puts stored values in the place of parts; `values` by name, one a sequence or one for all."""

    def __init__(
        self, parts: Iterable[Part], values: Mapping[str, Float[Tensor, "..."]], rows: slice | None = None
    ) -> None:
        self.heads, self.values, self.rows = by_name(parts), values, rows

    @property
    def names(self) -> Iterable[str]:
        return self.heads.keys()

    def at(self, rows: slice, start: int) -> "Exchange":
        """The same for a call on these rows of the batch."""
        moved = Exchange((), self.values, rows)
        moved.heads = self.heads
        return moved

    def __call__(self, name: str, value: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        if name not in self.heads:
            return value
        other = self.values[name]
        if self.rows is not None and len(other) > 1:
            other = other[self.rows]
        return exchange(name, value, other, self.heads[name])


def sequences(tokens: Int[np.ndarray, "batch seq"]) -> Batch:
    """Plain sequences as a batch: the target of each position is the next token."""
    targets = np.full(tokens.shape, IGNORE)
    targets[:, :-1] = tokens[:, 1:]
    return Batch(tokens=tokens, features=None, targets=targets, prompt=0, hidden=None)


def logits_of(
    model: TransformerModel, batch: Batch, tap: Tap | None = None, *, chunk: int = 64
) -> Float[Tensor, "batch seq vocab"]:
    """The model's logits on a batch, on the CPU, without gradients; a tap with a method `at` is told the rows."""
    device = next(model.parameters()).device
    results = []
    with torch.no_grad():
        for start in range(0, len(batch.tokens), chunk):
            rows = slice(start, start + chunk)
            ids = torch.from_numpy(batch.tokens[rows]).to(device)
            shown = None if batch.features is None else torch.from_numpy(batch.features[rows]).to(device)
            results.append(model(ids, shown, prompt=batch.prompt, tap=placed(tap, rows, 0)).cpu())
    return torch.cat(results)


def accuracy(logits: Float[Tensor, "batch seq vocab"], batch: Batch) -> float:
    """The share of the batch's targets that are the likeliest token."""
    return float((logits.argmax(dim=2).numpy() == batch.targets)[batch.learned].mean())


def mean_loss(logits: Float[Tensor, "batch seq vocab"], batch: Batch) -> float:
    """Mean cross-entropy in nats over the batch's targets. Raises: UsageError if it has none."""
    targets = torch.from_numpy(batch.targets)
    if not (targets != IGNORE).any():
        raise UsageError("the batch has no target: no loss can be measured on it")
    return float(cross_entropy(logits.float().flatten(0, 1), targets.flatten(), ignore_index=IGNORE))
