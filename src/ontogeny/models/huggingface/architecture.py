"""What an architecture of Hugging Face's is here: how its settings and its weights are ours under other names."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from ontogeny.models.huggingface.settings import Settings
from ontogeny.models.transformer import Transformer

HEAD = "lm_head.weight"


@dataclass(frozen=True)
class Described:
    """What a config.json says of a model."""

    config: Transformer
    vocab: int
    length: int


@dataclass(frozen=True)
class Weight:
    """One of our weights and the one or several of theirs that hold it."""

    ours: str
    theirs: tuple[str, ...]
    join: Callable[[Sequence[Tensor], Transformer], Tensor]
    """Theirs, in the order of their names, as ours."""
    split: Callable[[Tensor, Transformer], Sequence[Tensor]]
    """The inverse."""


@dataclass(frozen=True)
class Architecture:
    """One `model_type` of Hugging Face's."""

    kind: str
    class_name: str
    """The class of transformers that a folder is opened with."""
    read: Callable[[Settings], Described]
    """What the settings describe; whatever cannot be held here is an error that names it."""
    write: Callable[[Transformer], dict[str, Any]]
    """The settings that describe a configuration as nearly as this architecture can; `read` tells how nearly."""
    weights: Callable[[Transformer], list[Weight]]
    prefix: str
    """What the names of all weights but the head's begin with; published folders leave it out in part."""
    constants: str
    """Pattern of names that older folders store beside the weights: masks and tables that hold nothing learned."""
    head: str = HEAD
    """What files call the unembedding; state dicts in memory always call it `lm_head.weight`."""
    length: str = "max_position_embeddings"
    """What the settings call the longest sequence."""
    half_split: bool = False
    """Rotary pairs are (i, i + n/2): models with interleaved pairs are written with their rows in that order."""


def same(ours: str, theirs: str) -> Weight:
    """The same tensor under another name."""
    return Weight(ours, (theirs,), lambda parts, _: parts[0], lambda value, _: [value])


def transposed(ours: str, theirs: str) -> Weight:
    """Stored as [input, output], as GPT-2 does."""
    return Weight(ours, (theirs,), lambda parts, _: parts[0].T, lambda value, _: [value.T])


def stacked(ours: str, theirs: Sequence[str], rows: Callable[[Transformer], list[int]]) -> Weight:
    """Several tensors that we keep one above the other, with so many rows each."""
    return Weight(
        ours, tuple(theirs), lambda parts, _: torch.cat(list(parts)), lambda value, config: value.split(rows(config))
    )


def attention_rows(config: Transformer) -> list[int]:
    """Rows of queries, keys and values in our fused projection."""
    shared = config.key_heads * config.head_width
    return [config.width, shared, shared]


def linear(ours: str, theirs: str, *, bias: bool) -> list[Weight]:
    """A linear map or a norm: a weight and perhaps a bias."""
    parts = ["weight", "bias"] if bias else ["weight"]
    return [same(f"{ours}.{part}", f"{theirs}.{part}") for part in parts]


def in_half_split(value: Float[Tensor, "rows ..."], config: Transformer) -> Float[Tensor, "rows ..."]:
    """Our fused projection's weight or bias with the rows of interleaved rotary pairs in the order of half-split ones.

    The scores stay what they are: queries and keys are permuted alike.
    """
    rotated, width = config.rotated, config.head_width
    order = torch.cat((torch.arange(0, rotated, 2), torch.arange(1, rotated, 2), torch.arange(rotated, width)))
    query, key, rest = value.split(attention_rows(config))
    turned = [part.unflatten(0, (-1, width))[:, order].flatten(0, 1) for part in (query, key)]
    return torch.cat((*turned, rest))
