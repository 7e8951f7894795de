"""Multi-head self-attention with one fused projection, a cache for generation and a name for every step."""

import torch
from jaxtyping import Complex, Float
from torch import Tensor, nn
from torch.nn import functional

from ontogeny.models.blockwise import attend_blockwise
from ontogeny.models.cache import Cache
from ontogeny.models.linear import Linear, linear, second_derivatives
from ontogeny.models.mask import Mask
from ontogeny.models.positions import rotate
from ontogeny.models.taps import Tap, touch, wants
from ontogeny.models.transformer import Transformer

LONGEST_WRITTEN_OUT = 48
"""The most keys for which product, mask and softmax, one after the other, are as fast as what does all in one.

Measured forwards and backwards on one core with AVX-512; see `docs/performance.md`.
"""


class Attention(nn.Module):
    """softmax(queries . keys / sqrt(head_width)) . values, projected back to the residual stream.

    Linear attention is the same without the softmax: what the mask hides counts nothing, and nothing is normalised.
    """

    def __init__(self, config: Transformer, layer: int) -> None:
        super().__init__()
        self.heads, self.key_heads, self.head_width, self.layer = (
            config.heads,
            config.key_heads,
            config.head_width,
            layer,
        )
        self.name = f"layers.{layer}.attention"
        rows = (config.heads + 2 * config.key_heads) * config.head_width  # queries, keys, values
        self.input = Linear(config.width, rows, bias=config.attention_biases)
        self.output = Linear(config.width, config.width, bias=config.attention_biases)
        self.smear = nn.Parameter(torch.empty(config.key_heads)) if config.smeared_keys else None
        self.reach = config.convolution
        taps = self.reach + 1 if config.mask == "causal" else 2 * self.reach + 1
        self.convolution = nn.Parameter(torch.empty(rows, 1, taps)) if self.reach else None  # as of nn.Conv1d
        self.interleaved = config.rotary_style == "interleaved"
        self.linear = config.attention == "linear"

    def forward(
        self,
        x: Float[Tensor, "batch seq width"],
        mask: Mask,
        turns: Complex[Tensor, "seq pair"] | None,
        tap: Tap | None,
        cache: Cache | None,
        first: int = 0,
    ) -> Float[Tensor, "batch asked width"]:
        """Attention's output at the positions from `first` on; the ones before serve as keys and values only.

        `turns` are the positions' rotations, None without rotary positions. The activations `query` and `key` are what
        scores are made of: after the rotation, and before keys are smeared or neighbours mixed. `scores` are before the
        mask: editing them cannot show the future.
        """
        asked, begin = x.shape[1] - first, 0 if self.reach else first
        # [batch, head or key head, seq, head_width]; query from `begin` on
        query, key, value = self._project(x, begin, cached=cache is not None)
        if turns is not None:
            query = rotate(query, turns[begin:], interleaved=self.interleaved)
            key = rotate(key, turns, interleaved=self.interleaved)
        query, key, value = self._touch_heads(tap, query=query, key=key, value=value)
        if cache is not None:
            key, value = cache.extend(self.layer, key, value)
        if self.reach:
            query = query if cache is None else cache.extend_queries(self.layer, query)
            query, key, value = self._mix_neighbours(query, key, value, mask.prompt)
            query = query[:, :, -asked:]
        if self.smear is not None:
            key = _smeared(key, self.smear)
        if self.key_heads < self.heads:
            key, value = (part.repeat_interleave(self.heads // self.key_heads, dim=1) for part in (key, value))
        heads = self._attend(query, key, value, mask, first, tap)  # [batch, head, asked, head_width]
        heads = touch(tap, f"{self.name}.heads", heads.transpose(1, 2))  # [batch, seq, head, head_width]
        return touch(tap, f"{self.name}.out", self.output(heads.flatten(2)))

    def _project(self, x: Float[Tensor, "batch seq width"], first: int, *, cached: bool) -> tuple[Tensor, ...]:
        """Queries from position `first` on, keys and values of all, each [batch, its heads, seq, head_width].

        They are copied once, for the products that follow read contiguous memory faster: to the cache, if there is one.
        """
        if not first and self.key_heads == self.heads:
            return self._split(self.input(x), 3, self.heads, cached)
        width, weight, bias = x.shape[-1], self.input.weight, self.input.bias
        query = linear(x[:, first:], weight[:width], None if bias is None else bias[:width])
        rest = linear(x, weight[width:], None if bias is None else bias[width:])
        return *self._split(query, 1, self.heads, cached), *self._split(rest, 2, self.key_heads, cached)

    def _split(self, x: Float[Tensor, "batch seq rows"], parts: int, heads: int, cached: bool) -> tuple[Tensor, ...]:
        split = x.unflatten(-1, (parts, heads, self.head_width))  # [batch, seq, part, head, head_width]
        split = split.permute(2, 0, 3, 1, 4)
        return (split if cached else split.contiguous()).unbind(0)

    def _mix_neighbours(self, query: Tensor, key: Tensor, value: Tensor, prompt: int) -> tuple[Tensor, ...]:
        """Each part, [batch, its heads, kv, head_width], with its neighbours mixed in."""
        assert self.convolution is not None
        parts = query, key, value
        weights = self.convolution.split([part.shape[1] * self.head_width for part in parts])
        return tuple(_convolved(part, weight, self.reach, prompt) for part, weight in zip(parts, weights, strict=True))

    def _touch_heads(self, tap: Tap | None, **parts: Tensor) -> tuple[Tensor, ...]:
        """Show each part to the tap as [batch, seq, head, head_width]."""
        if tap is None:
            return tuple(parts.values())
        return tuple(
            touch(tap, name, part.transpose(1, 2)).transpose(1, 2) if wants(tap, name) else part
            for name, part in ((f"{self.name}.{n}", part) for n, part in parts.items())
        )

    def _attend(
        self,
        query: Float[Tensor, "batch head asked head_width"],
        key: Float[Tensor, "batch head kv head_width"],
        value: Float[Tensor, "batch head kv head_width"],
        mask: Mask,
        first: int,
        tap: Tap | None,
    ) -> Float[Tensor, "batch head asked head_width"]:
        """Mix values by attention, step by step or, if many, all in one; a tap on the steps forces the former."""
        scores_name, pattern_name = f"{self.name}.scores", f"{self.name}.pattern"
        watched = wants(tap, scores_name) or wants(tap, pattern_name)
        if key.shape[2] > LONGEST_WRITTEN_OUT and not (watched or self.linear or second_derivatives()):
            attend = attend_blockwise if query.device.type == "cpu" else _fused
            return attend(query, key.to(query.dtype), value.to(query.dtype), mask, first)
        scores = (query @ key.transpose(-1, -2)).mul_(self.head_width**-0.5)  # [batch, head, asked, kv]
        scores = touch(tap, scores_name, scores)
        if self.linear:
            pattern = scores if mask.free else scores.masked_fill(mask.hidden[first:], 0)
        else:
            if not mask.free:  # in place where nobody else holds the scores: memory is passed through once less
                additive = mask.additive[first:]
                scores = scores + additive if watched else scores.add_(additive)
            pattern = torch.softmax(scores, dim=-1, dtype=torch.float32).to(value.dtype)
        return touch(tap, pattern_name, pattern) @ value


def _smeared(
    key: Float[Tensor, "batch head kv head_width"], smear: Float[Tensor, " head"]
) -> Float[Tensor, "batch head kv head_width"]:
    """g key_t + (1 - g) key_(t-1) with g = sigmoid(smear), one for each head; the first key has none before it."""
    kept = torch.sigmoid(smear)[:, None, None].to(key.dtype)
    before = torch.cat((key[:, :, :1], key[:, :, :-1]), dim=2)
    return kept * key + (1 - kept) * before


def _convolved(
    x: Float[Tensor, "batch head kv head_width"], weight: Float[Tensor, "channel 1 tap"], reach: int, prompt: int
) -> Float[Tensor, "batch head kv head_width"]:
    """Every channel's sum over i of weight_i x_(t + i - reach); later neighbours count within the prompt only."""
    channels = x.transpose(2, 3).flatten(1, 2)  # [batch, channel, kv]
    prompt = min(prompt, channels.shape[2])
    past, later = weight[:, :, : reach + 1], weight[:, :, reach + 1 :]
    mixed = functional.conv1d(functional.pad(channels, (reach, 0)), past, groups=len(weight))
    if prompt > 1 and later.shape[2]:
        seen = functional.pad(channels[:, :, 1:prompt], (0, channels.shape[2] - prompt + reach))
        mixed = mixed + functional.conv1d(seen, later, groups=len(weight))
    return mixed.unflatten(1, x.shape[1:4:2]).transpose(2, 3)


def _fused(query: Tensor, key: Tensor, value: Tensor, mask: Mask, first: int) -> Tensor:
    if mask.free:
        return functional.scaled_dot_product_attention(query, key, value)
    if mask.causal and not first:  # no mask to read: what GPU kernels are fastest at
        return functional.scaled_dot_product_attention(query, key, value, is_causal=True)
    additive = mask.additive[first:].to(query.dtype)
    return functional.scaled_dot_product_attention(query, key, value, attn_mask=additive)
