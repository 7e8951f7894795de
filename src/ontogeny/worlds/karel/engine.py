"""Karel compiled: many short programs on many small worlds, equal to `reference` in every result.

The inner loops are numba over int8 arrays. They are written without branches that depend on the data where that pays:
a mispredicted branch costs more than the few operations it would save.
"""

import numpy as np
from jaxtyping import Int8
from numba import njit

from ontogeny.errors import UsageError
from ontogeny.worlds.karel.grid import CAPACITY, Grids
from ontogeny.worlds.karel.outcome import FlatRun

_TURN = np.array([0, 3, 1, 0, 0])
_PICK = np.array([0, 0, 0, 1, 0])
_PUT = np.array([0, 0, 0, 0, 1])
_DOWN = np.array([-1, 0, 1, 0])
_ACROSS = np.array([0, 1, 0, -1])
_OPERATIONS = 5
_CODES = 13


def run_flat(
    programs: Int8[np.ndarray, "batch step"],
    grids: Grids,
    *,
    repeat: int = 1,
    trace: bool = False,
    out: Grids | None = None,
) -> FlatRun:
    """Run flat programs (codes in `language`), each on `repeat` worlds in a row: world i runs program i // repeat.

    An operation that cannot be done does nothing. `grids` is left as it is; the final worlds are new arrays, or those
    of `out` (which may be `grids` itself: it is then run in place). With `trace`, states after every instruction come
    too; guards and skipped operations leave the state as it is, and after the end the last state stays.
    """
    _check_programs(programs)
    if len(programs) * repeat != len(grids):
        raise UsageError(
            f"{len(programs)} programs on {repeat} worlds each need {len(programs) * repeat} worlds, given {len(grids)}"
        )
    out = _room(grids, out)
    states = programs.shape[1] + 1
    robots = np.empty((len(grids), states, 3), np.int8) if trace else None
    markers_here = np.empty((len(grids), states), np.int8) if trace else None
    stray = _run_flat(programs, repeat, grids.walls, out.markers, out.robot, robots, markers_here)
    if stray >= 0:
        raise UsageError(f"world {stray}: the robot is outside the grid, at {grids.robot[stray].tolist()}")
    return FlatRun(out, robots, markers_here)


def _check_programs(programs: Int8[np.ndarray, "batch step"]) -> None:
    if programs.dtype != np.int8 or programs.ndim != 2:
        raise UsageError(f"programs: expected int8 [batch, step], given {programs.dtype} of shape {programs.shape}")
    if programs.size and not (programs.min() >= -1 and programs.max() < _CODES):
        raise UsageError(
            f"programs: expected codes -1 to {_CODES - 1}, given {int(programs.min())} to {int(programs.max())}"
        )


def _room(grids: Grids, out: Grids | None) -> Grids:
    """Where the worlds are run: markers and robots are copied there, walls are shared."""
    if out is None:
        return Grids(grids.walls, grids.markers.copy(), grids.robot.copy())
    if out.markers.shape != grids.markers.shape:
        raise UsageError(f"out: expected worlds of shape {grids.markers.shape}, given {out.markers.shape}")
    if out.markers is not grids.markers:
        np.copyto(out.markers, grids.markers)
        np.copyto(out.robot, grids.robot)
    return Grids(grids.walls, out.markers, out.robot)


@njit(cache=True, inline="always")
def _clear(walls, world, row, column):  # type: ignore[no-untyped-def]
    """1 where a robot can stand, 0 on walls and outside."""
    inside = (row >= 0) & (row < walls.shape[1]) & (column >= 0) & (column < walls.shape[2])
    # Outside, any cell may be looked up: the answer is 0 all the same, and no branch is needed.
    return inside & ~walls[world, row * inside, column * inside]


@njit(cache=True, inline="always")
def _senses(code, walls, world, row, column, facing, here):  # type: ignore[no-untyped-def]
    """Whether guard `code` (5 to 12) holds."""
    if code == 8:
        return here > 0
    if code == 9:
        return here == 0
    negated = code >= 10
    side = code - 10 if negated else code - 5  # front, left, right
    toward = (facing + (side == 2) - (side == 1)) & 3
    return _clear(walls, world, row + _DOWN[toward], column + _ACROSS[toward]) != negated


@njit(cache=True)
def _run_flat(programs, repeat, walls, markers, robot, robots, markers_here):  # type: ignore[no-untyped-def]
    """Run in place; the index of the first world whose robot is outside, else -1.

    `robots` and `markers_here` may be None: numba then compiles a version without the trace.
    """
    rows, columns = walls.shape[1], walls.shape[2]
    length = programs.shape[1]
    for world in range(len(robot)):
        row, column, facing = np.intp(robot[world, 0]), np.intp(robot[world, 1]), np.intp(robot[world, 2])
        if not (0 <= row < rows and 0 <= column < columns and 0 <= facing < 4):
            return world
        program = world // repeat
        active = True
        if robots is not None:
            robots[world, 0] = robot[world]
            markers_here[world, 0] = markers[world, row, column]
        for step in range(length):
            code = programs[program, step]
            if code < 0:
                if robots is not None:
                    robots[world, step + 1 :] = robots[world, step]
                    markers_here[world, step + 1 :] = markers_here[world, step]
                break
            here = markers[world, row, column]
            if code >= _OPERATIONS:
                active = active & _senses(code, walls, world, row, column, facing, here)
            else:
                facing = (facing + active * _TURN[code]) & 3
                pick, put = _PICK[code] * (here > 0), _PUT[code] * (here < CAPACITY)
                markers[world, row, column] = here + active * (put - pick)
                down, across = _DOWN[facing], _ACROSS[facing]
                moves = active & (code == 0) & _clear(walls, world, row + down, column + across)
                row += moves * down
                column += moves * across
                active = True
            if robots is not None:
                robots[world, step + 1, 0] = row
                robots[world, step + 1, 1] = column
                robots[world, step + 1, 2] = facing
                markers_here[world, step + 1] = markers[world, row, column]
        robot[world, 0], robot[world, 1], robot[world, 2] = row, column, facing
    return -1
