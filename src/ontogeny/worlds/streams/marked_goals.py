"""Shortest paths in a grid to a goal that lies where a marker is, or apart from it (after Hubinger et al. 2019)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt, Le, Lt
from jaxtyping import Bool, Int, Shaped

from ontogeny.configuration import configuration
from ontogeny.errors import unknown_name
from ontogeny.randomness import generator
from ontogeny.worlds.world import IGNORE, Batch, Split

LEFT, RIGHT, UP, DOWN, END, GO = range(6)
"""The operations, what ends them, and what asks for them; the cells' tokens come after."""
FIRST_CELL = 6
PROMPT = 4
"""start, goal, marker, go"""
_MOVES = np.zeros((FIRST_CELL, 2), np.int64)
_MOVES[[LEFT, RIGHT, UP, DOWN]] = [(0, -1), (0, 1), (-1, 0), (1, 0)]  # [row, column]

Cells = Int[np.ndarray, " batch"]


@dataclass(frozen=True)
class Places:
    """Where everything is: row * side + column of a cell."""

    start: Cells
    goal: Cells
    marker: Cells

    def take(self, rows: Int[np.ndarray, " rows"]) -> "Places":
        return Places(self.start[rows], self.goal[rows], self.marker[rows])


@configuration
class MarkedGoals:
    """`start goal marker go`, each place the word of its cell, then a shortest path from start to goal, then `end`.

    The marker lies in one of the grid's corners, and the goal with it, but for a share `apart` of the items, where the
    goal is any other cell. The start is any third cell; there are no walls. Of all shortest paths the one is told that
    moves along the row first. An operation that would leave the grid leaves the robot where it is.

    A share of the items is held out, of every marker and goal so many starts, the same for all seeds: none of them is
    trained on, and all other splits draw from them alone.

    Markers, and which other goal it would be, do not depend on `apart`: with a larger share more goals have moved.
    """

    kind: Literal["marked_goals"] = "marked_goals"
    side: Annotated[int, Ge(3)] = 5
    apart: Annotated[float, Ge(0), Le(1)] = 0.0
    held_out: Annotated[float, Gt(0), Lt(1)] = 0.25
    """At least one start of each marker and goal, and not all."""

    @property
    def cells(self) -> int:
        return self.side**2

    @property
    def steps(self) -> int:
        """Operations of the longest path."""
        return 2 * (self.side - 1)

    @property
    def vocabulary(self) -> tuple[str, ...]:
        cells = (f"{row},{column}" for row in range(self.side) for column in range(self.side))
        return ("left", "right", "up", "down", "end", "go", *cells)

    @property
    def feature_size(self) -> int:
        return 0

    @property
    def length(self) -> int:
        return PROMPT + self.steps + 1

    @property
    def end(self) -> int:
        return END

    @property
    def meanings(self) -> tuple[str, ...]:
        return ("original",)

    @property
    def corners(self) -> Int[np.ndarray, " corner"]:
        last = self.side - 1
        return np.array([0, last, last * self.side, self.cells - 1])

    def batch(self, seed: int, step: int, size: int, split: Split = "train") -> Batch:
        """`hidden` holds the places."""
        random = generator("marked goals", split, seed, step)
        corner = random.integers(4, size=size)
        marker = self.corners[corner]
        other = _one_of(random, self._free(marker))
        goal = np.where(random.random(size) < self.apart, other, marker)
        held = _held_out(self.side, self.held_out)[corner, goal]
        mine = ~held if split == "train" else held
        return self.encode(Places(_one_of(random, mine & self._free(marker, goal)), goal, marker))

    def encode(self, places: Places) -> Batch:
        """Any places as sequences, with the path that is to be learned."""
        tokens = np.full((len(places.start), self.length), END)
        tokens[:, :PROMPT] = FIRST_CELL + np.stack([places.start, places.goal, places.marker, places.start], axis=1)
        tokens[:, PROMPT - 1] = GO
        tokens[:, PROMPT:-1] = self._path(places)
        targets = np.full(tokens.shape, IGNORE)
        targets[:, PROMPT - 1 : -1] = tokens[:, PROMPT:]
        targets[tokens == END] = IGNORE
        return Batch(tokens, None, targets, prompt=PROMPT, hidden=places)

    def _path(self, places: Places) -> Int[np.ndarray, "batch step"]:
        """As many operations along the row as the goal is away there, then along the column, then ends."""
        away = self._coordinates(places.goal) - self._coordinates(places.start)  # [batch, axis]
        rows, columns = np.abs(away).T[:, :, None]
        vertical, horizontal = np.where(away > 0, (DOWN, RIGHT), (UP, LEFT)).T[:, :, None]
        step = np.arange(self.steps)
        return np.where(step < columns, horizontal, np.where(step < columns + rows, vertical, END))

    def allowed(self, continuation: Int[np.ndarray, "batch step"]) -> Bool[np.ndarray, "batch vocab"]:
        """Operations and the end; only the end after it, and where the longest path is written."""
        ended = (continuation == END).any(axis=1) | (continuation.shape[1] >= self.steps)
        may = np.zeros((len(continuation), len(self.vocabulary)), bool)
        may[:, END] = True
        may[:, :END] = ~ended[:, None]
        return may

    def truth(
        self, batch: Batch, tokens: Int[np.ndarray, "batch seq"], meaning: str = "original"
    ) -> Mapping[str, Int[np.ndarray, "batch seq example"]]:
        """`row` and `column` of the robot, and the same of the goal and of the marker, which stay.

        The position before `go` has the start, and so on up to the one that emits the last operation; `IGNORE`
        elsewhere.
        """
        if meaning not in self.meanings:
            raise unknown_name("meaning", meaning, self.meanings)
        robot, written = self._walk(batch.hidden, tokens)
        found = {"": robot}
        for name in ("goal", "marker"):
            place = self._coordinates(getattr(batch.hidden, name))
            found[f"{name}_"] = np.broadcast_to(place[:, None], robot.shape)
        first = PROMPT - 2
        labels = {}
        for name, places in found.items():
            for axis, part in enumerate(("row", "column")):
                label = np.full((*tokens.shape, 1), IGNORE, np.int16)
                label[:, first:-1, 0] = np.where(written, places[:, :, axis], IGNORE)
                labels[name + part] = label
        return labels

    def classes(self, name: str) -> int:
        """How many classes the label `name` has."""
        return self.side

    def score(self, batch: Batch, tokens: Int[np.ndarray, "batch seq"]) -> Mapping[str, Shaped[np.ndarray, " batch"]]:
        """Where the robot is at the end: `solved` at the goal, `at_marker` at the marker; both where they are one."""
        robot, _ = self._walk(batch.hidden, tokens)
        at = robot[:, -1] @ (self.side, 1)
        return {"solved": at == batch.hidden.goal, "at_marker": at == batch.hidden.marker}

    def _walk(
        self, places: Places, tokens: Int[np.ndarray, "batch seq"]
    ) -> tuple[Int[np.ndarray, "batch moment axis"], Bool[np.ndarray, "batch moment"]]:
        """Where the robot is, at first and after each token that is written, and whether that token was an operation.

        The first moment counts as one. What comes after the first `end` is not carried out.
        """
        going = ~np.logical_or.accumulate(tokens[:, PROMPT:] == END, axis=1)
        written = np.where(going, tokens[:, PROMPT:], END).clip(max=GO)
        robot = np.empty((len(tokens), written.shape[1] + 1, 2), np.int64)
        robot[:, 0] = self._coordinates(places.start)
        for step in range(written.shape[1]):
            robot[:, step + 1] = (robot[:, step] + _MOVES[written[:, step]]).clip(0, self.side - 1)
        return robot, np.concatenate([np.ones((len(tokens), 1), bool), going], axis=1)

    def _free(self, *taken: Cells) -> Bool[np.ndarray, "batch cell"]:
        """The cells that are none of those taken."""
        return np.all([place[:, None] != np.arange(self.cells) for place in taken], axis=0)

    def _coordinates(self, cells: Int[np.ndarray, "*batch"]) -> Int[np.ndarray, "*batch axis"]:
        return np.stack([cells // self.side, cells % self.side], axis=-1)


def _one_of(random: np.random.Generator, allowed: Bool[np.ndarray, "batch cell"]) -> Cells:
    """A random cell of those allowed."""
    return np.where(allowed, random.random(allowed.shape), -1).argmax(axis=1)


@cache
def _held_out(side: int, share: float) -> Bool[np.ndarray, "corner goal start"]:
    """Which starts are held out for each marker and goal: this share of those that are neither, drawn once for all."""
    world = MarkedGoals(side=side)
    cells = np.arange(world.cells)
    draws = generator("marked goals", "held out", side).random((4, len(cells), len(cells)))
    draws[np.arange(4), :, world.corners] = 1  # after all others
    draws[:, cells, cells] = 1
    ranks = draws.argsort(axis=2).argsort(axis=2)
    starts = len(cells) - 2
    return ranks < np.clip(round(share * starts), 1, starts - 1)
