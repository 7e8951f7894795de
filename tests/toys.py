"""A world small enough to know by heart: steps that add up, modulo m."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
from jaxtyping import Bool, Int, Shaped

from ontogeny.configuration import configuration
from ontogeny.randomness import generator
from ontogeny.worlds.world import IGNORE, Batch, Split


@configuration
class Counter:
    """Given a start and a goal, emit steps until start + steps = goal (mod m), then end.

    Sequence: start, goal, begin, step, ..., end, end; tokens 0..m-1 are the digits, m is begin, m + 1 is end. The
    truth `total` is the running sum; under the meaning `negated` steps are taken away.
    """

    kind: Literal["counter"] = "counter"
    modulus: int = 5
    steps: int = 4
    shown: Literal["tokens", "features"] = "tokens"

    @property
    def vocabulary(self) -> tuple[str, ...]:
        return (*map(str, range(self.modulus)), "begin", "end")

    @property
    def feature_size(self) -> int:
        return self.modulus if self.shown == "features" else 0

    @property
    def length(self) -> int:
        return 4 + self.steps

    @property
    def meanings(self) -> tuple[str, ...]:
        return ("original", "negated")

    @property
    def begin(self) -> int:
        return self.modulus

    @property
    def end(self) -> int:
        return self.modulus + 1

    def batch(self, seed: int, step: int, size: int, split: Split = "train") -> Batch:
        random = generator("counter", split, seed, step)
        given = random.integers(0, self.modulus, (size, 2))  # start, goal
        count = random.integers(1, self.steps + 1, size)
        steps = random.integers(0, self.modulus, (size, self.steps))
        steps[np.arange(self.steps) >= count[:, None]] = 0
        last = (given[:, 1] - given[:, 0] - steps.sum(1) + steps[np.arange(size), count - 1]) % self.modulus
        steps[np.arange(size), count - 1] = last
        tokens = np.full((size, self.length), self.end)
        tokens[:, :2], tokens[:, 2] = given, self.begin
        tokens[:, 3:-1] = np.where(np.arange(self.steps) < count[:, None], steps, self.end)
        targets = np.full((size, self.length), IGNORE)
        place = np.arange(self.steps + 1)
        targets[:, 2:-1] = np.where(place <= count[:, None], tokens[:, 3:], IGNORE)
        features = None
        if self.shown == "features":
            features = np.eye(self.modulus, dtype=np.uint8)[given]
            tokens[:, :2] = 0
        return Batch(tokens=tokens, features=features, targets=targets, prompt=3, hidden=given)

    def allowed(self, continuation: Int[np.ndarray, "batch step"]) -> Bool[np.ndarray, "batch vocab"]:
        """At least one step, at most `steps`, then end."""
        batch, made = continuation.shape
        ended = (continuation == self.end).any(1)
        allowed = np.zeros((batch, self.modulus + 2), bool)
        allowed[:, : self.modulus] = (~ended & (made < self.steps))[:, None]
        allowed[:, self.end] = made > 0
        return allowed

    def truth(
        self, batch: Batch, tokens: Int[np.ndarray, "batch seq"], meaning: str = "original"
    ) -> Mapping[str, Int[np.ndarray, "batch seq example"]]:
        sign = {"original": 1, "negated": -1}[meaning]
        steps = tokens[:, 3:]
        total = (batch.hidden[:, :1] + sign * np.cumsum(np.where(steps < self.modulus, steps, 0), 1)) % self.modulus
        labels = np.full(tokens.shape, IGNORE)
        labels[:, 2:-1] = np.where(steps < self.modulus, total, IGNORE)
        return {"total": labels[:, :, None]}

    def score(self, batch: Batch, tokens: Int[np.ndarray, "batch seq"]) -> Mapping[str, Shaped[np.ndarray, " batch"]]:
        steps = tokens[:, batch.prompt :]
        ended = (steps == self.end).any(1)
        total = batch.hidden[:, 0] + np.where(steps < self.modulus, steps, 0).sum(1)
        solved = ended & (total % self.modulus == batch.hidden[:, 1])
        return {"solved": solved.astype(np.int64), "length": (steps < self.modulus).sum(1)}
