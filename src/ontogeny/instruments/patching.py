"""Put activations of one input into a run on another: which part, or which path, carries a difference between them."""

from collections.abc import Iterable, Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from ontogeny.errors import UsageError
from ontogeny.instruments.parts import Exchange, Part, by_name, check_parts, exchange, logits_of
from ontogeny.models import TransformerModel
from ontogeny.worlds.world import Batch


def patch(
    model: TransformerModel, batch: Batch, other: Batch, parts: Sequence[Part]
) -> Float[Tensor, "batch seq vocab"]:
    """The logits on `batch` with the values of `parts` taken from the run on `other`, sequence by sequence.

    Raises: UsageError for a part that the model does not have, or inputs of different shapes.
    """
    _check(model, batch, other, parts)
    return logits_of(model, batch, Exchange(parts, _values(model, other, by_name(parts))))


def path_patch(
    model: TransformerModel, batch: Batch, other: Batch, sender: Part, receivers: Sequence[Part]
) -> Float[Tensor, "batch seq vocab"]:
    """The logits on `batch` when only the direct paths from `sender` to `receivers` carry what `other` says.

    Three runs (Wang et al. 2023): both inputs as they are; `batch` with the sender from `other` and every other head
    and MLP held at what it wrote for `batch`, which shows what the receivers would read; `batch` with the receivers
    set to that. Receivers are activations that are read from the residual stream: queries, keys or values of heads,
    `mlp.hidden`, `final`.

    Raises: UsageError as `patch`, and for a receiver that does not come after the sender.
    """
    _check(model, batch, other, [sender, *receivers])
    for part in receivers:
        if model.names.index(part.name) <= model.names.index(sender.name):
            raise UsageError(f"{part} does not come after {sender}: nothing of it can arrive there")
    writers = [name for name in model.names if name.endswith((".attention.heads", ".mlp.out"))]
    held = _values(model, batch, writers)
    sent = _values(model, other, [sender.name])[sender.name]
    heads = None if sender.head is None else [sender.head]
    held[sender.name] = exchange(sender.name, held.get(sender.name, sent), sent, heads)
    frozen = Exchange([Part(name) for name in held], held)
    arriving = _values(model, batch, by_name(receivers), frozen)
    return logits_of(model, batch, Exchange(receivers, arriving))


def _values(
    model: TransformerModel, batch: Batch, names: Iterable[str], tap: Exchange | None = None
) -> dict[str, Tensor]:
    """The activations of a whole batch as a tap sees them, perhaps while another tap holds others."""
    kept: dict[str, list[Tensor]] = {name: [] for name in names}
    logits_of(model, batch, _Keeping(kept, tap))
    return {name: torch.cat(values) for name, values in kept.items()}


class _Keeping:
    """A tap that keeps some activations, after another tap has had its way."""

    def __init__(self, kept: Mapping[str, list[Tensor]], inner: Exchange | None) -> None:
        self.kept, self.inner = kept, inner
        self.names = {*kept, *(inner.names if inner else ())}

    def at(self, rows: slice, start: int) -> "_Keeping":
        return _Keeping(self.kept, self.inner.at(rows, start) if self.inner else None)

    def __call__(self, name: str, value: Tensor) -> Tensor:
        if self.inner is not None:
            value = self.inner(name, value)
        if name in self.kept:
            self.kept[name].append(value.detach().cpu())
        return value


def _check(model: TransformerModel, batch: Batch, other: Batch, parts: Iterable[Part]) -> None:
    check_parts(model, parts)
    if batch.tokens.shape != other.tokens.shape:
        raise UsageError(f"patching needs two inputs of one shape, given {batch.tokens.shape} and {other.tokens.shape}")
