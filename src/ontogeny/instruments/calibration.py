"""Are predicted densities right? Calibration, likelihood, and the divergence from an exact posterior predictive.

Divergences are of what is exact from what is held against it: by how much the latter's expected log likelihood falls
short, in nats a point. They are computed, not sampled.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from ontogeny.errors import UsageError
from ontogeny.models.bars import Bars
from ontogeny.references.normals import Mixture, Normals

UNSEEN = 0.01
"""Of an exact density, as much may be missed or counted twice by the grid of numbers."""
REACH = 8.0
"""How many standard deviations from the outermost part integrals over a mixture go."""
NEGLIGIBLE = -20.0
"""Logarithm of the weight below which a part of a mixture does not count as outermost."""


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


def divergences(
    exact: Normals | Mixture, others: Mapping[str, Density], *, nodes: int = 256
) -> dict[str, Float[Tensor, "batch asked"]]:
    """The Kullback-Leibler divergence of each of the others from the exact predictive, at each point.

    In closed form for bars and one normal; else by the trapezoidal rule with so many nodes, which of smooth densities
    that die away at both ends has an error that falls exponentially. Raises `UsageError` where they are too few for a
    density with parts of very different widths.
    """
    grid = _Grid(exact, nodes)
    entropy = exact.entropy if isinstance(exact, Normals) else grid.entropy
    expected: dict[Bars, tuple[Tensor, Tensor]] = {}
    found = {}
    for name, other in others.items():
        if isinstance(other, Barred):
            if other.bars not in expected:
                expected[other.bars] = _expectations(exact, other.bars)
            found[name] = other.bars.cross_entropy(other.logits, *expected[other.bars]) - entropy
        else:
            found[name] = grid.crossed(other) - entropy
    return found


def divergence(exact: Normals | Mixture, other: Density, *, nodes: int = 256) -> Float[Tensor, "batch asked"]:
    """The same for one."""
    return divergences(exact, {"other": other}, nodes=nodes)["other"]


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


class _Grid:
    """Numbers at even distances over all that an exact density has, and how likely each is."""

    def __init__(self, exact: Normals | Mixture, nodes: int) -> None:
        self._exact, self._nodes = exact, nodes

    @cached_property
    def _places(
        self,
    ) -> tuple[Float[Tensor, "node batch asked"], Float[Tensor, "node batch asked"], Float[Tensor, "batch asked"]]:
        """The numbers, the logarithms of the exact density there, and the numbers' distance."""
        exact = self._exact
        if isinstance(exact, Normals):
            low, high = (exact.mean + side * REACH * exact.deviation for side in (-1, 1))
        else:
            parts, there = exact.parts, (exact.log_weights > NEGLIGIBLE)[..., None]
            reach = REACH * parts.deviation
            low = torch.where(there, parts.mean - reach, torch.inf).amin(dim=1)
            high = torch.where(there, parts.mean + reach, -torch.inf).amax(dim=1)
        step = (high - low) / (self._nodes - 1)
        places = torch.stack([low + node * step for node in range(self._nodes)])
        heights = torch.stack([exact.log_density(place) for place in places])
        if not ((heights.exp().sum(dim=0) * step - 1).abs() < UNSEEN).all():
            raise UsageError(
                f"{self._nodes} nodes do not see all of a density: its parts differ much in width; give more"
            )
        return places, heights, step

    @property
    def entropy(self) -> Float[Tensor, "batch asked"]:
        """Of the exact density."""
        _, heights, step = self._places
        return -(heights.exp() * heights).sum(dim=0) * step

    def crossed(self, other: Density) -> Float[Tensor, "batch asked"]:
        """The expected negative logarithm of the other density."""
        places, heights, step = self._places
        total = torch.zeros_like(step)
        for place, height in zip(places, heights, strict=True):
            total -= height.exp() * other.log_density(place)
        return total * step
