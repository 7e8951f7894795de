"""Predictors that learn a function from the examples of an episode, batched, called as a model is.

A linear predictor knows the examples by their moments alone, the means of x x^T and of x y; before the first example
both are 0. All compute in double precision.
"""

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ontogeny.errors import UsageError

POOL_ANSWERS = 2**22
"""Answers of a pool's tasks that are held at a time: 32 MiB each of several arrays."""


@runtime_checkable
class Predictor(Protocol):
    """Predicts the output of each example from the examples before it."""

    def __call__(
        self,
        inputs: Float[Tensor, "batch example input"],
        outputs: Float[Tensor, "batch example"],
        *,
        last: bool = False,
    ) -> Float[Tensor, "batch asked"]:
        """Predictions at every example, or at the `last` one only. They can be differentiated by the inputs at which
        they are made; they do not depend on later examples, nor on the output that they predict."""


def moments(
    inputs: Float[Tensor, "batch example input"], outputs: Float[Tensor, "batch example"], *, last: bool = False
) -> tuple[Float[Tensor, "batch asked input input"], Float[Tensor, "batch asked input"], Float[Tensor, " asked"]]:
    """The means of x x^T and of x y over the examples before each one, and how many they are (at least 1)."""
    inputs, outputs = inputs.double(), outputs.double()
    counts = torch.arange(inputs.shape[1], dtype=torch.float64, device=inputs.device).clamp(min=1)
    if last:
        given, counts = inputs[:, :-1], counts[-1:]
        squares, products = given.mT @ given, (given.mT @ outputs[:, :-1, None])[..., 0]
        return squares[:, None] / counts[:, None, None], products[:, None] / counts[:, None], counts
    squares, products = _before(inputs[..., :, None] * inputs[..., None, :]), _before(inputs * outputs[..., None])
    return squares / counts[:, None, None], products / counts[:, None], counts


def _before(values: Tensor) -> Tensor:
    """Sums over the examples before each one (axis 1)."""
    return torch.cat((torch.zeros_like(values[:, :1]), values.cumsum(dim=1)[:, :-1]), dim=1)


def linear_predictor(fit: Callable[[Tensor, Tensor, Tensor], Tensor], mean: float = 0.0) -> Predictor:
    """A predictor whose weights follow from the moments; with a `mean`, of what weights of that size leave."""

    def predict(inputs: Tensor, outputs: Tensor, *, last: bool = False) -> Tensor:
        with torch.no_grad():
            centred = outputs.double() - mean * inputs.double().sum(dim=-1)
            weights = fit(*moments(inputs, centred, last=last)) + mean
        asked = inputs[:, -1:] if last else inputs
        return (weights * asked.double()).sum(dim=-1)

    return predict


def shortest_weights(
    squares: Float[Tensor, "*many input input"], products: Float[Tensor, "*many input"], relative_cutoff: float = 1e-9
) -> Float[Tensor, "*many input"]:
    """The shortest weights of least squared error; eigenvalues of x x^T below this share of the largest count as 0."""
    inverse = torch.linalg.pinv(squares, rtol=relative_cutoff, hermitian=True)
    return (inverse @ products[..., None])[..., 0]


def least_squares(*, relative_cutoff: float = 1e-9) -> Predictor:
    """The predictor of `shortest_weights`."""
    return linear_predictor(lambda squares, products, counts: shortest_weights(squares, products, relative_cutoff))


def ridge(penalty: float, *, mean: float = 0.0) -> Predictor:
    """Least squares plus penalty * |w - mean|^2.

    With independent normal weights of variance t^2 around `mean` and noise of variance s^2, the Bayes-optimal predictor
    has penalty s^2 / t^2.

    Raises: UsageError where the penalty is not positive: `least_squares` is the limit.
    """
    if not penalty > 0:
        raise UsageError(f"ridge: expected a penalty above 0, given {penalty:g}; least_squares() is the limit at 0")

    def fit(squares: Tensor, products: Tensor, counts: Tensor) -> Tensor:
        penalties = (penalty / counts)[:, None, None] * torch.eye(squares.shape[-1]).to(squares)
        return torch.linalg.solve(squares + penalties, products[..., None])[..., 0]

    return linear_predictor(fit, mean)


