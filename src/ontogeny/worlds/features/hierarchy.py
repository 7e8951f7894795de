"""Items at the leaves of a binary tree, described by the branches they are on (Saxe, McClelland & Ganguli 2013)."""

from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge
from jaxtyping import Float, Int

from ontogeny.configuration import configuration
from ontogeny.errors import UsageError
from ontogeny.worlds.features.modes import Modes
from ontogeny.worlds.world import Examples, Split


@configuration
class Hierarchy:
    """2 ** levels items, shown one-hot; wanted is one property a node of the tree, which all items below it have.

    With three levels these are 8 items and 15 properties. A batch is always all items, scaled so that the inputs'
    correlation matrix is the identity.
    """

    kind: Literal["hierarchy"] = "hierarchy"
    levels: Annotated[int, Ge(1)] = 3

    @property
    def items(self) -> int:
        return 2**self.levels

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """Names of the properties: the level of a node, and its place there."""
        return tuple(f"{level}.{node}" for level in range(self.levels + 1) for node in range(2**level))

    @property
    def feature_size(self) -> int:
        return self.items

    @property
    def length(self) -> int:
        return 1

    @property
    def properties(self) -> Float[np.ndarray, "output feature"]:
        """Which item (column) has which property (row): 0 or 1."""
        rows = [
            np.arange(self.items) // (self.items >> level) == node
            for level in range(self.levels + 1)
            for node in range(2**level)
        ]
        return np.array(rows, dtype=np.float64)

    @property
    def mode_levels(self) -> Int[np.ndarray, " mode"]:
        """The level of the tree whose branches each mode tells apart; 0 is what all items share."""
        return np.array([0, *(level for level in range(1, self.levels + 1) for _ in range(2 ** (level - 1)))])

    def modes(self, seed: int = 0) -> Modes:
        """The singular modes: what all items share, then each contrast between the two branches below a node.

        Modes of one level are equally strong; level l has strength sqrt(2 ** (levels - l + 1) - 1), and the shared
        mode sqrt(2 ** (levels + 1) - 1).
        """
        contrasts = [np.ones(self.items)]
        for level in range(self.levels):
            for node in range(2**level):
                width = self.items >> level
                contrast = np.zeros(self.items)
                contrast[node * width : node * width + width // 2] = 1
                contrast[node * width + width // 2 : (node + 1) * width] = -1
                contrasts.append(contrast)
        inputs = np.array([contrast / np.linalg.norm(contrast) for contrast in contrasts])
        images = inputs @ self.properties.T  # [mode output]
        strengths = np.linalg.norm(images, axis=1)
        return Modes(images / strengths[:, None], strengths, inputs)

    def batch(self, seed: int, step: int, size: int, split: Split = "train") -> Examples:
        if size != self.items:
            raise UsageError(f"a hierarchy of {self.levels} levels has exactly {self.items} items, given batch={size}")
        shown = (np.sqrt(size) * np.eye(size)).astype(np.float32)
        wanted = (np.sqrt(size) * self.properties).astype(np.float32)
        return Examples(shown[None], wanted[None], np.ones((1, len(wanted)), np.float32))
