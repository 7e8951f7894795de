"""Weights with which a layer of linear attention makes a step of gradient descent (von Oswald et al. 2022)."""

import math
from dataclasses import dataclass
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor

from ontogeny.errors import UsageError
from ontogeny.models.network import Layer, TransformerModel


@dataclass(frozen=True)
class Products:
    """All that one head of linear attention does: position i adds values x_i to position j, times x_i . scores x_j."""

    scores: Float[Tensor, "width width"]
    values: Float[Tensor, "width width"]

    def aligned(self, other: "Products") -> "Products":
        """The same map with scores as near as can be to the other's: only the product of both factors is determined."""
        factor = (self.scores * other.scores).sum() / self.scores.square().sum()
        return Products(self.scores * factor, self.values / factor)

    def towards(self, other: "Products", share: float) -> "Products":
        """Both matrices so far on the straight way to the other's."""
        return Products(torch.lerp(self.scores, other.scores, share), torch.lerp(self.values, other.values, share))


def gradient_step(width: int, examples: int, rate: float, curvature: float = 0.0) -> Products:
    """A step at this rate on half the mean squared error of linear regression, on positions [x; y] of the examples.

    y becomes what the step leaves to be explained: y - rate * (mean of y x) . x. With `curvature` c, x becomes
    x - c * (mean of x x^T) x, as in curvature-corrected gradient descent (GD++).
    """
    scores, values = torch.eye(width), -curvature / examples * torch.eye(width)
    scores[-1, -1], values[-1, -1] = 0, -rate / examples
    return Products(scores, values)


def read_products(layer: Layer) -> Products:
    """What a layer's one head does."""
    attention = layer.attention
    _check(layer)
    query, key, value = attention.input.weight.detach().chunk(3)
    scores = key.T @ query / math.sqrt(attention.head_width)
    return Products(scores, attention.output.weight.detach() @ value)


def write_products(model: TransformerModel, products: list[Products]) -> TransformerModel:
    """Let each layer's one head do this; keys and what is written are then positions and values as they are."""
    if len(products) != len(model.layers):
        raise UsageError(f"expected products for each of {len(model.layers)} layers, given {len(products)}")
    with torch.no_grad():
        for layer, product in zip(model.layers, products, strict=True):
            attention = cast(Layer, layer).attention
            _check(cast(Layer, layer))
            identity = torch.eye(attention.head_width)
            query = product.scores * math.sqrt(attention.head_width)
            attention.input.weight.copy_(torch.cat((query, identity, product.values)))
            attention.output.weight.copy_(identity)
    return model


def _check(layer: Layer) -> None:
    attention = layer.attention
    mixing = attention.smear is not None or attention.convolution is not None
    plain = attention.linear and attention.input.bias is None and layer.mlp is None
    if not plain or mixing or attention.heads != 1:
        raise UsageError(
            "gradient steps are made by one head of linear attention without biases, smeared keys, convolution or MLP; "
            f"given {attention.heads} heads of {'linear' if attention.linear else 'softmax'} attention, "
            f"biases={attention.input.bias is not None}, smeared_keys={attention.smear is not None}, "
            f"convolution={attention.convolution is not None}, MLP={layer.mlp is not None}"
        )
