"""Where functions are evaluated: distributions of input vectors."""

from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt
from jaxtyping import Float

from ontogeny.configuration import LATER, configuration
from ontogeny.errors import UsageError
from ontogeny.randomness import generator
from ontogeny.worlds.functions.queries import QueryKind, check_query, place_query


@configuration
class Inputs:
    """Vectors of independent components, which a skew may stretch along random directions and a subspace flatten."""

    features: Annotated[int, Ge(1)] = 10
    distribution: Literal["normal", "uniform", "laplace", "exponential"] = "normal"
    """`exponential` is one-sided: its mean is its scale."""
    scale: Annotated[float, Gt(0)] = 1.0
    """Standard deviation of a component; of `uniform`: half the width of its interval around 0."""
    skew: Annotated[float, Ge(0)] = 0.0
    """The i-th eigenvalue of the covariance goes as i^-skew, with the trace as it was; the seed decides the directions.
    2 is the skewed covariance of Garg et al. (2022)."""
    subspace: Annotated[Annotated[int, Ge(1)] | None, LATER] = None
    """Dimensions of a random subspace, an episode's own, onto which all its inputs are projected; None: no projection.
    Half the features in Garg et al. (2022)."""
    query: Annotated[QueryKind, LATER] = "alike"
    """How the last input lies beside the others (see `queries.QueryKind`)."""

    def __post_init__(self) -> None:
        if self.subspace is not None and self.subspace > self.features:
            raise UsageError(f"subspace: expected at most features = {self.features}, given {self.subspace}")

    def check(self, examples: int) -> None:
        """Raise `UsageError` where an episode cannot have so many examples."""
        check_query(self.query, self.features, examples)

    def sample(
        self, random: np.random.Generator, size: int, examples: int, seed: int
    ) -> Float[np.ndarray, "batch example input"]:
        """Input vectors of `size` episodes."""
        shape = (size, examples, self.features)
        if self.distribution == "normal":
            drawn = random.normal(0, self.scale, shape)
        elif self.distribution == "uniform":
            drawn = random.uniform(-self.scale, self.scale, shape)
        elif self.distribution == "laplace":
            drawn = random.laplace(0, self.scale / np.sqrt(2), shape)
        else:
            drawn = random.exponential(self.scale, shape)
        drawn = drawn @ self._stretch(seed) if self.skew else drawn
        if self.subspace is not None:
            axes = np.linalg.qr(random.normal(size=(size, self.features, self.subspace)))[0]
            drawn = drawn @ axes @ axes.transpose(0, 2, 1)
        return place_query(self.query, random, drawn)

    def _stretch(self, seed: int) -> Float[np.ndarray, "input input"]:
        """The symmetric root of the covariance, for components of variance 1."""
        normal = generator("in context", "skew", seed).normal(size=(self.features, self.features))
        directions = np.linalg.qr(normal)[0]
        eigenvalues = np.arange(1, self.features + 1) ** -self.skew
        eigenvalues *= self.features / eigenvalues.sum()
        return (directions * np.sqrt(eigenvalues)) @ directions.T
