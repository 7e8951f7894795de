"""Rotary positions (Su et al. 2021): queries and keys are turned by an angle proportional to their position."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from ontogeny.models.transformer import Transformer

Swap = Callable[[Tensor], Tensor]


def rotary_tables(
    config: Transformer, length: int
) -> tuple[Float[Tensor, "seq head_width"], Float[Tensor, "seq head_width"]]:
    """Cosines and signed sines such that the turned vector is `x * cosine + swapped(x) * sine`.

    Pair i of n turns by position * base^(-2i/n). Components beyond `rotary_width` have cosine 1 and sine 0.
    """
    rotated = config.rotated
    frequencies = config.rotary_base ** -(torch.arange(0, rotated, 2, dtype=torch.float32) / rotated)
    angles = torch.arange(length, dtype=torch.float32)[:, None] * frequencies  # [length, rotated / 2]
    cosine, sine = angles.cos(), angles.sin()
    if config.rotary_style == "interleaved":
        cosine = cosine.repeat_interleave(2, dim=1)
        sine = torch.stack((-sine, sine), dim=2).flatten(1)
    else:
        cosine = torch.cat((cosine, cosine), dim=1)
        sine = torch.cat((-sine, sine), dim=1)
    rest = config.head_width - rotated
    return torch.nn.functional.pad(cosine, (0, rest), value=1.0), torch.nn.functional.pad(sine, (0, rest))


def rotary_swap(config: Transformer) -> Swap:
    """The function that exchanges the two components of every rotated pair."""
    rotated = config.rotated
    if config.rotary_style == "interleaved":
        return lambda x: x.unflatten(-1, (-1, 2)).flip(-1).flatten(-2)
    if rotated == config.head_width:
        return lambda x: x.roll(rotated // 2, -1)
    return lambda x: torch.cat((x[..., :rotated].roll(rotated // 2, -1), x[..., rotated:]), -1)


def rotate(
    x: Float[Tensor, "*lead seq head_width"],
    cosine: Float[Tensor, "seq head_width"],
    sine: Float[Tensor, "seq head_width"],
    swap: Swap,
) -> Float[Tensor, "*lead seq head_width"]:
    """Turn every pair of components of `x` by its position's angle."""
    return torch.addcmul(x * cosine.to(x.dtype), swap(x), sine.to(x.dtype))
