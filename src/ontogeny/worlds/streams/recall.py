"""Associative recall: keys with values, which come back; what a key stands for differs from sequence to sequence."""

from collections.abc import Mapping
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge
from jaxtyping import Bool, Float, Int

from ontogeny.configuration import configuration
from ontogeny.errors import UsageError
from ontogeny.randomness import generator
from ontogeny.worlds.world import IGNORE, Batch, Split


@configuration
class AssociativeRecall:
    """Key, value, key, value: `pairs` keys a sequence, each with one random value, drawn again and again.

    Several keys of a sequence may have the same value. Keys and values are tokens of their own.
    """

    kind: Literal["associative_recall"] = "associative_recall"
    keys: Annotated[int, Ge(1)] = 16
    values: Annotated[int, Ge(2)] = 16
    pairs: Annotated[int, Ge(1)] = 8
    """How many of the keys occur in a sequence."""
    draws: Annotated[int, Ge(1)] = 24
    """How many keys are shown, each with its value."""

    def __post_init__(self) -> None:
        if self.pairs > self.keys:
            raise UsageError(f"pairs: expected at most keys = {self.keys}, given {self.pairs}")

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """Keys come first."""
        return (*(f"k{i}" for i in range(self.keys)), *(f"v{i}" for i in range(self.values)))

    @property
    def feature_size(self) -> int:
        return 0

    @property
    def length(self) -> int:
        return 2 * self.draws

    @property
    def chance(self) -> float:
        """How often the best guess of a known key's value is right that minds no token."""
        return 1 / self.values

    def batch(self, seed: int, step: int, size: int, split: Split = "train") -> Batch:
        random = generator("associative recall", split, seed, step)
        keys = random.random((size, self.keys)).argsort(axis=1)[:, : self.pairs]
        values = random.integers(self.keys, self.keys + self.values, (size, self.pairs))
        drawn = random.integers(self.pairs, size=(size, self.draws))
        tokens = np.empty((size, self.length), np.int64)
        tokens[:, ::2], tokens[:, 1::2] = (np.take_along_axis(of, drawn, axis=1) for of in (keys, values))
        targets = np.full(tokens.shape, IGNORE)
        targets[:, :-1] = tokens[:, 1:]
        return Batch(tokens, None, targets, prompt=1, hidden=None)

    def truth(self, batch: Batch) -> Mapping[str, Int[np.ndarray, "batch seq"]]:
        """`source`: at a key that was there before, the position of its last value; `IGNORE` elsewhere."""
        keys = batch.tokens[:, ::2]
        same = (keys[:, :, None] == keys[:, None, :]) & np.tri(self.draws, k=-1, dtype=bool)  # [batch draw earlier]
        last = np.where(same, np.arange(self.draws), -1).max(axis=2)
        source = np.full(batch.tokens.shape, IGNORE)
        source[:, ::2] = np.where(last >= 0, 2 * last + 1, IGNORE)
        return {"source": source}

    def answers(self, batch: Batch) -> Bool[np.ndarray, "batch seq"]:
        """Where the next token is decided: at keys that were there before."""
        return self.truth(batch)["source"] != IGNORE

    def predictions(self, batch: Batch) -> Float[np.ndarray, "batch seq vocab"]:
        """The probability of each next token, given how the stream is made and the tokens up to each position."""
        answer = np.zeros((*batch.tokens.shape, self.keys + self.values))
        source = self.truth(batch)["source"][:, ::2]  # [batch draw]
        value = np.take_along_axis(batch.tokens, source.clip(min=0), axis=1)[:, :, None] == np.arange(answer.shape[2])
        guess = np.arange(answer.shape[2]) >= self.keys
        answer[:, ::2] = np.where((source != IGNORE)[:, :, None], value, guess / self.values)
        seen = np.maximum.accumulate(batch.tokens[:, ::2, None] == np.arange(self.keys), axis=1)  # [batch draw key]
        count = seen.sum(axis=2, keepdims=True)
        new = (1 - count / self.pairs) / np.maximum(self.keys - count, 1)
        answer[:, 1::2, : self.keys] = np.where(seen, 1 / self.pairs, new)
        return answer
