"""The transformer itself: embed, a stack of layers, norm, unembed; readable top to bottom."""

import math
from itertools import pairwise

import torch
from jaxtyping import Complex, Float, Int, Shaped
from torch import Tensor, nn

from ontogeny.errors import UsageError
from ontogeny.models.attention import Attention
from ontogeny.models.cache import Cache
from ontogeny.models.linear import Linear
from ontogeny.models.mask import Mask
from ontogeny.models.mlp import MLP
from ontogeny.models.planting import plant
from ontogeny.models.positions import rotary_turns
from ontogeny.models.taps import Tap, touch, within
from ontogeny.models.transformer import Transformer
from ontogeny.randomness import torch_generator


def _norm(config: Transformer) -> nn.Module:
    if config.norm == "none":
        return nn.Identity()
    kind = nn.LayerNorm if config.norm == "layer" else nn.RMSNorm
    return kind(config.width, eps=config.norm_epsilon)


def _input_mlp(config: Transformer, inputs: int) -> nn.Module:
    sizes = (inputs, config.input_mlp, config.input_mlp, config.width - 1)
    parts = [part for pair in pairwise(sizes) for part in (Linear(*pair), nn.ReLU())]
    return nn.Sequential(*parts[:-1])


class Layer(nn.Module):
    """Attention and MLP around the residual stream, one after the other or side by side."""

    def __init__(self, config: Transformer, layer: int) -> None:
        super().__init__()
        self.name = f"layers.{layer}"
        self.after_attention = config.block == "pre_norm"
        self.attention_norm = _norm(config)
        self.attention = Attention(config, layer)
        self.mlp_norm = _norm(config) if config.mlp and config.block != "parallel" else None
        self.mlp = MLP(config, layer) if config.mlp else None

    def forward(
        self,
        x: Float[Tensor, "batch seq width"],
        mask: Mask,
        turns: Complex[Tensor, "seq pair"] | None,
        tap: Tap | None,
        cache: Cache | None,
        first: int = 0,
    ) -> Float[Tensor, "batch asked width"]:
        """The residual stream after this layer at the positions from `first` on."""
        tap = within(tap, self.name)
        before = touch(tap, f"{self.name}.residual_in", x)
        normed = self.attention_norm(before)
        x = before[:, first:] + self.attention(normed, mask, turns, tap, cache, first)
        x = touch(tap, f"{self.name}.residual_middle", x)
        if self.mlp is not None:
            if self.mlp_norm is None:
                read = normed[:, first:]
            else:
                read = self.mlp_norm(x if self.after_attention else before[:, first:])
            x = x + self.mlp(read, tap)
        return touch(tap, f"{self.name}.residual_out", x)