def gradient_descent(
    rates: Sequence[float], curvature: Sequence[float] | None = None, *, mean: float = 0.0
) -> Predictor:
    """One step of gradient descent for each rate, on half the mean squared error, from all weights at `mean`.

    With `curvature`, a step also changes the inputs that later steps see, to x - c * (mean of x x^T) x: the
    curvature-corrected gradient descent (GD++) of von Oswald et al. (2022), which is gradient descent preconditioned
    by a polynomial in the inputs' covariance.
    """
    corrections = [0.0] * len(rates) if curvature is None else curvature
    if len(corrections) != len(rates):
        raise UsageError(f"gradient descent: expected one curvature a rate, given {len(corrections)} for {len(rates)}")
    steps = torch.tensor([rates, corrections], dtype=torch.float64)

    def fit(squares: Tensor, products: Tensor, counts: Tensor) -> Tensor:
        spectrum, axes = torch.linalg.eigh(squares)
        weights = _descend(spectrum, (axes.mT @ products[..., None])[..., 0], *steps)
        return (axes @ weights[..., None])[..., 0]

    return linear_predictor(fit, mean)


def _descend(
    spectrum: Float[Tensor, "*many input"],
    products: Float[Tensor, "*many input"],
    rates: Float[Tensor, " step"],
    curvature: Float[Tensor, " step"],
) -> Float[Tensor, "*many input"]:
    """The weights after these steps along the axes of S, the mean of x x^T, each with its eigenvalue s.

    What steps make of the inputs is a polynomial in S too, at first 1: where an input component is seen as t times what
    it was, its mean square is t^2 s.
    """
    seen, weights = torch.ones_like(spectrum), torch.zeros_like(products)
    for rate, correction in zip(rates, curvature, strict=True):
        weights = weights - rate * seen**2 * (spectrum * weights - products)
        seen = seen * (1 - correction * seen**2 * spectrum)
    return weights


def tune_descent(
    inputs: Float[Tensor, "batch example input"],
    outputs: Float[Tensor, "batch example"],
    steps: int,
    *,
    corrected: bool = False,
    shared: bool = False,
) -> tuple[list[float], list[float]]:
    """The rates and curvatures of least squared error at the last example of these episodes.

    `corrected`: curvatures are tuned too, else 0; `shared`: all steps are alike. Found by L-BFGS from several starts,
    of equal rates and of rising ones.
    """
    from scipy.optimize import minimize

    squares, products, _ = moments(inputs, outputs, last=True)
    spectrum, axes = torch.linalg.eigh(squares[:, 0])
    along, last = ((axes.mT @ part.double()[..., None])[..., 0] for part in (products[:, 0], inputs[:, -1]))
    unit = 1 / spectrum.mean()  # a rate that suits the inputs' scale
    free = 1 if shared else steps

    def settings(point: Tensor) -> tuple[Tensor, Tensor]:
        rates, curvature = (point.reshape(2, free) * unit).expand(2, steps)
        return rates, curvature

    def loss(values: Float[np.ndarray, " setting"]) -> tuple[float, Float[np.ndarray, " setting"]]:
        point = torch.from_numpy(values).requires_grad_()
        given = (_descend(spectrum, along, *settings(point)) * last).sum(dim=-1)
        found = (given - outputs[:, -1]).square().mean()
        (slope,) = torch.autograd.grad(found, point)
        if not corrected:
            slope[free:] = 0
        return found.item(), slope.numpy()

    # Descent is symmetric in its rates, so that slopes never part rates that start alike.
    spreads = (1.0,) if free == 1 else (1.0, 3.0, 10.0)
    starts = [
        [*(rate * np.geomspace(1.0, spread, free)), *[0.2 * corrected] * free]
        for rate in (0.3, 0.6, 1.0)
        for spread in spreads
    ]
    best = min((minimize(loss, start, jac=True, method="L-BFGS-B") for start in starts), key=lambda found: found.fun)
    rates, curvature = settings(torch.from_numpy(best.x))
    return rates.tolist(), curvature.tolist()


