"""Learning-rate schedules: the factor by which every optimiser's learning rate is multiplied at a step."""

import math
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le

from ontogeny.configuration import configuration

Steps = Annotated[int, Ge(0)]
Fraction = Annotated[float, Ge(0), Le(1)]


@configuration
class Constant:
    """Full learning rate after `warmup` steps of linear increase."""

    kind: Literal["constant"] = "constant"
    warmup: Steps = 0

    def factor(self, step: int, steps: int) -> float:
        """The factor for the update made after `step` updates, of `steps` in all."""
        return _warm(step, self.warmup)


@configuration
class Linear:
    """Linear increase over `warmup` steps, then linear decrease to `final` at the end."""

    kind: Literal["linear"] = "linear"
    warmup: Steps = 0
    final: Fraction = 0.0

    def factor(self, step: int, steps: int) -> float:
        """The factor for the update made after `step` updates, of `steps` in all."""
        left = 1 - _past(step, self.warmup, steps)
        return _warm(step, self.warmup) * (self.final + (1 - self.final) * left)


@configuration
class Cosine:
    """Linear increase over `warmup` steps, then half a cosine wave down to `final` at the end."""

    kind: Literal["cosine"] = "cosine"
    warmup: Steps = 0
    final: Fraction = 0.0

    def factor(self, step: int, steps: int) -> float:
        """The factor for the update made after `step` updates, of `steps` in all."""
        left = (1 + math.cos(math.pi * _past(step, self.warmup, steps))) / 2
        return _warm(step, self.warmup) * (self.final + (1 - self.final) * left)


@configuration
class Trapezoid:
    """Linear increase over `warmup` steps, a plateau, and linear decrease to 0 over the last `decay` of all steps."""

    kind: Literal["trapezoid"] = "trapezoid"
    warmup: Steps = 0
    decay: Annotated[float, Gt(0), Le(1)] = 0.2

    def factor(self, step: int, steps: int) -> float:
        """The factor for the update made after `step` updates, of `steps` in all."""
        return _warm(step, self.warmup) * min(1.0, (steps - step) / (self.decay * steps))


@configuration
class Published:
    """The schedule under which Jin & Rinard (ICML 2024, arXiv 2305.11169) trained, as their public code runs it.

    Linear warm-up, then linear decrease to 0, starting at 0. On one process their scheduler's lengths, the warm-up and
    the whole, are multiplied by the number of gradient accumulation steps while it advances once an update: 6,000
    configured warm-up steps of 80,000 act as 48,000, and the decrease has hardly begun when training ends. (Inferred
    from their code, not stated by the paper.) `multiplier` is their accumulation, whatever is used here.
    """

    kind: Literal["published"] = "published"
    warmup: Steps = 6_000
    multiplier: Annotated[int, Ge(1)] = 8

    def factor(self, step: int, steps: int) -> float:
        """The factor for the update made after `step` updates, of `steps` in all."""
        warmup, end = self.warmup * self.multiplier, steps * self.multiplier
        return step / warmup if step < warmup else 1 - _past(step, warmup, end)


Schedule = Constant | Linear | Cosine | Trapezoid | Published


def _warm(step: int, warmup: int) -> float:
    """Linear increase that reaches 1 at the `warmup`-th update; the first update is not lost on a factor of 0."""
    return min(1.0, (step + 1) / max(warmup, 1))


def _past(step: int, warmup: int, steps: int) -> float:
    """How much of the way from the end of the warm-up to the end of training lies behind, from 0 to 1."""
    return min(1.0, max(0.0, (step - warmup) / max(steps - warmup, 1)))
