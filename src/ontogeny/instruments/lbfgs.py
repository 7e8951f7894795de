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

Gradient = Callable[[Tensor, Tensor], Tensor]


def minimise(
    gradient: Gradient, start: Tensor, *, first_step: float, tolerance: float, rounds: int
) -> tuple[Tensor, Tensor]:
    """Minimise every problem of the stack; returns the points reached (as `start`) and which have converged [task].

    `gradient(points, rows)` returns the gradients at `points` for the problems `rows` of the stack: a problem that has
    converged (largest gradient component within `tolerance`) is not evaluated again. `first_step` times the gradient
    is the first move. Source: Nocedal 1980, the two-loop recursion.
    """
    points, converged = start.clone(), torch.zeros(len(start), dtype=torch.bool)
    rows = torch.arange(len(start))
    slopes = gradient(start, rows)
    state = _State(start.flatten(1).clone(), slopes.flatten(1).clone(), first_step)
    for _ in range(rounds):
        done = state.gradient.abs().amax(1) <= tolerance
        if done.any():
            points[rows[done]] = state.point[done].view(-1, *start.shape[1:])
            converged[rows[done]] = True
            rows = rows[~done]
            state.keep(~done)
        if not len(rows):
            return points, converged
        trial = state.trial()
        state.judge(trial, gradient(trial.view(-1, *start.shape[1:]), rows).flatten(1))
    points[rows] = state.point.view(-1, *start.shape[1:])
    return points, converged


class _State:
    """Where each unconverged problem stands. Shapes: task, parameter; memories [task, MEMORY, parameter]."""

    def __init__(self, point: Tensor, gradient: Tensor, first_step: float) -> None:
        self.point, self.gradient, self.first_step = point, gradient, first_step
        self.moves = torch.zeros(len(point), MEMORY, point.shape[1])
        self.turns = torch.zeros_like(self.moves)
        self.inverse = torch.zeros(len(point), MEMORY)  # 1 / (move . turn), 0 where the memory is empty
        self.direction = -first_step * gradient
        self.step = torch.ones(len(point))

    def keep(self, rows: Tensor) -> None:
        """Drop the problems that are done."""
        for name in ("point", "gradient", "moves", "turns", "inverse", "direction", "step"):
            setattr(self, name, getattr(self, name)[rows])

    def trial(self) -> Tensor:
        return self.point + self.step[:, None] * self.direction

    def judge(self, trial: Tensor, gradient: Tensor) -> None:
        """Take the trials that have not overshot; shorten the step of the others to where the slope would vanish."""
        before, after = (self.gradient * self.direction).sum(1), (gradient * self.direction).sum(1)
        taken = after <= -ACCEPTED * before
        shorter = (before / (before - after)).clamp(0.1, 0.7)
        self.step = torch.where(taken, 1.0, self.step * shorter)
        rows = torch.nonzero(taken).flatten()
        self._remember(rows, trial[rows] - self.point[rows], gradient[rows] - self.gradient[rows])
        self.point[rows], self.gradient[rows] = trial[rows], gradient[rows]
        self.direction[rows] = self._direction(rows)

    def _remember(self, rows: Tensor, move: Tensor, turn: Tensor) -> None:
        curvature = (move * turn).sum(1)
        useful = curvature > 1e-12 * (turn * turn).sum(1)
        rows, move, turn, curvature = rows[useful], move[useful], turn[useful], curvature[useful]
        for memory, newest in ((self.moves, move), (self.turns, turn), (self.inverse, 1 / curvature)):
            memory[rows] = torch.cat([memory[rows, 1:], newest[:, None]], dim=1)

    def _direction(self, rows: Tensor) -> Tensor:
        """Minus the approximate inverse Hessian times the gradient."""
        moves, turns, inverse = self.moves[rows], self.turns[rows], self.inverse[rows]
        gradient = self.gradient[rows]
        result, shares = gradient.clone(), []
        for age in reversed(range(MEMORY)):
            share = inverse[:, age] * (moves[:, age] * result).sum(1)
            result -= share[:, None] * turns[:, age]
            shares.append(share)
        newest = (turns[:, -1] * turns[:, -1]).sum(1) * inverse[:, -1]
        result *= torch.where(newest > 0, 1 / newest, self.first_step)[:, None]
        for age, share in zip(range(MEMORY), reversed(shares), strict=True):
            result += (share - inverse[:, age] * (turns[:, age] * result).sum(1))[:, None] * moves[:, age]
        # Rounding can spoil the memory of a nearly converged problem: fall back to the gradient itself.
        climbs = (result * gradient).sum(1) <= 0
        return -torch.where(climbs[:, None], self.first_step * gradient, result)
