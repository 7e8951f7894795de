"""Majority: of two symbols, the one that has just been said more often."""

from typing import Annotated, Literal

from annotated_types import Ge

from ontogeny.configuration import configuration
from ontogeny.errors import UsageError
from ontogeny.randomness import generator
from ontogeny.worlds.streams.blocks import Blocks, told
from ontogeny.worlds.world import Batch, Split


@configuration
class Majority(Blocks):
    """An odd number of random bits, then the more frequent of the two; and again."""

    kind: Literal["majority"] = "majority"
    bits: Annotated[int, Ge(1)] = 5
    blocks: Annotated[int, Ge(1)] = 5

    def __post_init__(self) -> None:
        if self.bits % 2 == 0:
            raise UsageError(f"bits: expected an odd number, so that there is a majority, given {self.bits}")

    @property
    def vocabulary(self) -> tuple[str, ...]:
        return ("0", "1")

    @property
    def block(self) -> int:
        return self.bits + 1

    @property
    def chance(self) -> float:
        """How often the best guess is right that minds no token."""
        return 0.5

    def batch(self, seed: int, step: int, size: int, split: Split = "train") -> Batch:
        bits = generator("majority", split, seed, step).integers(2, size=(size, self.blocks, self.bits))
        return told(bits, (bits.sum(axis=2, keepdims=True) * 2 > self.bits).astype(int))
