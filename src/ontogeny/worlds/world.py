"""The contract between a world and whoever trains on it, looks inside, or scores what was generated."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float32, Int, Shaped

IGNORE = -100
"""A target that carries no loss, and a label that does not exist at its position."""

Split = Literal["train", "validation", "probe", "test"]
"""Disjoint streams: what is trained on, what probes are fitted and selected on, what is reported."""


@dataclass(frozen=True)
class Batch:
    """Sequences as the model sees them, and what the world needs to know to tell the truth about them."""

    tokens: Int[np.ndarray, "batch seq"]
    """Token ids (int64). The first `slots` positions hold 0 where `features` is given."""
    features: Shaped[np.ndarray, "batch slot feature"] | None
    """Real-valued or 0/1 inputs shown at the first `slot` positions instead of tokens; None for pure token worlds."""
    targets: Int[np.ndarray, "batch seq"]
    """The token to be predicted at each position (the one at position + 1), `IGNORE` where there is no loss."""
    prompt: int
    """How many leading positions are given; the model's own continuation starts at this position."""
    hidden: Any
    """What the model never sees (grids, programs): the world's own record, for truth and scoring."""

    @property
    def size(self) -> int:
        """How many positions it holds: what speed is told in."""
        return self.tokens.size

    @property
    def learned(self) -> Bool[np.ndarray, "batch seq"]:
        """Which positions carry loss."""
        return self.targets != IGNORE


@dataclass(frozen=True)
class Episodes:
    """Sequences of vectors that show a function by examples, and the numbers to be predicted from them.

    The loss at a position is half the squared error: but for a constant, the negative logarithm of a normal density of
    variance 1, as cross entropy is of a token's probability.
    """

    features: Float32[np.ndarray, "batch seq feature"]
    """The vector shown at every position."""
    targets: Float32[np.ndarray, "batch seq"]
    """The number to be predicted at each position, nan where there is no loss."""
    prompt: int
    """How many leading positions see one another under the mask `prefix`: the examples that are given in full."""
    inputs: Float32[np.ndarray, "batch example input"]
    """The examples themselves: where each function was evaluated ..."""
    outputs: Float32[np.ndarray, "batch example"]
    """... and what was seen there."""
    hidden: Any
    """What the model never sees: the functions."""

    @property
    def tokens(self) -> Int[np.ndarray, "batch seq"]:
        """No position holds a token: zeros, as wherever vectors are shown."""
        return np.zeros(self.targets.shape, np.int64)

    @property
    def size(self) -> int:
        """How many positions it holds: what speed is told in."""
        return self.targets.size

    @property
    def learned(self) -> Bool[np.ndarray, "batch seq"]:
        """Which positions carry loss."""
        return ~np.isnan(self.targets)


@dataclass(frozen=True)
class Examples:
    """Vectors shown and vectors wanted, for many small models at once.

    Where the axis `model` has size 1, what it holds serves all models alike. The axis `batch` is the last one, along
    which small models compute fastest.
    """

    inputs: Float32[np.ndarray, "_model feature batch"]
    targets: Float32[np.ndarray, "_model output batch"]
    weights: Float32[np.ndarray, "_model output"]
    """How much an error in each component of the target counts."""

    @property
    def size(self) -> int:
        """How many vectors are shown: what speed is told in."""
        return self.inputs.shape[0] * self.inputs.shape[2]


@runtime_checkable
class World(Protocol):
    """What training needs: a vocabulary, sizes, and a batch that is a pure function of (seed, split, step).

    A world of vectors yields `Examples`: `feature_size` is the size of what it shows, `vocabulary` names the
    components of what it wants, and `length` is 1. A world of functions yields `Episodes`: the same, with `length`
    vectors in a sequence.
    """

    @property
    def vocabulary(self) -> tuple[str, ...]: ...

    @property
    def feature_size(self) -> int:
        """Size of one feature vector; 0 when every position is a token."""

    @property
    def length(self) -> int:
        """The longest sequence, in positions."""

    def batch(self, seed: int, step: int, size: int, split: Split = "train") -> Batch | Episodes | Examples: ...


@runtime_checkable
class TracedWorld(World, Protocol):
    """A world in which sequences have a meaning that can be computed, re-interpreted and scored."""

    def batch(self, seed: int, step: int, size: int, split: Split = "train") -> Batch: ...

    @property
    def meanings(self) -> tuple[str, ...]:
        """Names of the interpretations under which the same tokens can be given truth; the first is the true one."""

    @property
    def end(self) -> int:
        """The token that ends a continuation; it also pads what follows."""

    def allowed(self, continuation: Int[np.ndarray, "batch step"]) -> Bool[np.ndarray, "batch vocab"]:
        """Which tokens the grammar admits after what has been generated so far."""

    def truth(
        self, batch: Batch, tokens: Int[np.ndarray, "batch seq"], meaning: str = "original"
    ) -> Mapping[str, Int[np.ndarray, "batch seq example"]]:
        """Named integer labels aligned with positions, for `tokens` (perhaps the model's own) on `batch`'s prompts.

        The label at position i describes the state once the token at position i + 1 has been carried out, so a label
        at the position that emits a token is the state that this token leads to. `IGNORE` where there is no state.
        """

    def score(self, batch: Batch, tokens: Int[np.ndarray, "batch seq"]) -> Mapping[str, Shaped[np.ndarray, " batch"]]:
        """Per-sequence scores of generated sequences; `solved` (0 or 1) is always among them."""
