"""Sums modulo a number: with a shift that examples show, or of numbers that are given."""

from typing import Annotated, Literal

from annotated_types import Ge

from ontogeny.configuration import configuration
from ontogeny.randomness import generator
from ontogeny.worlds.streams.blocks import Blocks, told
from ontogeny.worlds.world import Batch, Split

Modulus = Annotated[int, Ge(2)]


@configuration
class ModularShift(Blocks):
    """x, x + shift, x', x' + shift, ... modulo a number; the shift is one for all of a sequence, and never told."""

    kind: Literal["modular_shift"] = "modular_shift"
    modulus: Modulus = 8
    blocks: Annotated[int, Ge(2)] = 16

    @property
    def vocabulary(self) -> tuple[str, ...]:
        return tuple(str(number) for number in range(self.modulus))

    @property
    def block(self) -> int:
        return 2

    @property
    def chance(self) -> float:
        """How often the best guess is right that minds no token."""
        return 1 / self.modulus

    def batch(self, seed: int, step: int, size: int, split: Split = "train") -> Batch:
        """The first example shows the shift; from the second on the answers carry loss."""
        random = generator("modular shift", split, seed, step)
        shift = random.integers(self.modulus, size=(size, 1, 1))
        numbers = random.integers(self.modulus, size=(size, self.blocks, 1))
        return told(numbers, (numbers + shift) % self.modulus, untold=1)


@configuration
class ModularSums(Blocks):
    """x, y, x + y modulo a number, and again."""

    kind: Literal["modular_sums"] = "modular_sums"
    modulus: Modulus = 8
    terms: Annotated[int, Ge(2)] = 2
    blocks: Annotated[int, Ge(1)] = 10

    @property
    def vocabulary(self) -> tuple[str, ...]:
        return tuple(str(number) for number in range(self.modulus))

    @property
    def block(self) -> int:
        return self.terms + 1

    @property
    def chance(self) -> float:
        """How often the best guess is right that minds no token."""
        return 1 / self.modulus

    def batch(self, seed: int, step: int, size: int, split: Split = "train") -> Batch:
        random = generator("modular sums", split, seed, step)
        numbers = random.integers(self.modulus, size=(size, self.blocks, self.terms))
        return told(numbers, numbers.sum(axis=2, keepdims=True) % self.modulus)
