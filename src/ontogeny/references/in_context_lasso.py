"""The Lasso on the examples of an episode, batched, called as a model is."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ontogeny.errors import OntogenyError, UsageError
from ontogeny.references.in_context import Predictor, linear_predictor

LEAST = 1e-10
"""A change within this share of the penalty is the one that has just been made."""
MOST = 20
"""Changes, for each component, after which something must be wrong."""


def lasso(penalty: float) -> Predictor:
    """Half the mean squared error plus penalty * |w|_1 at its least (Tibshirani 1996).

    Followed exactly from the penalty at which all weights are 0 down to this one, as least-angle regression does
    (Efron et al. 2004): weights are linear in the penalty until one becomes 0 or ceases to be.

    Raises: UsageError where the penalty is not positive: `least_squares` is the limit.
    """
    if not penalty > 0:
        raise UsageError(f"lasso: expected a penalty above 0, given {penalty:g}; least_squares() is the limit at 0")

    def fit(squares: Tensor, products: Tensor, counts: Tensor) -> Tensor:
        weights = torch.zeros_like(products)
        now = products.abs().amax(dim=-1)  # the penalty down to which weights are known, [batch, asked]
        used = products.abs() == now[..., None]
        for _ in range(MOST * products.shape[-1]):
            if (now <= penalty).all():
                return weights
            errors = products - (squares @ weights[..., None])[..., 0]
            slope = _slope(squares, errors, used)
            step, changed = _until_change(errors, weights, used, slope, (squares @ slope[..., None])[..., 0], now)
            arrived = step >= now - penalty
            step = torch.where(arrived, now - penalty, step).clamp(min=0)
            used = torch.where(arrived[..., None], used, used ^ changed)
            moved = torch.where((step > 0)[..., None], weights + step[..., None] * slope, weights)
            weights = torch.where(used, moved, 0)
            now = now - step
        raise OntogenyError("lasso: the way of the weights does not end; are components of the inputs exactly alike?")

    return linear_predictor(fit)


def _slope(
    squares: Float[Tensor, "batch asked input input"],
    errors: Float[Tensor, "batch asked input"],
    used: Bool[Tensor, "batch asked input"],
) -> Float[Tensor, "batch asked input"]:
    """How the weights in use grow as the penalty falls by 1, so that all their errors fall by 1."""
    both = used[..., :, None] & used[..., None, :]
    system = torch.where(both, squares, torch.eye(squares.shape[-1]).to(squares))
    return torch.linalg.solve_ex(system, torch.where(used, errors.sign(), 0))[0]


def _until_change(
    errors: Float[Tensor, "batch asked input"],
    weights: Float[Tensor, "batch asked input"],
    used: Bool[Tensor, "batch asked input"],
    slope: Float[Tensor, "batch asked input"],
    falling: Float[Tensor, "batch asked input"],
    now: Float[Tensor, "batch asked"],
) -> tuple[Float[Tensor, "batch asked"], Bool[Tensor, "batch asked input"]]:
    """By how much the penalty may fall before a weight comes into use or goes out of it, and which one does.

    One goes where it meets 0, and comes where its error, which falls at the rate `falling`, is as large as the penalty.
    """
    penalty = now[..., None]
    comes = torch.stack(((penalty - errors) / (1 - falling), (penalty + errors) / (1 + falling)))
    candidates = torch.where(used, torch.stack((-weights / slope,) * 2), comes)
    possible = (candidates > LEAST * penalty) & candidates.isfinite()
    first = torch.where(possible, candidates, torch.inf).amin(dim=0)
    step, which = first.min(dim=-1)
    return step, torch.nn.functional.one_hot(which, weights.shape[-1]).bool()
