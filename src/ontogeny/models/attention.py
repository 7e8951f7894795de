"""Multi-head self-attention with one fused projection, a cache for generation and a name for every step."""

import torch
from jaxtyping import Bool, Complex, Float
from torch import Tensor, nn
from torch.nn import functional

from ontogeny.models.cache import Cache
from ontogeny.models.positions import rotate
from ontogeny.models.taps import Tap, touch, wants
from ontogeny.models.transformer import Transformer

PLAIN_UP_TO = 192
"""Longest key axis for which product, mask and softmax are written out rather than left to torch's fused kernel."""


class Attention(nn.Module):
    """softmax(queries . keys / sqrt(head_width)) . values, projected back to the residual stream."""

    def __init__(self, config: Transformer, layer: int) -> None:
        super().__init__()
        self.heads, self.head_width, self.layer = config.heads, config.head_width, layer
        self.name = f"layers.{layer}.attention"
        self.input = nn.Linear(config.width, 3 * config.width, bias=config.attention_biases)
        self.output = nn.Linear(config.width, config.width, bias=config.attention_biases)
        self.interleaved = config.rotary_style == "interleaved"

    def forward(
        self,
        x: Float[Tensor, "batch seq width"],
        mask: Float[Tensor, "seq kv"] | None,
        turns: Complex[Tensor, "seq pair"] | None,
        tap: Tap | None,
        cache: Cache | None,
        first: int = 0,
    ) -> Float[Tensor, "batch asked width"]:
        """Attention's output at the positions from `first` on; the ones before serve as keys and values only.

        `mask` is 0 where a query may look and -inf elsewhere; None where every query sees every key.

        `turns` are the positions' rotations, None without rotary positions. The activations `query` and `key` are what
        scores are made of: after the rotation. `scores` are before the mask: editing them cannot show the future.
        """
        query, key, value = self._project(x, first)  # [batch, head, seq, head_width]; query from `first` on
        if turns is not None:
            query = rotate(query, turns[first:], interleaved=self.interleaved)
            key = rotate(key, turns, interleaved=self.interleaved)
        query, key, value = self._touch_heads(tap, query=query, key=key, value=value)
        if cache is not None:
            key, value = cache.extend(self.layer, key, value)
        heads = self._attend(query, key, value, mask if mask is None else mask[first:], tap)
        heads = touch(tap, f"{self.name}.heads", heads.transpose(1, 2))  # [batch, seq, head, head_width]
        return touch(tap, f"{self.name}.out", self.output(heads.flatten(2)))

    def _project(self, x: Float[Tensor, "batch seq width"], first: int) -> tuple[Tensor, ...]:
        """Queries from position `first` on, keys and values of all, each [batch, head, seq, head_width]."""
        if not first:
            # One copy of all three: the products that follow then read contiguous memory.
            return self._split(self.input(x), 3)
        width, weight, bias = x.shape[-1], self.input.weight, self.input.bias
        query = functional.linear(x[:, first:], weight[:width], None if bias is None else bias[:width])
        rest = functional.linear(x, weight[width:], None if bias is None else bias[width:])
        return *self._split(query, 1), *self._split(rest, 2)

    def _split(self, x: Float[Tensor, "batch seq parts"], parts: int) -> tuple[Tensor, ...]:
        heads = x.unflatten(-1, (parts, self.heads, self.head_width))  # [batch, seq, part, head, head_width]
        return heads.permute(2, 0, 3, 1, 4).contiguous().unbind(0)

    def _touch_heads(self, tap: Tap | None, **parts: Tensor) -> tuple[Tensor, ...]:
        """Show each part to the tap as [batch, seq, head, head_width]."""
        if tap is None:
            return tuple(parts.values())
        return tuple(touch(tap, f"{self.name}.{n}", part.transpose(1, 2)).transpose(1, 2) for n, part in parts.items())

    def _attend(
        self,
        query: Float[Tensor, "batch head seq head_width"],
        key: Float[Tensor, "batch head kv head_width"],
        value: Float[Tensor, "batch head kv head_width"],
        mask: Float[Tensor, "seq kv"] | None,
        tap: Tap | None,
    ) -> Float[Tensor, "batch head seq head_width"]:
        """Mix values by attention: written out for short sequences and for taps that ask for scores or pattern."""
        scores_name, pattern_name = f"{self.name}.scores", f"{self.name}.pattern"
        if key.shape[2] > PLAIN_UP_TO and not wants(tap, scores_name) and not wants(tap, pattern_name):
            mask = None if mask is None else mask.to(query.dtype)
            return functional.scaled_dot_product_attention(
                query, key.to(query.dtype), value.to(query.dtype), attn_mask=mask
            )
        scores = query @ key.transpose(-1, -2)  # [batch, head, seq, kv]
        scores = touch(tap, scores_name, scores * self.head_width**-0.5)
        masked = scores if mask is None else scores + mask
        pattern = torch.softmax(masked, dim=-1, dtype=torch.float32).to(value.dtype)
        return touch(tap, pattern_name, pattern) @ value


def attention_mask(queries: range, *, prompt: int, device: torch.device) -> Float[Tensor, "seq kv"]:
    """0 where a query may look at a key, -inf elsewhere: at itself, at what came before, and within the prompt at all.

    `queries` are the positions that ask; keys are all positions up to the last of them.
    """
    query = torch.arange(queries.start, queries.stop, device=device)[:, None]
    key = torch.arange(queries.stop, device=device)[None, :]
    allowed: Bool[Tensor, "seq kv"] = (key <= query) | ((key < prompt) & (query < prompt))
    return torch.zeros(allowed.shape, device=device).masked_fill_(~allowed, -torch.inf)
