"""Gaussian processes whose kernel is not known: inference over its hyperparameters, exact and by the usual ways.

Hyperparameters (length, scale and noise of a stationary kernel) have log-normal priors, or are known. What is inferred
is told in standard coordinates: a hyperparameter is median * exp(spread * u) with u standard normal, one axis for each
whose spread is not 0. Axes: `free` are those coordinates, `part` their settings.
"""

import math
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ontogeny.errors import UsageError
from ontogeny.randomness import torch_generator
from ontogeny.references.gaussian_process import Stationary, log_likelihood, posterior
from ontogeny.references.normals import Mixture


@dataclass(frozen=True)
class Hyperprior:
    """Log-normal priors of length, scale and noise; a spread of 0 says that one is known."""

    kernel: str
    medians: tuple[float, float, float]
    spreads: tuple[float, float, float]

    @property
    def free(self) -> int:
        """How many hyperparameters are not known."""
        return sum(spread > 0 for spread in self.spreads)

    def settings(self, points: Float[Tensor, "*many free"]) -> tuple[Stationary, Float[Tensor, "*many"]]:
        """The kernels and the noise at these coordinates."""
        coordinates = iter(points.unbind(dim=-1))
        length, scale, noise = (
            median * torch.exp(spread * (next(coordinates) if spread else points.new_zeros(points.shape[:-1])))
            for median, spread in zip(self.medians, self.spreads, strict=True)
        )
        return Stationary(self.kernel, length, scale), noise

    def log_likelihood(
        self,
        points: Float[Tensor, "batch part free"],
        inputs: Float[Tensor, "batch example input"],
        outputs: Float[Tensor, "batch example"],
    ) -> Float[Tensor, "batch part"]:
        """Of the examples at each of these coordinates."""
        return log_likelihood(*self.settings(points), inputs[:, None], outputs[:, None])

    def mixture(
        self,
        points: Float[Tensor, "batch part free"],
        weights: Float[Tensor, "batch part"],
        inputs: Float[Tensor, "batch example input"],
        outputs: Float[Tensor, "batch example"],
        asked: Float[Tensor, "batch asked input"],
    ) -> Mixture:
        """The predictive where hyperparameters are one of these points; `weights` are logarithms, up to a constant."""
        parts = posterior(*self.settings(points), inputs[:, None], outputs[:, None], asked[:, None])
        return Mixture(parts, torch.log_softmax(weights, dim=1))


def quadrature(
    prior: Hyperprior,
    inputs: Float[Tensor, "batch example input"],
    outputs: Float[Tensor, "batch example"],
    asked: Float[Tensor, "batch asked input"],
    *,
    nodes: int = 21,
    reach: float = 3.5,
) -> Mixture:
    """The predictive on an even grid of hyperparameters, to so many standard deviations of the prior on each axis.

    Of a smooth posterior that has died away at the ends, the error falls exponentially with the number of nodes.
    """
    if nodes < 2:
        raise UsageError(f"quadrature: expected 2 nodes on an axis or more, given {nodes}")
    axis = torch.linspace(-reach, reach, nodes, dtype=torch.float64)
    rows = list(product(axis.tolist(), repeat=prior.free))  # one, an empty one, where all is known
    grid = torch.tensor(rows, dtype=torch.float64)  # [part, free]
    points = grid.expand(len(inputs), -1, -1)
    weights = prior.log_likelihood(points, inputs, outputs) - grid.square().sum(dim=-1) / 2
    return prior.mixture(points, weights, inputs, outputs, asked)


def slice_sampling(
    prior: Hyperprior,
    inputs: Float[Tensor, "batch example input"],
    outputs: Float[Tensor, "batch example"],
    asked: Float[Tensor, "batch asked input"],
    *,
    samples: int,
    warmup: int,
    seed: int = 0,
) -> Mixture:
    """The predictive by Markov chain Monte Carlo: elliptical slice sampling (Murray, Adams & MacKay 2010).

    One chain a data set, from the prior's medians; it has no step size to be tuned. `warmup` states are left out.
    """
    if samples < 1 or warmup < 0:
        raise UsageError(f"slice sampling: expected 1 sample or more and warmup >= 0, given {samples} and {warmup}")
    random = torch_generator("slice sampling", seed)
    point = torch.zeros((len(inputs), prior.free), dtype=torch.float64)
    likelihood = prior.log_likelihood(point[:, None], inputs, outputs)[:, 0]
    kept = []
    for _ in range(warmup + samples):
        point, likelihood = _slice(prior, point, likelihood, inputs, outputs, random)
        kept.append(point)
    points = torch.stack(kept[warmup:], dim=1)  # [batch, part, free]
    return prior.mixture(points, torch.zeros_like(points[..., 0]), inputs, outputs, asked)


def _slice(
    prior: Hyperprior,
    point: Float[Tensor, "batch free"],
    likelihood: Float[Tensor, " batch"],
    inputs: Tensor,
    outputs: Tensor,
    random: torch.Generator,
) -> tuple[Float[Tensor, "batch free"], Float[Tensor, " batch"]]:
    """The next state of each chain, on an ellipse through the present one and a draw of the prior."""

    def uniform() -> Tensor:
        return torch.rand(len(point), dtype=torch.float64, generator=random)

    other = torch.randn(point.shape, dtype=torch.float64, generator=random)
    bar = likelihood + uniform().log()
    angle = 2 * math.pi * uniform()
    low, high = angle - 2 * math.pi, angle
    waiting = torch.ones(len(point), dtype=torch.bool)
    found, reached = point, likelihood
    while bool(waiting.any()):
        proposed = point * angle.cos()[:, None] + other * angle.sin()[:, None]
        there = prior.log_likelihood(proposed[:, None], inputs, outputs)[:, 0]
        moved = waiting & (there > bar)
        found, reached = torch.where(moved[:, None], proposed, found), torch.where(moved, there, reached)
        waiting &= ~moved
        low, high = torch.where(angle < 0, angle, low), torch.where(angle < 0, high, angle)
        angle = low + (high - low) * uniform()
    return found, reached


def most_probable(
    prior: Hyperprior,
    inputs: Float[Tensor, "batch example input"],
    outputs: Float[Tensor, "batch example"],
    asked: Float[Tensor, "batch asked input"],
) -> Mixture:
    """The predictive at the most probable hyperparameters of each data set, found by L-BFGS from the prior's medians.

    Maximum a posteriori of the second kind, as it is usual for Gaussian processes: likelihood times prior.
    """
    points = torch.stack([_climb(prior, *own) for own in zip(inputs.split(1), outputs.split(1), strict=True)])
    return prior.mixture(points, torch.zeros_like(points[..., 0]), inputs, outputs, asked)


def _climb(
    prior: Hyperprior, inputs: Float[Tensor, "1 example input"], outputs: Float[Tensor, "1 example"]
) -> Float[Tensor, "1 free"]:
    """The most probable point of one data set."""
    from scipy.optimize import minimize

    def loss(values: Float[np.ndarray, " free"]) -> tuple[float, Float[np.ndarray, " free"]]:
        point = torch.from_numpy(values).requires_grad_()
        height = point.square().sum() / 2 - prior.log_likelihood(point[None, None], inputs, outputs)[0, 0]
        (slope,) = torch.autograd.grad(height, point)
        return height.item(), slope.numpy()

    return torch.from_numpy(minimize(loss, np.zeros(prior.free), jac=True, method="L-BFGS-B").x)[None]
