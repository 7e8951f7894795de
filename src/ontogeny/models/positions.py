"""Rotary positions (Su et al. 2021): queries and keys are turned by angles proportional to their position."""

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from ontogeny.models.transformer import Transformer


def rotary_turns(config: Transformer, queries: range, device: torch.device) -> Complex[Tensor, "seq pair"]:
    """One complex number of length 1 for every position and pair: pair i of n turns by position * base^(-i/n).

    Computed anew in fp32 for each call, which is cheap, so that no cast of the model can spoil it.
    """
    pairs = config.rotated // 2
    frequencies = config.rotary_base ** -(torch.arange(pairs, dtype=torch.float32, device=device) / pairs)
    position = torch.arange(queries.start, queries.stop, dtype=torch.float32, device=device)
    angles = position[:, None] * frequencies  # [seq, pair]
    return torch.polar(torch.ones_like(angles), angles)


def rotate(
    x: Float[Tensor, "batch head seq head_width"], turns: Complex[Tensor, "seq pair"], *, interleaved: bool
) -> Float[Tensor, "batch head seq head_width"]:
    """Turn every pair of components of `x`, taken as one complex number; components beyond the pairs stay.

    Complex products take fewer passes over memory than any arrangement of real ones; interleaved pairs need no copy.
    """
    rotated = 2 * turns.shape[1]
    if rotated < x.shape[-1]:
        turned = rotate(x[..., :rotated].contiguous(), turns, interleaved=interleaved)
        return torch.cat((turned, x[..., rotated:]), dim=-1)
    if interleaved:
        pairs = torch.view_as_complex(x.float().unflatten(-1, (-1, 2)))  # [batch, head, seq, pair]
        return torch.view_as_real(pairs * turns).flatten(-2).to(x.dtype)
    pairs = torch.complex(*x.float().chunk(2, dim=-1)) * turns
    return torch.cat((pairs.real, pairs.imag), dim=-1).to(x.dtype)
