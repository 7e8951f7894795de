"""Bayesian neural networks: inference over their weights by Monte Carlo and by variation.

What is inferred is told in standard coordinates, each standard normal under the prior: weights and biases are these
times the prior's deviations. Axes: `free` are those coordinates, `part` their settings.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ontogeny.errors import UsageError
from ontogeny.randomness import torch_generator
from ontogeny.references.monte_carlo import hamiltonian
from ontogeny.references.normals import Mixture, Normals


@dataclass(frozen=True)
class NetworkPrior:
    """Networks of tanh neurons with normal weights, seen with normal noise.

    Coordinates are those of the weights into each layer (input by input), then of its biases; the output has none.
    """

    features: int
    hidden: tuple[int, ...]
    """Neurons of each hidden layer; with none the function is linear."""
    steepness: float
    """Standard deviation of the weights into hidden neurons, times the root of how many there are of each."""
    bias: float
    """Standard deviation of the hidden neurons' biases."""
    noise: float

    @property
    def free(self) -> int:
        """How many weights and biases there are."""
        sizes = (self.features, *self.hidden)
        return sum((before + 1) * after for before, after in zip(sizes, self.hidden, strict=False)) + sizes[-1]

    def values(
        self, points: Float[Tensor, "batch part free"], inputs: Float[Tensor, "batch example input"]
    ) -> Float[Tensor, "batch part example"]:
        """Without noise."""
        shown, place = inputs.double()[:, None], 0
        for after in self.hidden:
            before = shown.shape[-1]
            weights = points[..., place : place + before * after].unflatten(-1, (before, after))
            biases = points[..., place + before * after : place + (before + 1) * after]
            scale = self.steepness / math.sqrt(before)
            shown = torch.tanh(scale * (shown @ weights) + self.bias * biases[..., None, :])
            place += (before + 1) * after
        return (shown @ points[..., place:, None])[..., 0] / math.sqrt(shown.shape[-1])

    def log_likelihood(
        self,
        points: Float[Tensor, "batch part free"],
        inputs: Float[Tensor, "batch example input"],
        outputs: Float[Tensor, "batch example"],
    ) -> Float[Tensor, "batch part"]:
        """Of the examples at each of these coordinates, up to a constant."""
        missed = self.values(points, inputs) - outputs[:, None]
        return -missed.square().sum(dim=-1) / (2 * self.noise**2)

    def mixture(self, points: Float[Tensor, "batch part free"], asked: Float[Tensor, "batch asked input"]) -> Mixture:
        """The predictive where the weights are any of these, all alike."""
        means = self.values(points, asked)
        shares = torch.full(points.shape[:2], -math.log(points.shape[1]), dtype=torch.float64)
        return Mixture(Normals(means, torch.full_like(means, self.noise)), shares)


def prior_predictive(
    prior: NetworkPrior,
    inputs: Float[Tensor, "batch example input"],
    outputs: Float[Tensor, "batch example"],
    asked: Float[Tensor, "batch asked input"],
    *,
    samples: int = 128,
    seed: int = 0,
) -> Mixture:
    """The predictive of whoever has seen no example: so many draws of the prior."""
    random = torch_generator("prior predictive", seed)
    drawn = torch.randn((1, samples, prior.free), dtype=torch.float64, generator=random)
    return prior.mixture(drawn.expand(len(inputs), -1, -1), asked)


def monte_carlo(
    prior: NetworkPrior,
    inputs: Float[Tensor, "batch example input"],
    outputs: Float[Tensor, "batch example"],
    asked: Float[Tensor, "batch asked input"],
    *,
    samples: int,
    warmup: int,
    chains: int = 1,
    every: int = 1,
    seed: int = 0,
) -> Mixture:
    """The predictive by Hamiltonian Monte Carlo over the weights, chains starting at draws of the prior.

    Of each chain's `samples` states every so-many-th is kept.
    """
    random = torch_generator("networks' chains", seed)
    start = torch.randn((len(inputs) * chains, prior.free), dtype=torch.float64, generator=random)
    outputs = outputs.double()

    def log_density(points: Tensor) -> Tensor:
        likelihood = prior.log_likelihood(points.unflatten(0, (-1, chains)), inputs, outputs)
        return likelihood.flatten() - points.square().sum(dim=-1) / 2

    states = hamiltonian(log_density, start, samples=samples, warmup=warmup, seed=seed)[:, every - 1 :: every]
    return prior.mixture(states.unflatten(0, (-1, chains)).flatten(1, 2), asked)


def variational(
    prior: NetworkPrior,
    inputs: Float[Tensor, "batch example input"],
    outputs: Float[Tensor, "batch example"],
    asked: Float[Tensor, "batch asked input"],
    *,
    steps: int,
    samples: int = 128,
    seed: int = 0,
) -> Mixture:
    """The predictive by variational inference, from draws of the best independent normal densities of the weights."""
    mean, deviation = mean_field(prior, inputs, outputs, steps=steps, seed=seed)
    random = torch_generator("variational predictive", seed)
    drawn = torch.randn((1, samples, prior.free), dtype=torch.float64, generator=random)
    return prior.mixture(mean[:, None] + deviation[:, None] * drawn, asked)


def mean_field(
    prior: NetworkPrior,
    inputs: Float[Tensor, "batch example input"],
    outputs: Float[Tensor, "batch example"],
    *,
    steps: int,
    draws: int = 8,
    rate: float = 0.05,
    seed: int = 0,
) -> tuple[Float[Tensor, "batch free"], Float[Tensor, "batch free"]]:
    """Means and deviations of independent normal densities as near to the posterior as Adam brings them.

    Bayes by backprop (Blundell et al. 2015): the evidence lower bound, its likelihood over so many draws a step, its
    divergence from the prior in closed form. The rate falls along half a cosine wave.
    """
    if steps < 1 or draws < 1:
        raise UsageError(f"variational inference: expected 1 step and 1 draw or more, given {steps} and {draws}")
    random = torch_generator("mean field", seed)
    mean = (0.5 * torch.randn((len(inputs), prior.free), dtype=torch.float64, generator=random)).requires_grad_()
    log_deviation = torch.full_like(mean, -2.0).requires_grad_()
    adam = torch.optim.Adam([mean, log_deviation], lr=rate)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
    outputs = outputs.double()
    with torch.enable_grad():
        for _ in range(steps):
            adam.zero_grad()
            noise = torch.randn((len(inputs), draws, prior.free), dtype=torch.float64, generator=random)
            points = mean[:, None] + log_deviation.exp()[:, None] * noise
            likelihood = prior.log_likelihood(points, inputs, outputs).mean(dim=1)
            divergence = (mean.square() + (2 * log_deviation).exp() - 1).sum(dim=1) / 2 - log_deviation.sum(dim=1)
            (divergence - likelihood).sum().backward()
            adam.step()
            falling.step()
    return mean.detach(), log_deviation.detach().exp()
