"""What is true at each position of a Karel sequence: the robot's state, in every shown example, in two families.

The *absolute* labels say where the robot is in the grid; the *egocentric* ones only how it stands relative to its own
start, which is all that a straight-line program without walls determines by itself.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int, Int8

from ontogeny.errors import unknown_name
from ontogeny.worlds.karel.engine import run_flat
from ontogeny.worlds.karel.grid import EAST, NORTH, SOUTH, STEPS, WEST, Grids
from ontogeny.worlds.karel.meanings import translate
from ontogeny.worlds.world import IGNORE

ABSOLUTE: tuple[str, ...] = (
    "facing",
    "row",
    "column",
    "row_from_start",
    "column_from_start",
    "row_to_end",
    "column_to_end",
    "wall_ahead",
    "wall_north",
    "wall_east",
    "wall_south",
    "wall_west",
    "markers_here",
)
"""Labels in the grid's axes. `row_from_start` is the row less the row at the start, `row_to_end` the row at the end of
the program less the row; a wall is one of the grid or its border."""

EGOCENTRIC: tuple[str, ...] = ("heading", "forward", "rightward")
"""Labels in the robot's starting frame: clockwise quarter turns since the start, and the displacement along the
facing at the start and to the right of it."""

NAMES = ABSOLUTE + EGOCENTRIC

_STEPS = np.array(STEPS, dtype=np.int16)


@dataclass(frozen=True)
class States:
    """The robot in every example before the first and after each instruction."""

    row: Int[np.ndarray, "batch state example"]
    column: Int[np.ndarray, "batch state example"]
    facing: Int[np.ndarray, "batch state example"]
    markers_here: Int[np.ndarray, "batch state example"]
    bordered: Bool[np.ndarray, "batch example bordered_row bordered_column"]
    """Walls with the border around them: cell (row, column) is at (row + 1, column + 1)."""

    def wall(self, facing: int | Int[np.ndarray, "batch state example"]) -> Bool[np.ndarray, "batch state example"]:
        """Whether the next cell in a direction is wall."""
        batch, _, example = np.ogrid[tuple(slice(size) for size in self.row.shape)]
        step = _STEPS[facing]
        return self.bordered[batch, example, self.row + 1 + step[..., 0], self.column + 1 + step[..., 1]]

    def displacement(self, turn: int) -> Int[np.ndarray, "batch state example"]:
        """How far the robot is from its start, along its starting facing turned clockwise by `turn` quarters."""
        step = _STEPS[(self.facing[:, :1] + turn) % 4]
        return (self.row - self.row[:, :1]) * step[..., 0] + (self.column - self.column[:, :1]) * step[..., 1]


def trace(programs: Int8[np.ndarray, "batch step"], inputs: Grids, meaning: str = "original") -> States:
    """Run flat programs under a meaning, each from all its inputs (rows `batch * examples + example`)."""
    examples = len(inputs) // max(1, len(programs))
    run = run_flat(translate(programs, meaning), inputs, repeat=examples, trace=True)
    assert run.robots is not None, "a traced run has its states"
    assert run.markers_here is not None, "a traced run has its states"
    robots = run.robots.reshape(len(programs), examples, -1, 3).transpose(0, 2, 1, 3).astype(np.int16)
    here = run.markers_here.reshape(len(programs), examples, -1).transpose(0, 2, 1).astype(np.int16)
    walls = inputs.walls.reshape(len(programs), examples, inputs.rows, inputs.columns)
    bordered = np.pad(walls, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=True)
    return States(robots[..., 0], robots[..., 1], robots[..., 2], here, bordered)


def classes(name: str, rows: int, columns: int, most: int) -> int:
    """How many values a label takes in worlds of `rows` x `columns` cells with at most `most` markers a cell."""
    if name not in NAMES:
        raise unknown_name("label", name, NAMES)
    sizes = {"facing": 4, "heading": 4, "row": rows, "column": columns, "markers_here": most + 1}
    if name in sizes:
        return sizes[name]
    return 2 if name.startswith("wall") else 2 * _reach(name, rows, columns) + 1


def _reach(name: str, rows: int, columns: int) -> int:
    """The largest displacement that a label can describe; its class 0 is minus that."""
    if name in ("forward", "rightward"):
        return max(rows, columns) - 1
    return (rows if name.startswith("row") else columns) - 1


def _values(
    name: str, states: States
) -> Int[np.ndarray, "batch state example"] | Bool[np.ndarray, "batch state example"]:
    """One label as the quantity it stands for; displacements are signed."""
    compute: dict[str, Callable[[], np.ndarray]] = {
        "facing": lambda: states.facing,
        "row": lambda: states.row,
        "column": lambda: states.column,
        "row_from_start": lambda: states.row - states.row[:, :1],
        "column_from_start": lambda: states.column - states.column[:, :1],
        "row_to_end": lambda: states.row[:, -1:] - states.row,
        "column_to_end": lambda: states.column[:, -1:] - states.column,
        "wall_ahead": lambda: states.wall(states.facing),
        "wall_north": lambda: states.wall(NORTH),
        "wall_east": lambda: states.wall(EAST),
        "wall_south": lambda: states.wall(SOUTH),
        "wall_west": lambda: states.wall(WEST),
        "markers_here": lambda: states.markers_here,
        "heading": lambda: (states.facing - states.facing[:, :1]) % 4,
        "forward": lambda: states.displacement(0),
        "rightward": lambda: states.displacement(1),
    }
    return compute[name]()


def label(name: str, states: States) -> Int[np.ndarray, "batch state example"]:
    """One label of every state, as class ids from 0."""
    if name not in NAMES:
        raise unknown_name("label", name, NAMES)
    values = _values(name, states).astype(np.int16)
    if name.endswith(("_from_start", "_to_end")) or name in ("forward", "rightward"):
        _, _, rows, columns = states.bordered.shape
        values = values + np.int16(_reach(name, rows - 2, columns - 2))
    return values


def aligned(
    names: Iterable[str], states: States, instructions: Int[np.ndarray, " batch"], first: int, length: int
) -> dict[str, Int[np.ndarray, "batch seq example"]]:
    """Labels laid along sequences: state i at position `first` + i, for i from 0 to the number of instructions."""
    batch, count, examples = states.row.shape
    exists = np.arange(count) <= instructions[:, None]
    room = min(count, length - first)
    result = {}
    for name in names:
        laid = np.full((batch, length, examples), IGNORE, dtype=np.int16)
        laid[:, first : first + room] = np.where(exists[..., None], label(name, states), IGNORE)[:, :room]
        result[name] = laid
    return result
