"""Functions drawn from a prior of Bayesian neural networks."""

from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt
from jaxtyping import Float

from ontogeny.configuration import configuration
from ontogeny.worlds.functions.inputs import Inputs


@configuration
class BayesianNetworks:
    """A prior over functions: networks of tanh neurons, all weights and biases normal, with noise of known size.

    Weights into hidden neurons have the variance steepness^2 / inputs, those into the output 1 / neurons; the output
    has no bias.
    """

    kind: Literal["bayesian_networks"] = "bayesian_networks"
    hidden: tuple[Annotated[int, Ge(1)], ...] = (16,)
    """Neurons of each hidden layer; with none the function is linear."""
    steepness: Annotated[float, Gt(0)] = 4.0
    bias: Annotated[float, Ge(0)] = 2.0
    """Standard deviation of the hidden neurons' biases."""
    noise: Annotated[float, Gt(0)] = 0.2
    """Standard deviation of what is added to each value seen."""

    def draw(self, random: np.random.Generator, size: int, features: int) -> Float[np.ndarray, "batch parameter"]:
        """Standard normal coordinates of so many networks, and the noise.

        Layer by layer: of the weights, input by input, then of the biases.
        """
        sizes = (features, *self.hidden)
        count = sum((before + 1) * after for before, after in zip(sizes, self.hidden, strict=False)) + sizes[-1]
        return np.concatenate((random.normal(size=(size, count)), np.full((size, 1), self.noise)), axis=1)

    def values(
        self,
        random: np.random.Generator,
        drawn: Float[np.ndarray, "batch parameter"],
        inputs: Float[np.ndarray, "batch example input"],
    ) -> Float[np.ndarray, "batch example"]:
        """Each network at its own inputs, without noise; nothing is left to chance."""
        shown, rest = inputs, drawn[:, :-1]
        for after in self.hidden:
            before = shown.shape[2]
            weights, biases, rest = np.split(rest, (before * after, (before + 1) * after), axis=1)
            weights = self.steepness / np.sqrt(before) * weights.reshape(-1, before, after)
            shown = np.tanh(shown @ weights + self.bias * biases[:, None])
        return np.einsum("ben,bn->be", shown, rest) / np.sqrt(shown.shape[2])

    def outputs(self, random: np.random.Generator, inputs: Inputs, size: int) -> Float[np.ndarray, " size"]:
        """One noisy value of each of so many networks, at inputs of this distribution."""
        places = inputs.sample(random, size, 1, seed=0)
        values = self.values(random, self.draw(random, size, inputs.features), places)[:, 0]
        return values + self.noise * random.normal(size=size)
