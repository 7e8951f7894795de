"""From small episodes to full ones: in training, components of the inputs and examples become more by and by."""

from typing import Annotated

import numpy as np
from annotated_types import Ge
from jaxtyping import Float

from ontogeny.configuration import configuration

Count = Annotated[int, Ge(1)]
Growth = Annotated[int, Ge(0)]


@configuration
class Curriculum:
    """Where episodes begin, and by how much they grow every so many steps, until they are the world's own.

    Components that are not in use yet are shown as 0; functions are of those in use. The published one (Garg et al.
    2022) has 5 components and 11 examples at first, 1 and 2 more every 2,000 steps.
    """

    features: Count = 5
    """Components in use at first."""
    examples: Count = 11
    """Examples at first."""
    every: Count = 2000
    """Steps between two growths."""
    more_features: Growth = 1
    more_examples: Growth = 2

    def at(self, step: int, features: int, examples: int) -> tuple[int, int]:
        """Components in use and examples at a step, of a world that has so many in the end."""
        grown = step // self.every
        return (
            min(features, self.features + grown * self.more_features),
            min(examples, self.examples + grown * self.more_examples),
        )


def widened(
    inputs: Float[np.ndarray, "batch example input"], features: int
) -> Float[np.ndarray, "batch example feature"]:
    """The inputs with zeros for the components that are not in use."""
    return np.pad(inputs, ((0, 0), (0, 0), (0, features - inputs.shape[-1])))
