"""Softmax attention on processors, one block of queries after the other.

A block takes only the keys that one of its queries may look at (half of all, under a causal mask), and what lies
between its two products passes through memory as rarely as eager kernels allow, forwards and backwards.
"""

from collections.abc import Iterator
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from ontogeny.models.mask import Mask

BLOCK = 64
"""Queries of a block: fewer make the products slow, more waste them on what the mask hides."""


def attend_blockwise(
    query: Float[Tensor, "batch head asked head_width"],
    key: Float[Tensor, "batch head kv head_width"],
    value: Float[Tensor, "batch head kv head_width"],
    mask: Mask,
    first: int = 0,
) -> Float[Tensor, "batch head asked head_width"]:
    """softmax(queries . keys / sqrt(head_width) + mask) . values, for the mask's queries from `first` on.

    Has a first derivative, for which every pattern is kept, and no second one.
    """
    query = query * query.shape[-1] ** -0.5
    if torch.is_grad_enabled():
        return _Blockwise.apply(query, key, value, mask, first)
    heads = torch.empty_like(query)
    for rows, seen, pattern in _patterns(query, key, mask, first):
        heads[:, :, rows] = pattern @ value[:, :, :seen]
    return heads


class _Blockwise(torch.autograd.Function):
    """The products and the softmax of `attend_blockwise` with their gradient, on queries that are scaled already."""

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor, mask: Mask, first: int) -> Tensor:
        heads, blocks, patterns = torch.empty_like(query), [], []
        for rows, seen, pattern in _patterns(query, key, mask, first):
            heads[:, :, rows] = pattern @ value[:, :, :seen]
            blocks.append((rows, seen))
            patterns.append(pattern)
        ctx.save_for_backward(query, key, value, *patterns)
        ctx.blocks = blocks
        return heads

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, heads: Tensor) -> tuple[Tensor | None, ...]:
        query, key, value, *patterns = ctx.saved_tensors
        to_query, to_key, to_value = torch.empty_like(query), torch.zeros_like(key), torch.zeros_like(value)
        for (rows, seen), pattern in zip(ctx.blocks, patterns, strict=True):
            to_heads = heads[:, :, rows]
            to_value[:, :, :seen] += pattern.transpose(-1, -2) @ to_heads
            to_pattern = to_heads @ value[:, :, :seen].transpose(-1, -2)
            to_scores = torch._softmax_backward_data(to_pattern, pattern, -1, pattern.dtype)
            to_query[:, :, rows] = to_scores @ key[:, :, :seen]
            to_key[:, :, :seen] += to_scores.transpose(-1, -2) @ query[:, :, rows]
        return to_query, to_key, to_value, None, None


def _patterns(query: Tensor, key: Tensor, mask: Mask, first: int) -> Iterator[tuple[slice, int, Tensor]]:
    """Of each block its rows, how many leading keys they see, and its pattern, [batch head row seen]."""
    for start in range(0, query.shape[2], BLOCK):
        rows = slice(start, min(start + BLOCK, query.shape[2]))
        asking = range(first + rows.start, first + rows.stop)
        shared, seen = mask.span(asking)
        scores = query[:, :, rows] @ key[:, :, :seen].transpose(-1, -2)
        scores[..., shared:] += mask.additive[asking.start : asking.stop, shared:seen]
        # torch.softmax would be given fp32 by autocast; this computes in fp32 too, but reads and writes bf16.
        yield rows, seen, torch._softmax(scores, -1, half_to_float=False)
