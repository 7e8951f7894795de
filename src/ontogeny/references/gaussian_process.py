"""Gaussian processes: the exact posterior predictive and the likelihood, batched (Rasmussen & Williams 2006, ch. 2).

Functions have mean 0; what is seen and predicted are their values with independent normal noise. All computes in double
precision. Leading axes are data sets and, after them, whatever else is computed at once, such as hyperparameters.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from ontogeny.errors import UsageError
from ontogeny.references.in_context import Predictor
from ontogeny.references.normals import Normals


@runtime_checkable
class Kernel(Protocol):
    """The covariance of a function's values."""

    def covariance(
        self, one: Float[Tensor, "*#many one input"], other: Float[Tensor, "*#many other input"]
    ) -> Float[Tensor, "... one other"]: ...

    def variance(self, inputs: Float[Tensor, "*#many asked input"]) -> Float[Tensor, "... asked"]:
        """Of the values themselves: the diagonal of their covariance."""


CORRELATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "rbf": lambda squares: torch.exp(-squares / 2),
    "matern12": lambda squares: torch.exp(-_root(squares)),
    "matern32": lambda squares: (1 + _root(3 * squares)) * torch.exp(-_root(3 * squares)),
    "matern52": lambda squares: (1 + _root(5 * squares) + 5 / 3 * squares) * torch.exp(-_root(5 * squares)),
}
"""The correlation of two values by the squared distance of their inputs in units of the length."""


@dataclass(frozen=True)
class Stationary:
    """A kernel of distance alone, named in `CORRELATIONS`, with a length and a standard deviation of the values."""

    name: str
    length: Float[Tensor, "*#many"]
    scale: Float[Tensor, "*#many"]

    def __post_init__(self) -> None:
        if self.name not in CORRELATIONS:
            raise UsageError(f"kernel: expected one of {', '.join(CORRELATIONS)}, given {self.name!r}")
        if not (bool((self.length > 0).all()) and bool((self.scale > 0).all())):
            raise UsageError("kernel: expected lengths and scales above 0, given one that is not")

    def covariance(
        self, one: Float[Tensor, "*#many one input"], other: Float[Tensor, "*#many other input"]
    ) -> Float[Tensor, "... one other"]:
        squares = (one.double()[..., :, None, :] - other.double()[..., None, :, :]).square().sum(dim=-1)
        correlation = CORRELATIONS[self.name](squares / self.length.double().square()[..., None, None])
        return self.scale.double().square()[..., None, None] * correlation

    def variance(self, inputs: Float[Tensor, "*#many asked input"]) -> Float[Tensor, "... asked"]:
        variances = self.scale.double().square()[..., None]
        return variances.expand(torch.broadcast_shapes(variances.shape, inputs.shape[:-1]))


def posterior(
    kernel: Kernel,
    noise: Float[Tensor, "*#many"],
    inputs: Float[Tensor, "*#many example input"],
    outputs: Float[Tensor, "*#many example"],
    asked: Float[Tensor, "*#many asked input"],
) -> Normals:
    """The exact predictive of noisy outputs at the inputs asked for, each a normal density; `noise` is a deviation.

    Raises: UsageError where the kernel is not positive definite.
    """
    variances = noise.double().square()
    root = _root_of(kernel, variances, inputs)
    explained = torch.linalg.solve_triangular(root, kernel.covariance(inputs, asked), upper=False)
    whitened = _solve(root, outputs)
    mean = (explained * whitened[..., None]).sum(dim=-2)
    variance = kernel.variance(asked) - explained.square().sum(dim=-2)
    # Rounding may take a value that is known exactly below 0.
    return Normals(mean, (variance.clamp(min=0) + variances[..., None]).sqrt())


def log_likelihood(
    kernel: Kernel,
    noise: Float[Tensor, "*#many"],
    inputs: Float[Tensor, "*#many example input"],
    outputs: Float[Tensor, "*#many example"],
) -> Float[Tensor, "..."]:
    """The logarithm of the density of these outputs at these inputs."""
    root = _root_of(kernel, noise.double().square(), inputs)
    determinant = root.diagonal(dim1=-2, dim2=-1).log().sum(dim=-1)
    squares = _solve(root, outputs).square().sum(dim=-1)
    return -squares / 2 - determinant - outputs.shape[-1] * math.log(2 * math.pi) / 2


def gaussian_process(kernel: Kernel, noise: float) -> Predictor:
    """The exact posterior mean at every example from the examples before, called as a model is.

    With the root L of the outputs' covariance and z = L^-1 y, a prediction is what earlier components of z make of the
    output: L z without the diagonal of L.
    """

    def predict(inputs: Tensor, outputs: Tensor, *, last: bool = False) -> Tensor:
        root = _root_of(kernel, torch.tensor(noise, dtype=torch.float64).square(), inputs)
        given = (root.tril(-1) @ _solve(root, outputs)[..., None])[..., 0]
        return given[:, -1:] if last else given

    return predict


def _root_of(
    kernel: Kernel, variances: Float[Tensor, "*#many"], inputs: Float[Tensor, "*#many example input"]
) -> Float[Tensor, "... example example"]:
    """The lower triangular root of the outputs' covariance."""
    covariance = kernel.covariance(inputs, inputs)
    noisy = covariance + variances[..., None, None] * torch.eye(covariance.shape[-1], dtype=torch.float64)
    root, failed = torch.linalg.cholesky_ex(noisy)
    if bool(failed.any()):
        smallest = torch.linalg.eigvalsh(noisy.detach()).min().item()
        raise UsageError(
            f"the kernel is not positive definite: with the noise, the covariance of {inputs.shape[-2]} outputs has an "
            f"eigenvalue of {smallest:.3g}; expected all above 0: choose another kernel or more noise"
        )
    return root


def _solve(
    root: Float[Tensor, "*#many example example"], outputs: Float[Tensor, "*#many example"]
) -> Float[Tensor, "... example"]:
    return torch.linalg.solve_triangular(root, outputs.double()[..., None], upper=False)[..., 0]


def _root(squares: Tensor) -> Tensor:
    """Square roots whose gradient at 0 is finite."""
    return squares.clamp(min=1e-24).sqrt()
