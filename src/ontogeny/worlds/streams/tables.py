"""Function tables: which of a few known functions is meant is to be read from examples of it."""

from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge
from jaxtyping import Int

from ontogeny.configuration import configuration
from ontogeny.errors import UsageError
from ontogeny.randomness import generator
from ontogeny.worlds.streams.blocks import Blocks, told
from ontogeny.worlds.world import Batch, Split


@configuration
class FunctionTables(Blocks):
    """Input, value, input, value: all of one function, drawn for each sequence from tables that the seed decides.

    For every input each value stands in as many tables: without an example nothing is known. With as many tables as
    values one example tells the function, whatever its input.
    """

    kind: Literal["function_tables"] = "function_tables"
    inputs: Annotated[int, Ge(1)] = 8
    values: Annotated[int, Ge(2)] = 8
    tables: Annotated[int, Ge(2)] = 8
    blocks: Annotated[int, Ge(2)] = 16
    """Examples in a sequence."""

    def __post_init__(self) -> None:
        if self.tables % self.values:
            raise UsageError(f"tables: expected a multiple of values = {self.values}, given {self.tables}")

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """Numbers, for inputs and values alike."""
        return tuple(str(number) for number in range(max(self.inputs, self.values)))

    @property
    def block(self) -> int:
        return 2

    @property
    def chance(self) -> float:
        """How often the best guess is right that minds no token."""
        return 1 / self.values

    def pool(self, seed: int) -> Int[np.ndarray, "table input"]:
        """The value of every input in each table."""
        order = generator("function tables", "pool", seed).random((self.tables, self.inputs)).argsort(axis=0)
        return order % self.values

    def batch(self, seed: int, step: int, size: int, split: Split = "train") -> Batch:
        """Of the first value nothing is known; from the second example on the answers carry loss."""
        random = generator("function tables", split, seed, step)
        chosen = random.integers(self.tables, size=(size, 1))
        inputs = random.integers(self.inputs, size=(size, self.blocks))
        return told(inputs[:, :, None], self.pool(seed)[chosen, inputs][:, :, None], untold=1)
