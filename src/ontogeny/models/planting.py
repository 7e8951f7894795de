"""Heads that look where they should before anything is learned: planted in the initial queries and keys.

Zhang et al. (2022, arXiv 2206.04301) let the heads of an untrained model mimic patterns that pretrained ones show, by a
training of its own. Here the same patterns are solved for: tokens and positions are embedded in linearly independent
directions (as long as the width has room), so that a linear map can read the one and not the other.
"""

import math
from typing import TYPE_CHECKING, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ontogeny.randomness import torch_generator

if TYPE_CHECKING:
    from ontogeny.models.network import Layer, TransformerModel

SHARPNESS = 8.0
"""By how much the score of a wanted key exceeds others: it takes 99 % of the attention among 30 keys."""


def plant(model: "TransformerModel", seed: int) -> None:
    """Set the queries and keys of the heads that the model's configuration names, in every layer.

    In the first layer the patterns are as wanted; in later ones as far as what is written in between leaves the
    embedding as it was. Call it without gradients.
    """
    config = model.config
    token, position = _readers(model)
    sharp = math.sqrt(SHARPNESS * math.sqrt(config.head_width))  # of queries and keys each
    for index, role in enumerate(config.planted):
        random = torch_generator("plant", seed, index)
        if role == "association":
            query = key = token @ _directions(token.shape[1], config.head_width, random)
        else:
            places = _directions(position.shape[1], config.head_width, random)
            query, key = position @ places.roll(-role, dims=0), position @ places  # the query at i looks for i + role
        for layer in model.layers:
            weight = cast("Layer", layer).attention.input.weight.unflatten(0, (3, config.heads, config.head_width))
            weight[0, index], weight[1, index] = sharp * query.T, sharp * key.T


def _readers(model: "TransformerModel") -> tuple[Float[Tensor, "width token"], Float[Tensor, "width position"]]:
    """Linear maps from what a layer reads to which token, and which position, it is: 1 there, 0 elsewhere."""
    config, tokens, table = model.config, model.token_table.weight.double(), model.position_table
    assert table is not None  # the configuration plants with learned positions only
    embedded = torch.cat([tokens, table.weight.double()])
    if config.norm == "layer":
        embedded = embedded - embedded.mean(1, keepdim=True)
    read = torch.linalg.pinv(embedded)
    first, rest = embedded.split([len(tokens), len(embedded) - len(tokens)])
    if config.norm != "none":  # undo the norm's gain
        read = read * ((first[:, None] + rest[None]).norm(dim=2).mean() / math.sqrt(config.width))
    return read[:, : len(first)].float(), read[:, len(first) :].float()


def _directions(count: int, size: int, random: torch.Generator) -> Float[Tensor, "count size"]:
    """Vectors of length 1, orthogonal where they fit and nearly so where they do not."""
    found = torch.empty(count, size)
    nn.init.orthogonal_(found, generator=random)
    return found / found.norm(dim=1, keepdim=True)
