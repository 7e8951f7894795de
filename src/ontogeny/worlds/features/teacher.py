"""A linear teacher with a known spectrum, for students that learn its map from examples."""

from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt, MinLen

from ontogeny.configuration import configuration
from ontogeny.errors import UsageError
from ontogeny.randomness import generator
from ontogeny.worlds.features.modes import Modes
from ontogeny.worlds.world import Examples, Split


@configuration
class Teacher:
    """Targets are a linear map of the inputs, with the given singular values in directions that the seed decides.

    `whitened`: a batch is always the same `inputs` examples, one along each axis, whose correlation matrix is the
    identity: gradient descent then meets its closed form (`references.deep_linear`). `gaussian`: every batch is new.
    """

    kind: Literal["teacher"] = "teacher"
    inputs: Annotated[int, Ge(1)] = 16
    outputs: Annotated[int, Ge(1)] = 16
    singular_values: Annotated[tuple[Annotated[float, Gt(0)], ...], MinLen(1)] = (4.0, 3.0, 2.0, 1.0)
    noise: Annotated[float, Ge(0)] = 0.0
    """Standard deviation of what is added to each component of a target."""
    examples: Literal["whitened", "gaussian"] = "whitened"

    def __post_init__(self) -> None:
        if len(self.singular_values) > min(self.inputs, self.outputs):
            raise UsageError(
                f"singular_values: expected at most min(inputs, outputs) = {min(self.inputs, self.outputs)}, "
                f"given {len(self.singular_values)}"
            )

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """Names of the components of what is wanted."""
        return tuple(f"output {i}" for i in range(self.outputs))

    @property
    def feature_size(self) -> int:
        return self.inputs

    @property
    def length(self) -> int:
        return 1

    def modes(self, seed: int) -> Modes:
        """The teacher's singular modes."""
        strengths = np.sort(np.array(self.singular_values))[::-1]
        directions = [
            np.linalg.qr(generator("teacher", side, seed).normal(size=(size, len(strengths))))[0].T
            for side, size in (("outputs", self.outputs), ("inputs", self.inputs))
        ]
        return Modes(directions[0], strengths, directions[1])

    def batch(self, seed: int, step: int, size: int, split: Split = "train") -> Examples:
        random = generator("teacher", "batch", split, seed, step)
        if self.examples == "whitened":
            if size != self.inputs:
                raise UsageError(f"a whitened teacher has exactly inputs = {self.inputs} examples, given batch={size}")
            shown = np.sqrt(size) * np.eye(size)
        else:
            shown = random.normal(size=(self.inputs, size))
        wanted = self.modes(seed).map @ shown
        if self.noise:
            wanted = wanted + self.noise * random.normal(size=wanted.shape)
        weights = np.ones((1, self.outputs), np.float32)
        return Examples(shown[None].astype(np.float32), wanted[None].astype(np.float32), weights)
