"""Functions drawn from Gaussian processes, whose kernels are fixed or drawn anew for each function."""

from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt
from jaxtyping import Float

from ontogeny.configuration import configuration
from ontogeny.errors import UsageError
from ontogeny.worlds.functions.inputs import Inputs

HYPERPARAMETERS = ("length", "scale", "noise")
JITTER = 1e-10
"""Share of the variance that is added to the diagonal of a covariance: rounding takes no more from its eigenvalues."""
KernelName = Literal["rbf", "matern12", "matern32", "matern52"]


@configuration
class LogNormal:
    """A positive number whose logarithm is normal; with spread 0 it is always the median."""

    median: Annotated[float, Gt(0)] = 1.0
    spread: Annotated[float, Ge(0)] = 0.0
    """Standard deviation of the natural logarithm."""

    def draw(self, random: np.random.Generator, size: int) -> Float[np.ndarray, " size"]:
        return self.median * np.exp(self.spread * random.normal(size=size))


@configuration
class GaussianProcesses:
    """A prior over functions: Gaussian processes of mean 0 whose kernel depends on the distance of inputs alone.

    `rbf` is exp(-r^2 / 2); `matern12`, `matern32` and `matern52` are Matern kernels of that smoothness (Rasmussen &
    Williams 2006, ch. 4); r is the distance in units of the length.
    """

    kind: Literal["gaussian_processes"] = "gaussian_processes"
    kernel: KernelName = "rbf"
    length: LogNormal = LogNormal(median=0.4)
    """Distance over which values are alike."""
    scale: LogNormal = LogNormal()
    """Standard deviation of a function's values."""
    noise: LogNormal = LogNormal(median=0.1)
    """Standard deviation of what is added to each value seen."""

    def draw(self, random: np.random.Generator, size: int, features: int) -> Float[np.ndarray, "batch hyperparameter"]:
        """Length, scale and noise of so many functions, whatever their number of inputs."""
        return np.stack([getattr(self, name).draw(random, size) for name in HYPERPARAMETERS], axis=1)

    def covariance(
        self, drawn: Float[np.ndarray, "batch hyperparameter"], inputs: Float[np.ndarray, "batch example input"]
    ) -> Float[np.ndarray, "batch example example"]:
        """Of each function's values at its own inputs, without noise."""
        squares = np.square(inputs[:, :, None] - inputs[:, None]).sum(axis=-1)
        squares /= np.square(drawn[:, 0])[:, None, None]
        return np.square(drawn[:, 1])[:, None, None] * _correlation(self.kernel, squares)

    def values(
        self,
        random: np.random.Generator,
        drawn: Float[np.ndarray, "batch hyperparameter"],
        inputs: Float[np.ndarray, "batch example input"],
    ) -> Float[np.ndarray, "batch example"]:
        """A function of each kernel, at its own inputs, without noise."""
        return correlate(self.covariance(drawn, inputs), random.normal(size=inputs.shape[:2]))

    def outputs(self, random: np.random.Generator, inputs: Inputs, size: int) -> Float[np.ndarray, " size"]:
        """One noisy value of each of so many functions, which is as likely wherever it is taken."""
        _, scale, noise = self.draw(random, size, inputs.features).T
        return scale * random.normal(size=size) + noise * random.normal(size=size)


def correlate(
    covariance: Float[np.ndarray, "batch example example"], normal: Float[np.ndarray, "batch example"]
) -> Float[np.ndarray, "batch example"]:
    """Independent normal numbers made into ones of this covariance.

    Raises: UsageError where no values can have it: a kernel must be positive definite.
    """
    size = np.trace(covariance, axis1=1, axis2=2) / covariance.shape[1]
    try:
        root = np.linalg.cholesky(covariance + JITTER * size[:, None, None] * np.eye(covariance.shape[1]))
    except np.linalg.LinAlgError:
        smallest = np.linalg.eigvalsh(covariance).min()
        raise UsageError(
            f"the kernel is not positive definite: the covariance of {covariance.shape[1]} values has an eigenvalue of "
            f"{smallest:.3g}; expected none below 0: choose another kernel"
        ) from None
    return (root @ normal[:, :, None])[:, :, 0]


def _correlation(kernel: KernelName, squares: Float[np.ndarray, "*many"]) -> Float[np.ndarray, "*many"]:
    """The correlation of values at these squared distances, in units of the length."""
    if kernel == "rbf":
        return np.exp(-squares / 2)
    distance = np.sqrt(squares)
    if kernel == "matern12":
        return np.exp(-distance)
    if kernel == "matern32":
        return (1 + np.sqrt(3) * distance) * np.exp(-np.sqrt(3) * distance)
    return (1 + np.sqrt(5) * distance + 5 / 3 * squares) * np.exp(-np.sqrt(5) * distance)