def best_single_rate(second: float, fourth: float, features: int, examples: int) -> float:
    """The rate at which one step from 0 has the least expected error, for independent, symmetric components.

    `second` and `fourth` are the moments of a component; weights have mean 0 and equal variances. The loss relative to
    predicting 0 is 1 - 2 rate m2 + rate^2 E[S^2] / m2, with the mean S of x x^T over the examples.
    """
    squared = (fourth + (features - 1) * second**2) / examples + (1 - 1 / examples) * second**2
    return second / squared


def averaging() -> Predictor:
    """Weights are the mean of x y (Garg et al. 2022): one step of gradient descent at rate 1."""
    return gradient_descent([1.0])


def nearest_neighbours(count: int) -> Predictor:
    """The mean output of the `count` nearest examples, of all where there are fewer, 0 where there is none."""
    if count < 1:
        raise UsageError(f"nearest neighbours: expected at least 1, given {count}")

    def at(place: int, inputs: Tensor, outputs: Tensor) -> Tensor:
        if place == 0:
            return torch.zeros_like(outputs[:, 0])
        distances = torch.cdist(inputs[:, place : place + 1], inputs[:, :place])[:, 0]  # [batch, example]
        near = distances.topk(min(count, place), largest=False).indices
        return outputs.gather(1, near).mean(dim=1)

    return by_place(at)


def by_place(at: Callable[[int, Tensor, Tensor], Float[Tensor, " batch"]]) -> Predictor:
    """The predictor that gives `at(place, inputs, outputs)`, in double precision, at one example after the other."""

    def predict(inputs: Tensor, outputs: Tensor, *, last: bool = False) -> Tensor:
        inputs, outputs = inputs.double(), outputs.double()
        places = range(inputs.shape[1])[-1:] if last else range(inputs.shape[1])
        return torch.stack([at(place, inputs, outputs) for place in places], dim=1)

    return predict


def on(features: Callable[[Tensor], Tensor], predictor: Predictor) -> Predictor:
    """The predictor, shown features of the inputs in their place: least squares on squares fit quadratic functions."""

    def predict(inputs: Tensor, outputs: Tensor, *, last: bool = False) -> Tensor:
        return predictor(features(inputs), outputs, last=last)

    return predict


def best_of_pool(pool: Float[Tensor, "task input"], noise: float) -> Predictor:
    """The Bayes-optimal predictor where the weights are one of a pool, each equally likely, under normal noise.

    The discrete minimum-mean-square-error estimator of Raventos et al. (2023): the mean of the pool's weights, each
    weighted by the likelihood of the examples under it.
    """
    if not noise > 0 or not len(pool):
        raise UsageError(f"a pool needs at least one task and noise above 0, given {len(pool)} and {noise:g}")

    def answer(inputs: Tensor, outputs: Tensor) -> Tensor:
        answers = inputs.double() @ pool.double().T  # [batch, example, task]
        errors = _before((answers - outputs.double()[..., None]).square()).detach()
        return (torch.softmax(-errors / (2 * noise**2), dim=-1) * answers).sum(dim=-1)

    def predict(inputs: Tensor, outputs: Tensor, *, last: bool = False) -> Tensor:
        rows = max(1, POOL_ANSWERS // (inputs.shape[1] * len(pool)))  # episodes held at a time
        parts = zip(inputs.split(rows), outputs.split(rows), strict=True)
        given = torch.cat([answer(*part) for part in parts])
        return given[:, -1:] if last else given

    return predict
