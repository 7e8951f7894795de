"""Addition of numbers of several digits, with carries."""

from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge

from ontogeny.configuration import configuration
from ontogeny.errors import UsageError
from ontogeny.randomness import generator
from ontogeny.worlds.streams.blocks import Blocks, told
from ontogeny.worlds.world import Batch, Split


@configuration
class Addition(Blocks):
    """The digits of two numbers, then those of their sum, which has one more; units come first. And again."""

    kind: Literal["addition"] = "addition"
    base: Annotated[int, Ge(2)] = 5
    digits: Annotated[int, Ge(1)] = 2
    blocks: Annotated[int, Ge(1)] = 4

    def __post_init__(self) -> None:
        if self.digits > 62 or self.base ** (self.digits + 1) >= 2**63:
            raise UsageError(
                f"addition: base={self.base} and digits={self.digits} give sums that 64 bits do not hold; "
                "choose base ** (digits + 1) below 2 ** 63"
            )

    @property
    def vocabulary(self) -> tuple[str, ...]:
        return tuple(str(digit) for digit in range(self.base))

    @property
    def block(self) -> int:
        return 3 * self.digits + 1

    @property
    def chance(self) -> float:
        """How often the best guess is right that minds no token.

        All digits of a sum are uniform but the last, the carry: of n numbers, (n + 1) / 2n sums are below n.
        """
        numbers = self.base**self.digits
        return (self.digits / self.base + (numbers + 1) / (2 * numbers)) / (self.digits + 1)

    def batch(self, seed: int, step: int, size: int, split: Split = "train") -> Batch:
        random = generator("addition", split, seed, step)
        terms = random.integers(self.base, size=(size, self.blocks, 2, self.digits))
        total = (terms.sum(axis=2) * self.base ** np.arange(self.digits)).sum(axis=2, keepdims=True)
        answer = total // self.base ** np.arange(self.digits + 1) % self.base
        return told(terms.reshape(size, self.blocks, -1), answer)
