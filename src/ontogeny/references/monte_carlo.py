"""Hamiltonian Monte Carlo (Neal 2011): states of a density that is known up to a constant, many chains at once."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ontogeny.errors import UsageError
from ontogeny.randomness import torch_generator

LogDensity = Callable[[Float[Tensor, "chain free"]], Float[Tensor, " chain"]]
ACCEPTED = 0.8
"""Share of proposals that step sizes are chosen for."""


def hamiltonian(
    log_density: LogDensity,
    start: Float[Tensor, "chain free"],
    *,
    samples: int,
    warmup: int,
    leaps: int = 16,
    seed: int = 0,
) -> Float[Tensor, "chain sample free"]:
    """The states of each chain after `warmup` ones, during which its step size is adapted.

    A proposal is a path of half to all of `leaps` leapfrog steps, a number drawn anew each time. Densities should be
    about as wide along each axis: momenta have variance 1.
    """
    if samples < 1 or warmup < 0 or leaps < 1:
        raise UsageError(
            "Hamiltonian Monte Carlo: expected 1 sample and 1 leap or more and warmup >= 0, "
            f"given {samples}, {leaps} and {warmup}"
        )
    random = torch_generator("hamiltonian", seed)
    steps = _StepSizes(torch.full(start.shape[:1], 0.1, dtype=torch.float64))
    state, kept = _State.at(start.double(), log_density), []
    for number in range(warmup + samples):
        count = int(torch.randint((leaps + 1) // 2, leaps + 1, (), generator=random))
        state, accepted = _next(state, log_density, steps.size, count, random)
        if number < warmup:
            steps.learn(accepted, final=number == warmup - 1)
        else:
            kept.append(state.point)
    return torch.stack(kept, dim=1)


@dataclass(frozen=True)
class _State:
    """Where each chain is, how likely that is, and the slope there."""

    point: Float[Tensor, "chain free"]
    height: Float[Tensor, " chain"]
    slope: Float[Tensor, "chain free"]

    @classmethod
    def at(cls, point: Float[Tensor, "chain free"], log_density: LogDensity) -> "_State":
        with torch.enable_grad():
            point = point.detach().requires_grad_()
            height = log_density(point)
            (slope,) = torch.autograd.grad(height.sum(), point)
        return cls(point.detach(), height.detach(), slope)

    def or_else(self, other: "_State", chosen: Bool[Tensor, " chain"]) -> "_State":
        """This state where chosen, elsewhere the other."""
        wide = chosen[:, None]
        return _State(
            torch.where(wide, self.point, other.point),
            torch.where(chosen, self.height, other.height),
            torch.where(wide, self.slope, other.slope),
        )


def _next(
    state: _State, log_density: LogDensity, size: Float[Tensor, " chain"], leaps: int, random: torch.Generator
) -> tuple[_State, Float[Tensor, " chain"]]:
    """The next state of each chain, and the probability with which its proposal was accepted."""
    step, there = size[:, None], state
    start = momentum = torch.randn(state.point.shape, dtype=torch.float64, generator=random)
    for _ in range(leaps):
        momentum = momentum + step / 2 * there.slope
        there = _State.at(there.point + step * momentum, log_density)
        momentum = momentum + step / 2 * there.slope
    gain = there.height - state.height - (momentum.square() - start.square()).sum(dim=1) / 2
    accepted = gain.nan_to_num(nan=-math.inf).clamp(max=0).exp()
    uniform = torch.rand(accepted.shape, dtype=torch.float64, generator=random)
    return there.or_else(state, uniform < accepted), accepted


class _StepSizes:
    """Each chain's step size by dual averaging (Hoffman & Gelman 2014, algorithm 5, with its constants).

    But that the first sizes are drawn towards the initial one, not ten times it: of few states all would be wasted.
    """

    def __init__(self, size: Float[Tensor, " chain"]) -> None:
        self.size = size
        self._centre = size.log()
        self._short, self._average = torch.zeros_like(size), self._centre
        self._count = 0

    def learn(self, accepted: Float[Tensor, " chain"], *, final: bool) -> None:
        """From how likely the last proposals were accepted; the final size is an average of all."""
        self._count += 1
        share = 1 / (self._count + 10)
        self._short = (1 - share) * self._short + share * (ACCEPTED - accepted)
        size = self._centre - math.sqrt(self._count) / 0.05 * self._short
        weight = self._count**-0.75
        self._average = weight * size + (1 - weight) * self._average
        self.size = (self._average if final else size).exp()
