"""Are predicted densities right? Calibration, likelihood, and the divergence from an exact posterior predictive.

Divergences are of what is exact from what is held against it: by how much the latter's expected log likelihood falls
short, in nats a point. They are computed, not sampled.
"""

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from ontogeny.models.bars import Bars
from ontogeny.references.normals import Mixture, Normals

REACH = 8.0
"""How many standard deviations from the outermost part integrals over a mixture go."""


@runtime_checkable
class Density(Protocol):
    """A predictive density for each number."""

    def log_density(self, outputs: Float[Tensor, "batch asked"]) -> Float[Tensor, "batch asked"]: ...

    def cumulative(self, outputs: Float[Tensor, "batch asked"]) -> Float[Tensor, "batch asked"]: ...


class Barred:
    """The density that a model's logits [batch, asked, bucket] stand for, called as a reference's."""

    def __init__(self, bars: Bars, logits: Float[Tensor, "batch asked bucket"]) -> None:
        self.bars, self.logits = bars, logits

    @property
    def mean(self) -> Float[Tensor, "batch asked"]:
        return self.bars.mean(self.logits)

    def log_density(self, outputs: Float[Tensor, "batch asked"]) -> Float[Tensor, "batch asked"]:
        return self.bars.log_density(self.logits, outputs)

    def cumulative(self, outputs: Float[Tensor, "batch asked"]) -> Float[Tensor, "batch asked"]:
        return self.bars.cumulative(self.logits, outputs)


def coverage(
    density: Density, outputs: Float[Tensor, "batch asked"], levels: Sequence[float]
) -> Float[Tensor, " level"]:
    """How many of the outputs lie in the central intervals that should hold this share of them."""
    away = 2 * (density.cumulative(outputs) - 0.5).abs()  # of a central interval that just reaches the output
    return torch.stack([(away <= level).double().mean() for level in levels])


def calibration_error(density: Density, outputs: Float[Tensor, "batch asked"]) -> float:
    """The mean difference between promised and true coverage, over central intervals of 5 % to 95 %."""
    levels = [level / 20 for level in range(1, 20)]
    return (coverage(density, outputs, levels) - torch.tensor(levels).double()).abs().mean().item()


def log_likelihood(density: Density, outputs: Float[Tensor, "batch asked"]) -> float:
    """The mean logarithm of the density of what came, in nats a point."""
    return density.log_density(outputs).mean().item()


def divergence(exact: Normals | Mixture, other: Density, *, nodes: int = 512) -> Float[Tensor, "batch asked"]:
    """The Kullback-Leibler divergence of `other` from the exact predictive, at each point.

    In closed form for bars and one normal; else by the trapezoidal rule with so many nodes, which of smooth densities
    that die away at both ends has an error that falls exponentially.
    """
    if not isinstance(other, Barred):
        return _integral(exact, lambda y: exact.log_density(y) - other.log_density(y), nodes)
    crossed = other.bars.cross_entropy(other.logits, *_expectations(exact, other.bars))
    entropy = exact.entropy if isinstance(exact, Normals) else -_integral(exact, exact.log_density, nodes)
    return crossed - entropy


def _expectations(
    exact: Normals | Mixture, bars: Bars
) -> tuple[Float[Tensor, "batch asked bucket"], Float[Tensor, "batch asked tail"]]:
    """What decides how well bars do: the buckets' probabilities and the mean squares beyond the tails' beginnings."""
    if isinstance(exact, Normals):
        return bars.masses(exact.mean, exact.deviation), bars.squares_beyond(exact.mean, exact.deviation)
    means, deviations = exact.parts.mean.unbind(1), exact.parts.deviation.unbind(1)
    masses = squares = torch.zeros((), dtype=torch.float64)
    # Over parts one after another: all buckets of all parts at once take too much memory.
    for weight, mean, deviation in zip(exact.log_weights.exp().unbind(1), means, deviations, strict=True):
        masses = masses + weight[:, None, None] * bars.masses(mean, deviation)
        squares = squares + weight[:, None, None] * bars.squares_beyond(mean, deviation)
    return masses, squares


def _integral(
    exact: Normals | Mixture, function: Callable[[Tensor], Tensor], nodes: int
) -> Float[Tensor, "batch asked"]:
    """The expectation of a function [batch, asked] of the number under the exact density."""
    parts = Normals(exact.mean[:, None], exact.deviation[:, None]) if isinstance(exact, Normals) else exact.parts
    low = (parts.mean - REACH * parts.deviation).amin(dim=1)
    step = ((parts.mean + REACH * parts.deviation).amax(dim=1) - low) / (nodes - 1)
    total = torch.zeros_like(low)
    for node in range(nodes):
        y = low + node * step
        total += exact.log_density(y).exp() * function(y)
    return total * step
