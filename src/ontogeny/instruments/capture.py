"""Read named activations out of a model at chosen positions, chunk by chunk; only what is asked for is kept."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor

from ontogeny.errors import unknown_name
from ontogeny.models import TransformerModel


def residual_names(model: TransformerModel) -> tuple[str, ...]:
    """The residual stream's stations: the embedding and the output of every layer, in order."""
    return ("embed", *(f"layers.{layer}.residual_out" for layer in range(model.config.layers)))


def capture(
    model: TransformerModel,
    tokens: Int[np.ndarray, "batch seq"],
    features: Shaped[np.ndarray, "batch slot feature"] | None = None,
    names: Sequence[str] = (),
    *,
    means: Mapping[str, Sequence[str]] | None = None,
    positions: Bool[np.ndarray, "batch seq"] | None = None,
    prompt: int | None = None,
    batch: int = 256,
) -> dict[str, Float[Tensor, "..."]]:
    """The activations `names` of the model run on `tokens`, in fp32 on the CPU.

    The model is left as it is, gradients are not tracked, and what lies behind the last of the names is not computed.
    Beside what is returned, memory holds one chunk's forward pass at a time.

    Args:
        names: activations from `model.names`.
        means: new names for means over several activations of one shape, formed as they pass: the mean over all
            layers is `{"mean": residual_names(model)}`.
        positions: which positions to keep; None keeps all.
        prompt: what the model's call takes, needed with a prefix mask.
        batch: sequences run at a time.

    Returns:
        For each name [batch, seq, ...], or with `positions` [kept, ...], sequence after sequence. Residual stream
        and MLP end in their own size, `query`, `key`, `value` and `heads` in [head, head_width], `scores` and
        `pattern` in [head, kv].

    Raises:
        UsageError: a name that the model does not have.
    """
    wanted = {name: (name,) for name in names} | {name: tuple(parts) for name, parts in (means or {}).items()}
    for name in (part for parts in wanted.values() for part in parts):
        if name not in model.names:
            raise unknown_name("activation", name, model.names)
    recorder = _Recorder(wanted, tokens, positions, model.names)
    device = next(model.parameters()).device
    with torch.no_grad():
        for start in range(0, len(tokens), batch):
            rows = slice(start, start + batch)
            shown = None if features is None else torch.from_numpy(features[rows]).to(device)
            recorder.turn_to(rows, shown)
            with suppress(_Complete):
                model(torch.from_numpy(tokens[rows]).to(device), shown, prompt=prompt, tap=recorder)
    return recorder.results


class _Complete(Exception):  # noqa: N818
    """All that was asked for has passed: the rest of the forward pass would be for nothing."""


class _Recorder:
    """A tap that keeps what passes: the tensor itself where it is all of it, else in arrays allocated once."""

    def __init__(
        self,
        wanted: Mapping[str, tuple[str, ...]],
        tokens: np.ndarray,
        positions: np.ndarray | None,
        order: Sequence[str],
    ) -> None:
        self.targets: dict[str, list[tuple[str, int]]] = {}
        for target, parts in wanted.items():
            for part in parts:
                self.targets.setdefault(part, []).append((target, len(parts)))
        self.names = self.targets.keys()
        self.last = max(self.names, key=order.index, default=None)
        self.positions = None if positions is None else torch.from_numpy(np.ascontiguousarray(positions))
        self.offsets = None if positions is None else [0, *np.cumsum(positions.sum(1)).tolist()]  # first kept of a row
        self.size = len(tokens) if self.offsets is None else self.offsets[-1]
        self.results: dict[str, Tensor] = {}
        self.rows = self.place = slice(0, 0)
        self.others: set[int] = set()

    def turn_to(self, rows: slice, shown: Tensor | None) -> None:
        """The next call of the model is on these rows of the batch, and on the caller's own `shown`."""
        self.rows = self.place = rows
        self.others = set() if shown is None else {shown.data_ptr()}  # memory that belongs to another tensor
        if self.offsets is not None:
            self.place = slice(self.offsets[rows.start], self.offsets[min(rows.stop, len(self.offsets) - 1)])

    def __call__(self, name: str, value: Tensor) -> Tensor:
        kept = value.transpose(1, 2) if name.endswith((".scores", ".pattern")) else value  # [rows, seq, ...]
        if self.positions is not None:
            kept = kept[self.positions[self.rows].to(value.device)]  # [kept, ...]
        for target, parts in self.targets[name]:
            if parts == 1 and self._whole(kept):
                self.others.add(kept.data_ptr())
                self.results[target] = kept
                continue
            if target not in self.results:
                self.results[target] = torch.zeros(self.size, *kept.shape[1:])
            place = self.results[target][self.place]
            if parts == 1:
                place.copy_(kept)
            else:
                place.add_(kept.float().cpu(), alpha=1 / parts)
        if name == self.last:
            raise _Complete
        return value

    def _whole(self, kept: Tensor) -> bool:
        """Whether the tensor can be the result: of all sequences at once, in memory of its own."""
        own = kept.untyped_storage().nbytes() == kept.nbytes and kept.data_ptr() not in self.others
        return own and len(kept) == self.size and kept.dtype == torch.float32 and kept.device.type == "cpu"
