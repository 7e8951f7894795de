"""Karel in plain Python, written to be read: what every operation, test and statement means.

The compiled engine must give exactly what these functions give. Nothing here is fast.
"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Int8

from ontogeny.worlds.karel.grid import CAPACITY, STEPS, Grids
from ontogeny.worlds.karel.language import (
    GUARDS,
    OPERATIONS,
    Condition,
    Not,
)
from ontogeny.worlds.karel.outcome import FlatRun


class World:
    """One world and its robot."""

    def __init__(self, grids: Grids, index: int) -> None:
        self.walls = grids.walls[index].tolist()
        self.markers = grids.markers[index].tolist()
        self.row, self.column, self.facing = grids.robot[index].tolist()

    @property
    def robot(self) -> tuple[int, int, int]:
        return self.row, self.column, self.facing

    @property
    def markers_here(self) -> int:
        return self.markers[self.row][self.column]

    def is_clear(self, facing: int) -> bool:
        """Whether the next cell in a direction is inside and no wall."""
        row, column = self.row + STEPS[facing][0], self.column + STEPS[facing][1]
        return 0 <= row < len(self.walls) and 0 <= column < len(self.walls[0]) and not self.walls[row][column]

    def senses(self, sensor: str) -> bool:
        match sensor:
            case "frontIsClear":
                return self.is_clear(self.facing)
            case "leftIsClear":
                return self.is_clear((self.facing - 1) % 4)
            case "rightIsClear":
                return self.is_clear((self.facing + 1) % 4)
            case "markersPresent":
                return self.markers_here > 0
            case _:
                return self.markers_here == 0

    def holds(self, condition: Condition) -> bool:
        if isinstance(condition, Not):
            return not self.holds(condition.condition)
        return self.senses(condition.name)

    def operate(self, operation: str) -> bool:
        """Carry out one operation; False, with nothing changed, when it cannot be done."""
        match operation:
            case "move":
                if not self.is_clear(self.facing):
                    return False
                self.row += STEPS[self.facing][0]
                self.column += STEPS[self.facing][1]
            case "turn_left":
                self.facing = (self.facing - 1) % 4
            case "turn_right":
                self.facing = (self.facing + 1) % 4
            case "pick_marker":
                if self.markers_here == 0:
                    return False
                self.markers[self.row][self.column] -= 1
            case _:
                if self.markers_here == CAPACITY:
                    return False
                self.markers[self.row][self.column] += 1
        return True


def run_flat(
    programs: Int8[np.ndarray, "batch step"], grids: Grids, *, repeat: int = 1, trace: bool = False
) -> FlatRun:
    """Flat programs (codes in `language`), each on `repeat` worlds in a row; blocked operations do nothing."""
    worlds = [World(grids, index) for index in range(len(grids))]
    histories = [list(_flat_states(world, programs[index // repeat].tolist())) for index, world in enumerate(worlds)]
    final = _collect(worlds, grids)
    if not trace:
        return FlatRun(final, None, None)
    robots = np.array([[robot for robot, _ in history] for history in histories], np.int8)
    here = np.array([[count for _, count in history] for history in histories], np.int8)
    return FlatRun(final, robots, here)


def _flat_states(world: World, codes: list[int]) -> Iterator[tuple[tuple[int, int, int], int]]:
    """The robot and the markers on its cell, before the program and after each of its instructions."""
    yield world.robot, world.markers_here
    ended, skip = False, False
    for code in codes:
        ended = ended or code < 0
        if ended:
            pass
        elif code >= len(OPERATIONS):
            skip = skip or not world.holds(GUARDS[code - len(OPERATIONS)])
        else:
            if not skip:
                world.operate(OPERATIONS[code])
            skip = False
        yield world.robot, world.markers_here


def _collect(worlds: list[World], grids: Grids) -> Grids:
    markers = np.array([world.markers for world in worlds], np.int8).reshape(grids.markers.shape)
    robot = np.array([world.robot for world in worlds], np.int8).reshape(grids.robot.shape)
    return Grids(grids.walls, markers, robot)
