"""Normal densities and mixtures of them: what exact and approximate inference say of a number."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class Normals:
    """A normal density for each number."""

    mean: Float[Tensor, "*many asked"]
    deviation: Float[Tensor, "*many asked"]

    @property
    def entropy(self) -> Float[Tensor, "*many asked"]:
        """In nats."""
        return self.deviation.log() + math.log(2 * math.pi * math.e) / 2

    def log_density(self, outputs: Float[Tensor, "... asked"]) -> Float[Tensor, "... asked"]:
        scaled = (outputs.double() - self.mean) / self.deviation
        return -scaled.square() / 2 - self.deviation.log() - math.log(2 * math.pi) / 2

    def cumulative(self, outputs: Float[Tensor, "... asked"]) -> Float[Tensor, "... asked"]:
        """The probability of less than each number."""
        return torch.special.ndtr((outputs.double() - self.mean) / self.deviation)


@dataclass(frozen=True)
class Mixture:
    """A mixture of normal densities for each number: one part for each setting of what is not known."""

    parts: Normals
    """Of shape [batch, part, asked]."""
    log_weights: Float[Tensor, "batch part"]
    """Logarithms of the parts' shares, which add up to 1 for each data set."""

    @property
    def mean(self) -> Float[Tensor, "batch asked"]:
        return (self.log_weights.exp()[..., None] * self.parts.mean).sum(dim=1)

    def log_density(self, outputs: Float[Tensor, "batch asked"]) -> Float[Tensor, "batch asked"]:
        return torch.logsumexp(self.parts.log_density(outputs[:, None]) + self.log_weights[..., None], dim=1)

    def cumulative(self, outputs: Float[Tensor, "batch asked"]) -> Float[Tensor, "batch asked"]:
        """The probability of less than each number."""
        return (self.log_weights.exp()[..., None] * self.parts.cumulative(outputs[:, None])).sum(dim=1)
