"""The singular modes of a linear task: what is to be learned, direction by direction."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class Modes:
    """The wanted map as sum over modes of strength * output direction * input direction^T, strongest first."""

    outputs: Float[np.ndarray, "mode output"]
    strengths: Float[np.ndarray, " mode"]
    inputs: Float[np.ndarray, "mode feature"]

    @property
    def map(self) -> Float[np.ndarray, "output feature"]:
        """The wanted linear map."""
        return (self.outputs * self.strengths[:, None]).T @ self.inputs