class TransformerModel(nn.Module):
    """A decoder-only transformer over tokens, or over feature slots followed by tokens."""

    def __init__(self, config: Transformer, *, vocab: int, feature_size: int, length: int, seed: int | None) -> None:
        """`seed=None` leaves the weights undetermined: they are about to be loaded."""
        super().__init__()
        self.config, self.vocab, self.feature_size, self.length = config, vocab, feature_size, length
        embedded = config.stream == "embedded"
        if not embedded and (vocab != 1 or not (config.input_mlp or feature_size == config.width)):
            raise UsageError(
                "stream='shown' needs one number to predict, and vectors as wide as the model unless an input_mlp "
                f"stands between: given feature_size={feature_size}, width={config.width} and {vocab} outputs"
            )
        with torch.random.fork_rng(devices=[]):  # torch's own initialisation is overwritten below
            if embedded:
                self.token_table = nn.Embedding(vocab, config.width)
                self.feature_map = Linear(feature_size, config.width, bias=False) if feature_size else None
            self.input_mlp = _input_mlp(config, feature_size - 1) if config.input_mlp else None
            rows = length + config.position_offset
            self.position_table = nn.Embedding(rows, config.width) if config.positions == "learned" else None
            self.layers = nn.ModuleList(Layer(config, layer) for layer in range(config.layers))
            self.final_norm = _norm(config)
            if embedded:
                self.head = Linear(config.width, vocab, bias=config.head_bias)
        if config.tied:
            self.head.weight = self.token_table.weight
        if config.looped:
            _share(self.layers)
        self.names = _activation_names(config)
        if seed is not None:
            initialise(self, seed)

    def forward(
        self,
        tokens: Int[Tensor, "batch seq"],
        features: Shaped[Tensor, "batch slot feature"] | None = None,
        *,
        prompt: int | None = None,
        tap: Tap | None = None,
        cache: Cache | None = None,
        first: int = 0,
    ) -> Float[Tensor, "batch asked vocab"]:
        """Next-token logits at every position of `tokens`, or only at those from `first` on.

        Args:
            tokens: ids; the first `slot` of them are not read where `features` is given.
            features: vectors shown at the first `slot` positions instead of tokens.
            prompt: how many leading positions are seen by all when the mask is `given`, and by one another when it is
                `prefix`; not read when it is `causal`.
            tap: sees and may replace every activation in `self.names`; see `taps.Tap`.
            cache: `tokens` continue at `cache.position`, which then moves on.
            first: the last layer leaves out what only earlier logits would need (a sixth of the training step when
                half the positions carry no loss); its activations after `value`, `final` and `logits` start there.

        Raises:
            UsageError: lengths, features or cache do not fit the model or one another.
        """
        start = 0 if cache is None else cache.position
        queries = range(start, start + tokens.shape[1])
        if not 0 <= first < len(queries):
            raise UsageError(f"first={first} is not one of the {len(queries)} positions given")
        prompt = self._check(tokens, queries, prompt, cache)
        x = touch(tap, "embed", self._embed(tokens, features, start))  # [batch, seq, width]
        mask = Mask(queries, prompt, x.device, given=self.config.mask == "given")
        turns = rotary_turns(self.config, queries, x.device) if self.config.positions == "rotary" else None
        *lower, last = self.layers
        for layer in lower:
            x = layer(x, mask, turns, tap, cache)  # [batch, seq, width]
        x = last(x, mask, turns, tap, cache, first)  # [batch, asked, width]
        x = touch(tap, "final", self.final_norm(x))
        if cache is not None:
            cache.position = queries.stop
        return touch(tap, "logits", self._answer(x))  # [batch, seq, vocab]

    def start_cache(self, batch: int, length: int | None = None) -> Cache:
        """An empty cache for `batch` sequences of up to `length` positions (the model's own length by default)."""
        config, like = self.config, next(self.parameters())
        shape = (config.layers, batch, config.key_heads, length or self.length, config.head_width)
        queries = like.new_empty((*shape[:2], config.heads, *shape[3:])) if config.convolution else None
        return Cache(like.new_empty(shape), like.new_empty(shape), queries)

    def _embed(self, tokens: Tensor, features: Tensor | None, start: int) -> Tensor:
        if self.config.stream == "shown":
            if features is None or features.shape[:2] != tokens.shape:
                raise UsageError(
                    f"stream='shown' needs a vector at each of the {tokens.shape[1]} positions, given "
                    f"{'none' if features is None else features.shape[1]}"
                )
            x = features.to(next(self.parameters()).dtype)
            if self.input_mlp is not None:
                x = torch.cat((self.input_mlp(x[..., :-1]), x[..., -1:]), dim=-1)
        elif features is None:
            x = self.token_table(tokens)
        else:
            if self.feature_map is None or start or features.shape[1] > tokens.shape[1]:
                raise UsageError(
                    f"features of shape {tuple(features.shape)} do not fit: the model was built with "
                    f"feature_size={self.feature_size} and {tokens.shape[1]} positions start at {start}; "
                    "features belong to the first positions of a sequence"
                )
            slots = self.feature_map(features.to(self.feature_map.weight.dtype))  # [batch, slot, width]
            x = torch.cat((slots, self.token_table(tokens[:, features.shape[1] :])), dim=1)
        if self.position_table is not None:
            row = start + self.config.position_offset
            x = x + self.position_table.weight[row : row + tokens.shape[1]]
        return x

    def _answer(self, x: Tensor) -> Tensor:
        return -x[..., -1:] if self.config.stream == "shown" else self.head(x)

    def _check(self, tokens: Tensor, queries: range, prompt: int | None, cache: Cache | None) -> int:
        """The number of positions that see one another, after checking that the call makes sense."""
        if queries.stop > self.length:
            raise UsageError(f"{queries.stop} positions given, but the model was built for length={self.length}")
        if cache is not None and (queries.stop > cache.length or tokens.shape[0] != cache.batch):
            raise UsageError(
                f"the cache holds {cache.batch} sequences of up to {cache.length} positions; "
                f"given {tokens.shape[0]} sequences up to position {queries.stop}"
            )
        if self.config.mask == "causal":
            return 0
        if prompt is None:
            raise UsageError(f"mask={self.config.mask!r} needs prompt=: how many leading positions see one another")
        if self.config.mask == "given" and self.config.attention == "softmax" and not prompt:
            raise UsageError("mask='given' with softmax attention needs a prompt of 1 position or more to attend to")
        if queries.start < prompt and (queries.start or (cache is not None and queries.stop < prompt)):
            raise UsageError(
                f"with mask={self.config.mask!r} the first call must hold the whole prompt ({prompt} positions)"
            )
        return prompt


def _share(layers: nn.ModuleList) -> None:
    """Put the first layer's parameters into all others."""
    first, *others = layers
    for layer in others:
        for name, parameter in first.named_parameters():
            part, _, last = name.rpartition(".")
            setattr(layer.get_submodule(part), last, parameter)


def initialise(model: TransformerModel, seed: int) -> None:
    """Set every parameter as a pure function of (seed, parameter name).

    Weights are normal with the configured scales, biases and smears 0, norms' gains 1, convolutions leave everything as
    it is; weights that write into the residual stream are divided by sqrt(2 * layers) (Radford et al. 2019, GPT-2).
    Then heads are planted, if any are.
    """
    config = model.config
    tables = config.initial_scale if config.embedding_scale is None else config.embedding_scale
    residual = config.initial_scale / math.sqrt(2 * config.layers) if config.scaled_residuals else config.initial_scale
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith(("bias", "smear")):
                parameter.zero_()
            elif name.endswith("convolution"):
                parameter.zero_()[..., config.convolution] = 1.0
            elif "norm" in name:
                parameter.fill_(1.0)
            else:
                scale = residual if name.endswith("output.weight") else config.initial_scale
                scale = tables if name in ("token_table.weight", "position_table.weight") else scale
                parameter.normal_(0.0, scale, generator=torch_generator("initialise", seed, name))
        if config.planted:
            plant(model, seed)


def _activation_names(config: Transformer) -> tuple[str, ...]:
    """Every named activation in the order in which a tap meets them."""
    attention = ("query", "key", "value", "scores", "pattern", "heads", "out")
    inside = ["residual_in", *(f"attention.{part}" for part in attention), "residual_middle"]
    if config.mlp:
        inside += ["mlp.hidden", "mlp.out"]
    layers = (f"layers.{layer}.{part}" for layer in range(config.layers) for part in [*inside, "residual_out"])
    return ("embed", *layers, "final", "logits")
