"""Sparse features of unequal importance, to be given back through a narrow layer (Elhage et al. 2022)."""

from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt, Le, MinLen
from jaxtyping import Float32

from ontogeny.configuration import configuration
from ontogeny.errors import UsageError
from ontogeny.randomness import generator
from ontogeny.worlds.world import Examples, Split

Share = Annotated[float, Gt(0), Le(1)]


@configuration
class SparseFeatures:
    """Independent features that are mostly 0; what is wanted is the features themselves, or their absolute values.

    A feature is present with probability `density`, and then uniform on (0, 1), or on (-1, 1) where absolute values
    are wanted. Feature i counts decay ** i. Several densities or decays make as many models' worth of examples; a
    single one serves all. All models see the same random numbers: what is present at a density is present at every
    higher one, so that models differ by their condition, not by their luck.
    """

    kind: Literal["sparse_features"] = "sparse_features"
    features: Annotated[int, Ge(1)] = 5
    densities: Annotated[tuple[Share, ...], MinLen(1)] = (1.0,)
    decays: Annotated[tuple[Annotated[float, Gt(0)], ...], MinLen(1)] = (1.0,)
    wanted: Literal["same", "absolute"] = "same"

    def __post_init__(self) -> None:
        counts = {len(self.densities), len(self.decays)}
        if len(counts - {1}) > 1:
            raise UsageError(
                f"densities and decays: expected one for all models or one each, given {len(self.densities)} and "
                f"{len(self.decays)}"
            )

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """Names of the components of what is wanted."""
        return tuple(f"feature {i}" for i in range(self.features))

    @property
    def feature_size(self) -> int:
        return self.features

    @property
    def length(self) -> int:
        return 1

    @property
    def importance(self) -> Float32[np.ndarray, "_model feature"]:
        """How much an error in each feature counts."""
        return np.power(np.array(self.decays)[:, None], np.arange(self.features)).astype(np.float32)

    def batch(self, seed: int, step: int, size: int, split: Split = "train") -> Examples:
        random = generator("sparse features", split, seed, step)
        values = random.random((self.features, size), dtype=np.float32)
        if self.wanted == "absolute":
            values = 2 * values - 1
        gates = random.random((self.features, size), dtype=np.float32)
        present = gates < np.array(self.densities, np.float32)[:, None, None]  # [model feature batch]
        inputs = values * present
        targets = inputs if self.wanted == "same" else np.abs(inputs)
        return Examples(inputs, targets, self.importance)
