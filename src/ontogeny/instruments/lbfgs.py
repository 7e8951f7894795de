"""L-BFGS on a stack of independent convex problems: each has its own memory, step and moment of convergence."""

from collections.abc import Callable

import torch
from torch import Tensor

MEMORY = 10
"""Past steps from which the curvature is estimated."""
ACCEPTED = 0.8
"""A trial is taken unless the slope there climbs more than this share of how it fell at the start.

For a parabola this is the usual demand for sufficient decrease. Slopes keep their precision near the minimum, where
differences of the loss drown in rounding; for convex problems they say all that is needed (Hager and Zhang 2005).
"""

FLAT = 1e-12
"""A step over which the gradient turned by less than this share of its own square says nothing of the curvature."""

Gradient = Callable[[Tensor, Tensor], Tensor]


class Minimisation:
    """A stack of problems on the way to their minima. Source: Nocedal 1980, the two-loop recursion.

    `rows` are the problems that are left, as numbers in the stack. Shapes: `point` and `gradient` [row, parameter];
    `moves` and `turns`, the last steps of a problem and how its gradient changed over them, [row, MEMORY, parameter].
    """

    def __init__(self, slope: Gradient, start: Tensor) -> None:
        """`slope(points, rows)` returns the gradients at `points`, shaped as `start`, for these rows of the stack."""
        self.slope, self.shape, self.rows = slope, start.shape[1:], torch.arange(len(start))
        self.point = start.flatten(1).clone()
        self.gradient = slope(start, self.rows).flatten(1)
        self.moves = torch.zeros(len(start), MEMORY, self.point.shape[1])
        self.turns = torch.zeros_like(self.moves)
        self.penalty = torch.zeros(self.point.shape[1])

    @property
    def points(self) -> Tensor:
        """Where each problem stands, shaped as the start."""
        return self.point.view(-1, *self.shape)

    def keep(self, rows: Tensor) -> None:
        """Drop all other problems of those that are left."""
        for name in ("rows", "point", "gradient", "moves", "turns"):
            setattr(self, name, getattr(self, name)[rows])

    def penalise(self, penalty: Tensor) -> None:
        """From now on half the sum of penalty * x^2 is minimised too: what that changes is known without a new look."""
        extra = penalty.flatten() - self.penalty
        self.penalty = penalty.flatten()
        self.gradient += extra * self.point
        self.turns += extra * self.moves

    def run(self, *, first_step: float, tolerance: float, rounds: int) -> Tensor:
        """Go on until no gradient has a component above `tolerance`; which problems have converged [task].

        A problem that has is not evaluated again. `first_step` times the gradient is the first move.
        """
        everything = torch.arange(len(self.point))
        direction, step = self._direction(everything, first_step), torch.ones(len(self.point))
        for _ in range(rounds):
            rows = torch.nonzero(~self._converged(tolerance)).flatten()
            if not len(rows):
                break
            trial = self.point[rows] + step[rows, None] * direction[rows]
            found = self.slope(trial.view(-1, *self.shape), self.rows[rows]).flatten(1) + self.penalty * trial
            before, after = ((slope * direction[rows]).sum(1) for slope in (self.gradient[rows], found))
            taken = after <= -ACCEPTED * before
            shorter = (before / (before - after)).clamp(0.1, 0.7)  # to where the slope would vanish
            step[rows] = torch.where(taken, 1.0, step[rows] * shorter)
            self._move(rows[taken], trial[taken], found[taken])
            direction[rows[taken]] = self._direction(rows[taken], first_step)
        return self._converged(tolerance)

    def _converged(self, tolerance: float) -> Tensor:
        return self.gradient.abs().amax(1) <= tolerance

    def _move(self, rows: Tensor, point: Tensor, gradient: Tensor) -> None:
        for memory, newest in (
            (self.moves, point - self.point[rows]),
            (self.turns, gradient - self.gradient[rows]),
        ):
            memory[rows] = torch.cat([memory[rows, 1:], newest[:, None]], dim=1)
        self.point[rows], self.gradient[rows] = point, gradient

    def _direction(self, rows: Tensor, first_step: float) -> Tensor:
        """Minus the approximate inverse Hessian times the gradient."""
        moves, turns, gradient = self.moves[rows], self.turns[rows], self.gradient[rows]
        curvature, squares = (moves * turns).sum(2), (turns * turns).sum(2)  # [row, MEMORY]
        inverse = torch.where(curvature > FLAT * squares, 1 / curvature, 0)  # 0 where there is nothing to learn from
        result, shares = gradient.clone(), []
        for age in reversed(range(MEMORY)):
            share = inverse[:, age] * (moves[:, age] * result).sum(1)
            result -= share[:, None] * turns[:, age]
            shares.append(share)
        newest = squares[:, -1] * inverse[:, -1]
        result *= torch.where(newest > 0, 1 / newest, first_step)[:, None]
        for age, share in zip(range(MEMORY), reversed(shares), strict=True):
            result += (share - inverse[:, age] * (turns[:, age] * result).sum(1))[:, None] * moves[:, age]
        # Rounding can spoil the memory of a nearly converged problem: fall back to the gradient itself.
        climbs = (result * gradient).sum(1) <= 0
        return -torch.where(climbs[:, None], first_step * gradient, result)
