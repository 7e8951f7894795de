"""What a head writes and which heads read it, from the weights alone (Elhage et al. 2021).

A head moves x to x W_V W_O (its OV circuit) and compares positions by x W_Q W_K^T y^T (its QK circuit), rows being
vectors. Norms are folded in as far as they are linear: their gains, and for LayerNorm the removal of the mean, which no
part of the model can read; their division by the size is left out, being a positive number a position. Biases, MLPs
and, in QK circuits, rotary positions and the smearing of keys are left out too, and so are convolutions.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from ontogeny.errors import unknown_name
from ontogeny.models import TransformerModel
from ontogeny.models.network import Layer
from ontogeny.randomness import generator

Kind = Literal["Q", "K", "V"]


@dataclass(frozen=True)
class HeadWeights:
    """The maps of all heads in float64, with the norms folded in; keys and values that heads share are repeated."""

    query: Float[Tensor, "layer head width head_width"]
    key: Float[Tensor, "layer head width head_width"]
    value: Float[Tensor, "layer head width head_width"]
    output: Float[Tensor, "layer head head_width width"]
    embed: Float[Tensor, "vocab width"]
    unembed: Float[Tensor, "width vocab"]
    """Counted from the mean over the vocabulary: softmax does not see a constant added to all logits."""

    @classmethod
    def of(cls, model: TransformerModel) -> "HeadWeights":
        config = model.config
        rows = [config.width, config.key_heads * config.head_width, config.key_heads * config.head_width]
        centre = _centring(config.width) if config.norm == "layer" else torch.eye(config.width, dtype=torch.float64)
        parts: list[list[Tensor]] = [[], [], [], []]
        for layer in model.layers:
            assert isinstance(layer, Layer)
            attention, read = layer.attention, centre * _gain(layer.attention_norm)
            for kept, weight in zip(parts, _double(attention.input.weight).split(rows), strict=False):
                heads = weight.unflatten(0, (-1, config.head_width))  # [head or key head, head_width, width]
                each = heads.repeat_interleave(config.heads // len(heads), dim=0)
                kept.append(read @ each.transpose(1, 2))
            write = _double(attention.output.weight).unflatten(1, (config.heads, -1))  # [width, head, head_width]
            parts[3].append(write.permute(1, 2, 0) @ centre)
        unembed = centre * _gain(model.final_norm) @ _double(model.head.weight).T
        query, key, value, output = map(torch.stack, parts)
        embed = _double(model.token_table.weight) @ centre
        return cls(query, key, value, output, embed, unembed - unembed.mean(1, keepdim=True))


def copying_spectrum(weights: HeadWeights) -> Float[np.ndarray, "layer head"]:
    """Sum of the eigenvalues over the sum of their sizes, of the map from tokens to logits through each head's OV.

    From -1 to 1: positive eigenvalues are sets of tokens that raise their own logits (Elhage et al. 2021, on copying).
    For random weights the mean is 0; of few eigenvalues (`head_width` of them) the scatter is wide.
    """
    # The map's nonzero eigenvalues, vocab by vocab, are those of the same product begun elsewhere: head_width squared.
    small = weights.output @ (weights.unembed @ weights.embed) @ weights.value
    values = torch.linalg.eigvals(small)  # [layer, head, head_width]
    total, size = values.real.sum(-1), values.abs().sum(-1)
    return torch.where(size > 0, total / size.clamp(min=torch.finfo(size.dtype).tiny), 0.0).numpy()


def copying_logits(weights: HeadWeights, *, tokens: int = 512, seed: int = 0) -> Float[np.ndarray, "layer head"]:
    """How far up a token raises its own logit when a head attends to it: the mean rank among all logits, from -1 to 1.

    1: always the most raised; 0: what random weights do. Of a vocabulary larger than `tokens`, that many are drawn, a
    pure function of the seed. As if the head read the embedding itself; later layers also read what came before them.
    """
    vocab = len(weights.embed)
    chosen = torch.arange(vocab)
    if vocab > tokens:
        chosen = torch.from_numpy(generator("copying logits", seed).choice(vocab, size=tokens, replace=False))
    embed, unembed = weights.embed[chosen].float(), weights.unembed.float()
    ranks = np.zeros(weights.value.shape[:2])
    for layer, head in np.ndindex(*ranks.shape):
        value, output = weights.value[layer, head].float(), weights.output[layer, head].float()
        logits = (embed @ value) @ (output @ unembed)  # [token, vocab]
        own = logits[torch.arange(len(chosen)), chosen, None]
        below, above = (logits < own).sum(1), (logits > own).sum(1)
        ranks[layer, head] = ((below - above).double() / (vocab - 1)).mean()
    return ranks


def composition(weights: HeadWeights, kind: Kind) -> Float[np.ndarray, "layer head to_layer to_head"]:
    """How much of what a head writes a later head reads, by its queries, keys or values (Elhage et al. 2021).

    |W_OV W_QK|_F / (|W_OV|_F |W_QK|_F) for queries, with W_QK transposed for keys, and |W_OV W_OV'| likewise for
    values; 0 where the reader is not in a later layer. Independent random maps score about sqrt(1 / width), which is
    large for small models: see `random_composition`.

    Raises: UsageError for an unknown kind.
    """
    readers = {"Q": (weights.query, weights.key), "K": (weights.key, weights.query)}
    readers["V"] = (weights.value, weights.output.transpose(2, 3))
    if kind not in readers:
        raise unknown_name("composition", kind, readers)
    near, far = readers[kind]  # a reader is near @ far^T; only |far^T far| matters
    far_gram, near_gram = far.transpose(2, 3) @ far, near.transpose(2, 3) @ near  # [layer, head, hw, hw]
    reader_size = (near_gram * far_gram).sum((2, 3)).clamp(min=0).sqrt()  # |near far^T|
    value_gram = weights.value.transpose(2, 3) @ weights.value
    writer_size = (value_gram * (weights.output @ weights.output.transpose(2, 3))).sum((2, 3)).clamp(min=0).sqrt()
    layers, heads = value_gram.shape[:2]
    scores = np.zeros((layers, heads, layers, heads))
    for layer, head in np.ndindex(layers, heads):
        later = slice(layer + 1, None)
        between = weights.output[layer, head] @ near[later]  # [layer, head, head_width, head_width]
        square = (value_gram[layer, head] @ between @ far_gram[later] * between).sum((2, 3)).clamp(min=0)
        size = writer_size[layer, head] * reader_size[later]
        scores[layer, head, later] = torch.where(size > 0, square.sqrt() / size, 0.0).numpy()
    return scores


def random_composition(width: int) -> float:
    """What independent random maps of a residual stream of this width score: sqrt(1 / width)."""
    return width**-0.5


def _double(weight: Tensor) -> Tensor:
    return weight.detach().cpu().double()


def _gain(norm: nn.Module) -> Float[Tensor, " _width"]:
    if isinstance(norm, nn.Identity):
        return torch.ones(1, dtype=torch.float64)
    return _double(norm.weight)  # type: ignore[arg-type]


def _centring(width: int) -> Float[Tensor, "width width"]:
    return torch.eye(width, dtype=torch.float64) - 1 / width
