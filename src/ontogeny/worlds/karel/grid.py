"""Karel's grids: walls, markers and one robot in each world of a batch, and a small text form for people.

Rows count from the north, columns from the west, both from 0; beyond the edges there is wall, which is implied and
never stored. Facing counts clockwise, so a right turn adds one.

In the text form of a world each line is a row and each word a cell: `.` is clear, `#` a wall, `3` three markers,
`^ > v <` the robot, `>3` the robot on three markers:

    .  #  2
    .  >1 .
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int, Int8

from ontogeny.errors import UsageError

NORTH, EAST, SOUTH, WEST = 0, 1, 2, 3
FACINGS = ("north", "east", "south", "west")
ARROWS = "^>v<"
STEPS = ((-1, 0), (0, 1), (1, 0), (0, -1))
"""What a move adds to (row, column), by facing."""

CAPACITY = 127
"""The most markers a cell holds: to put one more cannot be done, just as one cannot be picked from an empty cell."""
LARGEST_SIDE = 127


@dataclass(frozen=True, eq=False)
class Grids:
    """A batch of worlds of one size. Shapes and dtypes are checked on construction, contents by `check`."""

    walls: Bool[np.ndarray, "batch row column"]
    markers: Int8[np.ndarray, "batch row column"]
    robot: Int8[np.ndarray, "batch 3"]
    """Row, column and facing."""

    def __post_init__(self) -> None:
        for name, kind, dimensions in (("walls", np.bool_, 3), ("markers", np.int8, 3), ("robot", np.int8, 2)):
            value = getattr(self, name)
            if not isinstance(value, np.ndarray) or value.dtype != kind or value.ndim != dimensions:
                given = f"{value.dtype} {value.shape}" if isinstance(value, np.ndarray) else f"a {type(value).__name__}"
                raise UsageError(f"{name}: expected {np.dtype(kind)} with {dimensions} axes, given {given}")
        batch, rows, columns = self.walls.shape
        if not (1 <= rows <= LARGEST_SIDE and 1 <= columns <= LARGEST_SIDE):
            raise UsageError(f"a world's sides must be 1 to {LARGEST_SIDE} cells, given {rows} rows, {columns} columns")
        if self.markers.shape != self.walls.shape:
            raise UsageError(f"markers: expected the walls' shape {self.walls.shape}, given {self.markers.shape}")
        if self.robot.shape != (batch, 3):
            raise UsageError(f"robot: expected shape {(batch, 3)} (row, column, facing), given {self.robot.shape}")

    def __len__(self) -> int:
        return len(self.robot)

    @property
    def rows(self) -> int:
        return self.walls.shape[1]

    @property
    def columns(self) -> int:
        return self.walls.shape[2]

    def __getitem__(self, index: "int | slice | Int[np.ndarray, ' pick'] | Bool[np.ndarray, ' batch']") -> "Grids":
        """Some of the worlds, still as a batch (an integer gives a batch of one)."""
        if isinstance(index, int | np.integer):
            if not -len(self) <= index < len(self):
                raise IndexError(f"world {index} of {len(self)}")  # what iterating ends on
            index = slice(index, index + 1) if index != -1 else slice(-1, None)
        return Grids(self.walls[index], self.markers[index], self.robot[index])

    def repeat(self, times: int) -> "Grids":
        """Every world `times` times in a row."""
        return Grids(*(np.repeat(array, times, axis=0) for array in (self.walls, self.markers, self.robot)))

    def equal(self, other: "Grids") -> Bool[np.ndarray, " batch"]:
        """Which worlds agree in walls, markers and robot."""
        if self.walls.shape != other.walls.shape:
            raise UsageError(f"cannot compare worlds of shape {self.walls.shape} with {other.walls.shape}")
        return (
            (self.walls == other.walls).all(axis=(1, 2))
            & (self.markers == other.markers).all(axis=(1, 2))
            & (self.robot == other.robot).all(axis=1)
        )

    def check(self) -> "Grids":
        """The same grids; an error names the first world with a robot or marker where none can be."""
        row, column, facing = self.robot.T.astype(int)
        inside = (row >= 0) & (row < self.rows) & (column >= 0) & (column < self.columns)
        self._require(inside, f"the robot is outside the {self.rows} x {self.columns} cells")
        self._require((facing >= 0) & (facing < 4), "the robot's facing is not 0 to 3")
        self._require(~self.walls[np.arange(len(self)), row, column], "the robot stands on a wall")
        self._require(self.markers.min(axis=(1, 2)) >= 0, "a cell holds fewer than 0 markers")
        self._require((self.markers * self.walls).max(axis=(1, 2)) == 0, "there are markers on a wall")
        return self

    def _require(self, good: Bool[np.ndarray, " batch"], problem: str) -> None:
        if not good.all():
            index = int(np.argmin(good))
            raise UsageError(f"world {index}: {problem} (robot: row, column, facing = {self.robot[index].tolist()})")


def join(parts: Sequence[Grids]) -> Grids:
    """One batch of all the worlds, in order."""
    if not parts:
        raise UsageError("cannot join an empty list of grids: give at least one")
    sizes = {(part.rows, part.columns) for part in parts}
    if len(sizes) > 1:
        raise UsageError(f"cannot join worlds of different sizes: {sorted(sizes)}")
    return Grids(
        np.concatenate([part.walls for part in parts]),
        np.concatenate([part.markers for part in parts]),
        np.concatenate([part.robot for part in parts]),
    )


def show(grids: Grids, index: int = 0) -> str:
    """One world in the text form, a line for each row."""
    row, column, facing = grids.robot[index]
    cells = [
        ["#" if wall else str(count) if count else "." for wall, count in zip(*line, strict=True)]
        for line in zip(grids.walls[index], grids.markers[index], strict=True)
    ]
    cells[row][column] = ARROWS[facing] + cells[row][column].strip(".")
    width = max(len(cell) for line in cells for cell in line)
    return "\n".join(" ".join(cell.ljust(width) for cell in line).rstrip() for line in cells)


def read(text: str) -> Grids:
    """A batch of one world from its text form. Errors name line and word; blank lines around the world do not count."""
    lines = [(number, line.split()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not lines:
        raise UsageError("a world needs at least one line of cells, given none")
    columns = len(lines[0][1])
    walls = np.zeros((1, len(lines), columns), np.bool_)
    markers = np.zeros(walls.shape, np.int8)
    robots = []
    for row, (number, words) in enumerate(lines):
        if len(words) != columns:
            raise UsageError(f"line {number}: expected {columns} cells as in the first line, found {len(words)}")
        for column, word in enumerate(words):
            where = f"line {number}, cell {column + 1}"
            if word[0] in ARROWS:
                robots.append((row, column, ARROWS.index(word[0])))
                word = word[1:] or "."
            elif word == "#":
                walls[0, row, column] = True
                continue
            markers[0, row, column] = 0 if word == "." else _count(word, where)
    if len(robots) != 1:
        raise UsageError(f"a world needs exactly one robot (one of {' '.join(ARROWS)}), found {len(robots)}")
    return Grids(walls, markers, np.array(robots, np.int8))


def _count(word: str, where: str) -> int:
    if not (word.isascii() and word.isdigit() and int(word) <= CAPACITY):
        raise UsageError(f"{where}: expected '.', '#', a count up to {CAPACITY} or a robot (^ > v <), found {word!r}")
    return int(word)
