"""Where a head looks: the attention that it pays, on average, to the keys that a head of its kind would choose.

Each meter names keys for every query. Its score is the attention on them, averaged over the queries that have any and
over sequences: 1 for a perfect head. Attention spread evenly over what is visible does not score 0: the shorter the
sequence, the fewer keys there are to choose from. For the previous token of n positions it scores
(1/2 + 1/3 + ... + 1/n) / (n - 1): 0.36 at n = 4, 0.16 at 16, 0.06 at 64. That chance is given beside every score, from
the same tokens.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ontogeny.errors import UsageError, unknown_name
from ontogeny.models import TransformerModel

Wanted = Bool[Tensor, "batch seq kv"]


def _previous_token(tokens: Int[Tensor, "batch seq"]) -> Wanted:
    place = torch.arange(tokens.shape[1])
    return (place[None, :] == place[:, None] - 1).expand(len(tokens), -1, -1)


def _association(tokens: Int[Tensor, "batch seq"]) -> Wanted:
    earlier = torch.ones(tokens.shape[1], tokens.shape[1], dtype=torch.bool).tril(-1)
    return (tokens[:, :, None] == tokens[:, None, :]) & earlier


def _prefix_matching(tokens: Int[Tensor, "batch seq"]) -> Wanted:
    after = torch.zeros(len(tokens), tokens.shape[1], tokens.shape[1], dtype=torch.bool)
    after[:, :, 1:] = _association(tokens)[:, :, :-1]
    return after & torch.ones(tokens.shape[1], tokens.shape[1], dtype=torch.bool).tril(-1)


METERS: dict[str, Callable[[Int[Tensor, "batch seq"]], Wanted]] = {
    "previous_token": _previous_token,
    "prefix_matching": _prefix_matching,
    "association": _association,
}
"""`previous_token`: the key just before the query. `prefix_matching`: keys just after earlier occurrences of the
query's token, where an induction head looks (Olsson et al. 2022); the query itself is left out. `association`: the
earlier occurrences themselves (Zhang et al. 2022)."""


def wanted_keys(meter: str, tokens: Int[Tensor, "batch seq"]) -> Bool[Tensor, "batch seq kv"]:
    """The keys that a perfect head of this kind attends to. Raises: UsageError for an unknown meter."""
    if meter not in METERS:
        raise unknown_name("head meter", meter, METERS)
    return METERS[meter](tokens)


def attention_on(
    pattern: Float[Tensor, "batch head seq kv"], wanted: Bool[Tensor, "batch seq kv"]
) -> Float[Tensor, " head"]:
    """Attention on the wanted keys, averaged over all queries that have such keys.

    Raises: UsageError if no query has any.
    """
    asked = wanted.any(-1)  # [batch, seq]
    if not asked.any():
        raise UsageError("no position has a key to look for: the meter needs longer, or repeated, sequences")
    paid = torch.einsum("bhqk,bqk->bhq", pattern.double(), wanted.double())
    return (paid * asked[:, None]).sum((0, 2)) / asked.sum()


def chance(wanted: Bool[Tensor, "batch seq kv"], *, prompt: int = 0) -> float:
    """The score of attention spread evenly over what the mask shows: the bias of small lengths.

    The mask is causal, but for `prompt` leading positions, which see one another.
    """
    size = wanted.shape[1]
    visible = torch.ones(size, size, dtype=torch.float64).tril()
    visible[:prompt, :prompt] = 1
    return float(attention_on((visible / visible.sum(-1, keepdim=True)).expand(len(wanted), 1, -1, -1), wanted))


def score_patterns(
    model: TransformerModel,
    tokens: Int[np.ndarray, "batch seq"],
    meters: Sequence[str] = tuple(METERS),
    *,
    batch: int = 16,
) -> dict[str, Float[np.ndarray, "layer head"]]:
    """The meters of every head of a model run on `tokens`; no attention pattern is kept."""
    ids = torch.from_numpy(tokens)
    return score_wanted(model, tokens, {meter: wanted_keys(meter, ids) for meter in meters}, batch=batch)


def score_wanted(
    model: TransformerModel,
    tokens: Int[np.ndarray, "batch seq"],
    wanted: Mapping[str, Bool[Tensor, "batch seq kv"]],
    *,
    prompt: int = 0,
    batch: int = 16,
) -> dict[str, Float[np.ndarray, "layer head"]]:
    """The same with keys of your own, by the name of what attends to them; `prompt` as the model's call takes it."""
    ids, meters = torch.from_numpy(tokens), tuple(wanted)
    shape = (model.config.layers, model.config.heads)
    sums = {meter: np.zeros(shape) for meter in meters}
    names = [f"layers.{layer}.attention.pattern" for layer in range(model.config.layers)]
    queries = {meter: wanted[meter].any(-1).sum(1) for meter in meters}  # [batch]
    device = next(model.parameters()).device
    with torch.no_grad():
        for start in range(0, len(tokens), batch):
            rows = slice(start, start + batch)

            def add(name: str, value: Tensor, rows: slice = rows) -> Tensor:
                for meter in meters:
                    if count := int(queries[meter][rows].sum()):
                        score = attention_on(value.cpu(), wanted[meter][rows]) * count
                        sums[meter][names.index(name)] += score.numpy()
                return value

            model(ids[rows].to(device), prompt=prompt, tap=Watching(names, add))
    for meter in meters:
        if not queries[meter].sum():
            raise UsageError(f"{meter}: no position has a key to look for; give longer, or repeated, sequences")
    return {meter: sums[meter] / int(queries[meter].sum()) for meter in meters}


class Watching:
    """A tap that asks for some activations only."""

    def __init__(self, names: Sequence[str], see: Callable[[str, Tensor], Tensor]) -> None:
        self.names, self.see = names, see

    def __call__(self, name: str, value: Tensor) -> Tensor:
        return self.see(name, value)
