"""Sparse parity: the product of a few hidden bits among many (Barak et al. 2022)."""

from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge
from jaxtyping import Float32, Int

from ontogeny.configuration import configuration
from ontogeny.errors import UsageError
from ontogeny.randomness import generator
from ontogeny.worlds.world import IGNORE, Batch, Examples, Split


@configuration
class SparseParity:
    """Uniform random bits; wanted is the parity of `degree` of them, which the seed decides.

    `tokens`: each bit is a token, then `?`, at which the answer is to be predicted. `vectors`: bits are -1 and +1, the
    target their product; `models` streams are then drawn, each with its own bits and its own secret.
    """

    kind: Literal["sparse_parity"] = "sparse_parity"
    bits: Annotated[int, Ge(1)] = 20
    degree: Annotated[int, Ge(1)] = 3
    shown: Literal["tokens", "vectors"] = "tokens"
    models: Annotated[int, Ge(1)] = 1

    def __post_init__(self) -> None:
        if self.degree > self.bits:
            raise UsageError(f"degree: expected at most bits = {self.bits}, given {self.degree}")
        if self.shown == "tokens" and self.models != 1:
            raise UsageError(f"models: several streams are for vectors only; given {self.models} with tokens")

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The tokens; as vectors, the name of the one component that is wanted."""
        return ("parity",) if self.shown == "vectors" else ("0", "1", "?")

    @property
    def feature_size(self) -> int:
        return self.bits if self.shown == "vectors" else 0

    @property
    def length(self) -> int:
        return 1 if self.shown == "vectors" else self.bits + 2

    def secrets(self, seed: int) -> Int[np.ndarray, "model degree"]:
        """Which bits the answer depends on, ascending, in each stream."""
        order = generator("sparse parity", "secret", seed).random((self.models, self.bits)).argsort(axis=1)
        return np.sort(order[:, : self.degree], axis=1)

    def batch(self, seed: int, step: int, size: int, split: Split = "train") -> Batch | Examples:
        random = generator("sparse parity", split, seed, step)
        bits = random.integers(2, size=(self.models, self.bits, size), dtype=np.int8)
        chosen = np.take_along_axis(bits, self.secrets(seed)[:, :, None], axis=1)  # [model degree batch]
        answer = chosen.sum(axis=1) % 2  # [model batch]
        if self.shown == "vectors":
            # A bit of 1 is -1, so that the product of signs is the sign of the sum modulo 2.
            return Examples(_sign(bits), _sign(answer)[:, None], np.ones((1, 1), np.float32))
        tokens = np.full((size, self.length), 2)
        tokens[:, : self.bits], tokens[:, -1] = bits[0].T, answer[0]
        targets = np.full((size, self.length), IGNORE)
        targets[:, -2] = answer[0]
        return Batch(tokens, None, targets, prompt=self.bits + 1, hidden=None)


def _sign(bits: np.ndarray) -> Float32[np.ndarray, "..."]:
    return (1 - 2 * bits).astype(np.float32)
