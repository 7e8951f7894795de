"""Classes of functions that are not linear (Garg et al. 2022): quadratics, networks of two layers, decision trees."""

from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt
from jaxtyping import Float

from ontogeny.configuration import configuration


@configuration
class Quadratics:
    """Linear functions, with normal weights, of the squares of the inputs' components, divided by sqrt(3).

    A squared standard normal has mean square 3: values are as large as those of linear functions of such inputs.
    """

    kind: Literal["quadratics"] = "quadratics"
    scale: Annotated[float, Gt(0)] = 1.0
    """Standard deviation of each weight."""

    def check(self, features: int) -> None:
        """Any number of inputs will do."""

    def draw(self, random: np.random.Generator, size: int, features: int) -> Float[np.ndarray, "batch parameter"]:
        return random.normal(0, self.scale, (size, features))

    def values(
        self, parameters: Float[np.ndarray, "batch parameter"], inputs: Float[np.ndarray, "batch example input"]
    ) -> Float[np.ndarray, "batch example"]:
        return np.einsum("bei,bi->be", inputs**2, parameters) / np.sqrt(3)


@configuration
class Networks:
    """sqrt(2 / neurons) * a . relu(W x), with all weights normal: networks of two layers without biases.

    For inputs of norm r the mean square of the values, over networks, is r^2.
    """

    kind: Literal["networks"] = "networks"
    neurons: Annotated[int, Ge(1)] = 100

    def check(self, features: int) -> None:
        """Any number of inputs will do."""

    def draw(self, random: np.random.Generator, size: int, features: int) -> Float[np.ndarray, "batch parameter"]:
        """Each neuron's input weights, then its output weight, neuron by neuron."""
        return random.normal(size=(size, self.neurons * (features + 1)))

    def values(
        self, parameters: Float[np.ndarray, "batch parameter"], inputs: Float[np.ndarray, "batch example input"]
    ) -> Float[np.ndarray, "batch example"]:
        neurons = parameters.reshape(len(parameters), self.neurons, -1)
        hidden = np.maximum(inputs @ neurons[:, :, :-1].transpose(0, 2, 1), 0)  # [batch, example, neuron]
        return np.einsum("ben,bn->be", hidden, neurons[:, :, -1]) * np.sqrt(2 / self.neurons)


@configuration
class DecisionTrees:
    """Full binary trees: each inner node asks whether one component is above 0, each leaf has a normal value."""

    kind: Literal["decision_trees"] = "decision_trees"
    depth: Annotated[int, Ge(0)] = 4
    """Questions on the way from the root to a leaf."""

    def check(self, features: int) -> None:
        """Any number of inputs will do."""

    def draw(self, random: np.random.Generator, size: int, features: int) -> Float[np.ndarray, "batch parameter"]:
        """The component that each inner node asks for, level by level from the root, then the leaves' values."""
        inner = random.integers(features, size=(size, 2**self.depth - 1))
        return np.concatenate((inner, random.normal(size=(size, 2**self.depth))), axis=1)

    def values(
        self, parameters: Float[np.ndarray, "batch parameter"], inputs: Float[np.ndarray, "batch example input"]
    ) -> Float[np.ndarray, "batch example"]:
        node = np.zeros(inputs.shape[:2], np.int64)  # 0 is the root; the children of n are 2n + 1 and 2n + 2
        for _ in range(self.depth):
            component = np.take_along_axis(parameters, node, axis=1).astype(np.int64)
            above = np.take_along_axis(inputs, component[:, :, None], axis=2)[:, :, 0] > 0
            node = 2 * node + 1 + above
        return np.take_along_axis(parameters, node, axis=1)
