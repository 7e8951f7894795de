"""Gates: numbers that multiply what parts of a model give on. How fast the loss changes with them is their importance.

At 1 a gate changes nothing, at 0 the part is taken out as zero ablation does it. Gates are a tap, an argument of one
call: the model is left as it was.
"""

from collections.abc import Collection, Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import cross_entropy

from ontogeny.errors import UsageError
from ontogeny.instruments.parts import Part, check_parts, head_axis, heads_and_mlps
from ontogeny.models import TransformerModel
from ontogeny.worlds.world import IGNORE, Batch


class Gates:
    """A tap that multiplies each part by a number: the same for all sequences, or one for each of the call's."""

    def __init__(self, parts: Sequence[Part], values: Float[Tensor, "part _batch"]) -> None:
        """`values` has one column, or one a sequence. Raises: UsageError for two gates on one head or activation."""
        self._values = values
        self._places: dict[str, list[int]] = {}
        for place, part in enumerate(parts):
            self._places.setdefault(part.name, []).append(place)
        self._heads = {name: [parts[place].head for place in places] for name, places in self._places.items()}
        for name, heads in self._heads.items():
            if len(set(heads)) < len(heads) or (None in heads and len(heads) > 1):
                raise UsageError(f"{name} has more than one gate: name it as a whole, or each of its heads once")

    @property
    def names(self) -> Collection[str]:
        return self._places.keys()

    def __call__(self, name: str, value: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        if name not in self._places:
            return value
        gates, shape = self._values[self._places[name]].to(value), [-1] + [1] * (value.ndim - 1)
        heads = [index for index in self._heads[name] if index is not None]
        if not heads:
            return value * gates.reshape(shape)
        shape[head_axis(name)] = value.shape[head_axis(name)]
        every = value.new_ones(gates.shape[1], value.shape[head_axis(name)])  # [batch, head]
        return value * every.index_copy(1, torch.tensor(heads, device=value.device), gates.T).reshape(shape)


def gate_gradients(
    model: TransformerModel,
    batch: Batch,
    parts: Sequence[Part] | None = None,
    *,
    gates: Float[np.ndarray, " part"] | None = None,
    chunk: int = 64,
) -> Float[np.ndarray, " part"]:
    """How fast the loss changes with each part's gate: the mean over sequences of |d loss / d gate|.

    The loss is a sequence's mean over its targets (Michel et al. 2019, arXiv 1905.10650). The gradients of the model's
    own parameters are neither computed nor touched.

    Args:
        parts: what has gates; all heads and MLPs, in the order of `heads_and_mlps`, if None.
        gates: where they stand, 1 if None; a part whose gate is at 0 is taken out for all others.

    Raises: UsageError for a part that the model does not have, or a batch without targets.
    """
    parts = heads_and_mlps(model) if parts is None else parts
    check_parts(model, parts)
    if not batch.learned.any():
        raise UsageError("the batch has no target: no loss can change")
    device, total = next(model.parameters()).device, np.zeros(len(parts))
    stand = torch.ones(len(parts)) if gates is None else torch.from_numpy(np.asarray(gates, np.float32))
    for start in range(0, len(batch.tokens), chunk):
        rows = slice(start, start + chunk)
        each = stand[:, None].repeat(1, len(batch.tokens[rows])).to(device).requires_grad_()
        with torch.enable_grad():
            (slope,) = torch.autograd.grad(_summed_loss(model, batch, rows, Gates(parts, each)), each)
        total += slope.abs().sum(1).double().cpu().numpy()
    return total / len(batch.tokens)


def _summed_loss(model: TransformerModel, batch: Batch, rows: slice, tap: Gates) -> Float[Tensor, ""]:
    """Each sequence's mean loss over its targets, summed over these sequences."""
    device = next(model.parameters()).device
    shown = None if batch.features is None else torch.from_numpy(batch.features[rows]).to(device)
    logits = model(torch.from_numpy(batch.tokens[rows]).to(device), shown, prompt=batch.prompt, tap=tap)
    targets = torch.from_numpy(batch.targets[rows]).to(device)
    each = cross_entropy(logits.transpose(1, 2).float(), targets, ignore_index=IGNORE, reduction="none")
    return (each.sum(1) / (targets != IGNORE).sum(1).clamp(min=1)).sum()
