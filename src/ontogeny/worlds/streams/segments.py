"""Repeated segments: what comes next was said before, at a distance that no position tells (Olsson et al. 2022)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge
from jaxtyping import Bool, Float, Int

from ontogeny.configuration import configuration
from ontogeny.errors import UsageError
from ontogeny.randomness import generator
from ontogeny.worlds.world import IGNORE, Batch, Split

Span = tuple[Annotated[int, Ge(0)], Annotated[int, Ge(0)]]


@dataclass(frozen=True)
class Layout:
    """Where in its segment each position is; what the model never sees."""

    place: Int[np.ndarray, "batch seq"]
    """0 to segment - 1; below 0 in a gap: -1 just before the segment begins."""
    turn: Int[np.ndarray, "batch seq"]
    """How many times the segment has ended before this position."""
    gaps: Int[np.ndarray, "batch turn"]
    """How many fillers stand before each turn."""
    segments: Int[np.ndarray, "batch longest"]
    """The tokens of each sequence's segment; those from `sizes` on are not used."""
    sizes: Int[np.ndarray, " batch"]


@configuration
class RepeatedSegments:
    """A random segment of distinct tokens, said again and again, each time after a few random fillers.

    The lengths of the segment and of each gap are uniform between the two given: a head that looks back by a fixed
    distance does not find what comes next. Fillers are tokens of their own.
    """

    kind: Literal["repeated_segments"] = "repeated_segments"
    tokens: Annotated[int, Ge(1)] = 32
    fillers: Annotated[int, Ge(1)] = 4
    segment: Span = (8, 16)
    """The shortest and the longest segment."""
    gap: Span = (0, 4)
    """The fewest and the most fillers before a segment."""
    length: Annotated[int, Ge(2)] = 64

    def __post_init__(self) -> None:
        low, high = self.segment
        if not 1 <= low <= high <= self.tokens:
            raise UsageError(
                f"segment: expected 1 <= shortest <= longest <= tokens = {self.tokens}, given {low}, {high}"
            )
        if self.gap[0] > self.gap[1]:
            raise UsageError(f"gap: expected fewest <= most, given {self.gap[0]}, {self.gap[1]}")

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """Tokens of segments come first, then the fillers."""
        return (*(f"t{i}" for i in range(self.tokens)), *(f"f{i}" for i in range(self.fillers)))

    @property
    def feature_size(self) -> int:
        return 0

    @property
    def chance(self) -> float:
        """How often the best guess of a token that must come next is right that minds no token."""
        return 1 / self.tokens

    def batch(self, seed: int, step: int, size: int, split: Split = "train") -> Batch:
        random = generator("repeated segments", split, seed, step)
        layout = self._layout(random, size)
        said = np.take_along_axis(layout.segments, layout.place.clip(min=0), axis=1)
        filled = random.integers(self.tokens, self.tokens + self.fillers, (size, self.length))
        tokens = np.where(layout.place >= 0, said, filled)
        targets = np.full(tokens.shape, IGNORE)
        targets[:, :-1] = tokens[:, 1:]
        return Batch(tokens, None, targets, prompt=1, hidden=layout)

    def truth(self, batch: Batch) -> Mapping[str, Int[np.ndarray, "batch seq"]]:
        """`source`: the position, one turn back, of the token that must come next; `IGNORE` where none does.

        Within a later turn of the segment the next token is certain, and stands just after the last occurrence of the
        current one. At the end of a turn, and in gaps, nothing is to be found by matching.
        """
        found: Layout = batch.hidden
        within = (found.turn > 0) & (found.place >= 0) & (found.place < found.sizes[:, None] - 1)
        since = found.sizes[:, None] + np.take_along_axis(found.gaps, found.turn, axis=1)
        source = np.arange(self.length) + 1 - since
        return {"source": np.where(within, source, IGNORE)}

    def answers(self, batch: Batch) -> Bool[np.ndarray, "batch seq"]:
        """Where the next token is decided: within later turns of the segment."""
        return (self.truth(batch)["source"] != IGNORE) & batch.learned

    def predictions(self, batch: Batch) -> Float[np.ndarray, "batch seq vocab"]:
        """The probability of each next token, given how the stream is made and the tokens up to each position.

        Fillers tell where the segment ends, and so does its first token; until then its length is not known.
        """
        found: Layout = batch.hidden
        size, sizes = len(batch.tokens), found.sizes[:, None]
        first_turn, said = found.turn == 0, found.place >= 0
        begun = found.gaps[np.arange(size)[:, None], found.turn] + found.place + 1  # fillers of this gap so far
        ends = np.where(first_turn, _stops(self.segment)[found.place.clip(min=0) + 1], found.place == sizes - 1)
        stops = _stops(self.gap)
        # How likely the next token is the segment's first, a filler, or goes on with the segment.
        first = np.where(said, ends * stops[0], stops[begun.clip(0, self.gap[1])])
        filler = np.where(said, ends * (1 - stops[0]), 1 - first)
        goes_on = np.where(said, 1 - ends, 0.0)

        answer = np.zeros((size, self.length, len(self.vocabulary)))
        answer[:, :, self.tokens :] = filler[:, :, None] / self.fillers
        unknown = np.where(first_turn & ~said, first, 0)[:, :, None] / self.tokens
        answer[:, :, : self.tokens] = unknown + _spread(self._unsaid(batch), np.where(first_turn, goes_on, 0))
        known_first, rows = np.where(first_turn & ~said, 0, first), np.arange(size)[:, None]
        answer[rows, np.arange(self.length), found.segments[:, :1]] += known_first
        following = np.take_along_axis(found.segments, (found.place + 1).clip(0, self.segment[1] - 1), axis=1)
        answer[rows, np.arange(self.length), following] += np.where(first_turn, 0, goes_on)
        return answer

    def _layout(self, random: np.random.Generator, size: int) -> Layout:
        turns = -(-self.length // (self.segment[0] + self.gap[0]))
        sizes = random.integers(self.segment[0], self.segment[1] + 1, size)
        gaps = random.integers(self.gap[0], self.gap[1] + 1, (size, turns))
        segments = random.random((size, self.tokens)).argsort(axis=1)[:, : self.segment[1]]
        ends = np.cumsum(gaps + sizes[:, None], axis=1)  # [batch, turn]: one after the last token of the turn
        positions = np.arange(self.length)
        turn = (ends[:, None, :] <= positions[:, None]).sum(axis=2)  # [batch, seq]
        place = positions - np.take_along_axis(ends, turn, axis=1) + sizes[:, None]
        return Layout(place, turn, gaps, segments, sizes)

    def _unsaid(self, batch: Batch) -> Float[np.ndarray, "batch seq token"]:
        """1 for every token of segments that has not been seen up to a position."""
        seen = batch.tokens[:, :, None] == np.arange(self.tokens)
        return 1.0 - np.maximum.accumulate(seen, axis=1)


def _stops(span: Span) -> Float[np.ndarray, " count"]:
    """The probability that something of uniform length in this span ends after `count`, given that it is so long."""
    low, high = span
    count = np.arange(high + 1)
    return np.where(count < low, 0.0, 1 / (high + 1 - np.maximum(count, low)))


def _spread(
    over: Float[np.ndarray, "batch seq token"], mass: Float[np.ndarray, "batch seq"]
) -> Float[np.ndarray, "batch seq token"]:
    """A probability divided evenly over some tokens."""
    return over * (mass / np.maximum(over.sum(axis=2), 1))[:, :, None]
