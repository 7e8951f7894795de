"""Sorting: numbers in random order, then the same in ascending order."""

from math import comb
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge

from ontogeny.configuration import configuration
from ontogeny.errors import UsageError
from ontogeny.randomness import generator
from ontogeny.worlds.streams.blocks import Blocks, told
from ontogeny.worlds.world import Batch, Split


@configuration
class Sorting(Blocks):
    """Distinct numbers, then these numbers sorted; and again."""

    kind: Literal["sorting"] = "sorting"
    numbers: Annotated[int, Ge(2)] = 12
    items: Annotated[int, Ge(1)] = 5
    """How many of the numbers are to be sorted at a time."""
    blocks: Annotated[int, Ge(1)] = 3

    def __post_init__(self) -> None:
        if self.items > self.numbers:
            raise UsageError(f"items: expected at most numbers = {self.numbers}, given {self.items}")

    @property
    def vocabulary(self) -> tuple[str, ...]:
        return tuple(str(number) for number in range(self.numbers))

    @property
    def block(self) -> int:
        return 2 * self.items

    @property
    def chance(self) -> float:
        """How often the best guess is right that minds no token: at each place the likeliest number of that rank.

        The number of rank i (from 0) among k of n is v with probability C(v, i) C(n - 1 - v, k - 1 - i) / C(n, k).
        """
        n, k = self.numbers, self.items
        likeliest = [max(comb(v, i) * comb(n - 1 - v, k - 1 - i) for v in range(n)) for i in range(k)]
        return sum(likeliest) / (k * comb(n, k))

    def batch(self, seed: int, step: int, size: int, split: Split = "train") -> Batch:
        random = generator("sorting", split, seed, step)
        numbers = random.random((size, self.blocks, self.numbers)).argsort(axis=2)[:, :, : self.items]
        return told(numbers, np.sort(numbers, axis=2))
