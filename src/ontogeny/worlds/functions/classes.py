"""Classes of functions: how one is drawn, as a vector of parameters, and what its values are.

`check` raises `UsageError` where a class has no functions of that many inputs.
"""

from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt
from jaxtyping import Float

from ontogeny.configuration import configuration
from ontogeny.errors import UsageError


@configuration
class LinearFunctions:
    """w . x, with independent normal weights w."""

    kind: Literal["linear"] = "linear"
    mean: float = 0.0
    """Prior mean of each weight."""
    scale: Annotated[float, Gt(0)] = 1.0
    """Standard deviation of each weight around it."""
    nonzero: Annotated[int, Ge(1)] | None = None
    """How many weights, chosen anew for each function, are not 0; None: all."""

    def check(self, features: int) -> None:
        if self.nonzero is not None and self.nonzero > features:
            raise UsageError(f"nonzero: expected at most features = {features}, given {self.nonzero}")

    def draw(self, random: np.random.Generator, size: int, features: int) -> Float[np.ndarray, "batch parameter"]:
        weights = random.normal(self.mean, self.scale, (size, features))
        if self.nonzero is not None:
            ranks = random.random((size, features)).argsort(axis=1).argsort(axis=1)
            weights[ranks >= self.nonzero] = 0
        return weights

    def values(
        self, parameters: Float[np.ndarray, "batch parameter"], inputs: Float[np.ndarray, "batch example input"]
    ) -> Float[np.ndarray, "batch example"]:
        return np.einsum("bei,bi->be", inputs, parameters)


Range = tuple[float, float]


@configuration
class Sinusoids:
    """amplitude * sin(x + phase) of one input, both uniform: the family of Finn, Abbeel & Levine (2017)."""

    kind: Literal["sinusoids"] = "sinusoids"
    amplitudes: Range = (0.1, 5.0)
    phases: Range = (0.0, np.pi)

    def __post_init__(self) -> None:
        for name in ("amplitudes", "phases"):
            low, high = getattr(self, name)
            if low > high:
                raise UsageError(f"{name}: expected the lower bound first, given ({low:g}, {high:g})")

    def check(self, features: int) -> None:
        if features != 1:
            raise UsageError(f"sinusoids are functions of one input, given features={features}")

    def draw(self, random: np.random.Generator, size: int, features: int) -> Float[np.ndarray, "batch parameter"]:
        return np.stack([random.uniform(*self.amplitudes, size), random.uniform(*self.phases, size)], axis=1)

    def values(
        self, parameters: Float[np.ndarray, "batch parameter"], inputs: Float[np.ndarray, "batch example input"]
    ) -> Float[np.ndarray, "batch example"]:
        amplitude, phase = parameters.T[:, :, None]  # each [batch, 1]
        return amplitude * np.sin(inputs[:, :, 0] + phase)
