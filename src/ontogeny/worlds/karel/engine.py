"""Karel compiled: many short programs on many small worlds, equal to `reference` in every result.

The inner loops are numba over int8 arrays. They are written without branches that depend on the data where that pays:
a mispredicted branch costs more than the few operations it would save. They let other Python threads go on: data are
made beside a training step, and worlds dealt out to threads are run on as many cores.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Bool, Int8, Int32, UInt32
from numba import njit

from ontogeny.errors import UsageError
from ontogeny.worlds.karel.bytecode import JUMP, SET, TEST, Bytecode, translate
from ontogeny.worlds.karel.grid import CAPACITY, STEPS, Grids
from ontogeny.worlds.karel.language import Program
from ontogeny.worlds.karel.outcome import Convention, CrashError, FlatRun, Run, check_run

_OPERATIONS = 5
_CODES = 13


def _markers_after() -> Int8[np.ndarray, "operation byte"]:
    """The markers that each operation leaves where so many lie, which index it as an unsigned byte."""
    lying = np.arange(256, dtype=np.uint8).view(np.int8)
    after = np.tile(lying, (_OPERATIONS, 1))
    after[3] -= lying > 0
    after[4] += lying < CAPACITY
    return after


_AFTER = _markers_after()


@lru_cache(maxsize=16)
def _geometry(rows: int, columns: int) -> tuple[UInt32[np.ndarray, "operation state"], Int8[np.ndarray, "state 3"]]:
    """Where each operation leads if no wall stands there, and each state's row, column and facing.

    A state is the cell's number times 4 plus the facing. At the edge a move leads to where the robot is.
    """
    row, column, facing = np.unravel_index(np.arange(rows * columns * 4), (rows, columns, 4))
    down, across = np.array(STEPS).T
    ahead = np.clip(row + down[facing], 0, rows - 1), np.clip(column + across[facing], 0, columns - 1)
    stay = (row * columns + column) * 4
    leads = [
        (ahead[0] * columns + ahead[1]) * 4 + facing,
        stay + (facing - 1) % 4,
        stay + (facing + 1) % 4,
        stay + facing,
        stay + facing,
    ]
    return np.array(leads, np.uint32), np.stack([row, column, facing], axis=1).astype(np.int8)


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
    geometry = (grids.rows, grids.columns, *_geometry(grids.rows, grids.columns))
    stray = _run_flat(programs, repeat, *geometry, *_flattened(out), out.robot, robots, markers_here)
    _refuse_stray(grids, stray)
    return FlatRun(out, robots, markers_here)


def run(
    program: Program | Bytecode,
    grids: Grids,
    *,
    convention: Convention = "ignore",
    step_limit: int = 10_000,
    trace: bool = False,
) -> Run:
    """Run one program of the full language on every world of `grids`, which are left as they are.

    Raises `CrashError` for the first world that crashes, under the convention `raise` only. A trace is as long as the
    longest run: bound it with `step_limit`.
    """
    check_run(convention, step_limit)
    bytecode = program if isinstance(program, Bytecode) else translate(program)
    setting = (grids, bytecode, convention != "ignore", step_limit)
    result, last = _pass(*setting, None, None, None)
    if convention == "raise" and result.crashed.any():
        world = int(np.argmax(result.crashed))
        row, column, facing = result.grids.robot[world].tolist()
        place = int(last[world])
        raise CrashError(world, int(result.steps[world]), place + 1, bytecode.operations[place], (row, column, facing))
    if not trace:
        return result
    # The first pass has told how long the trace is; the second, equal to it, writes it.
    batch, longest = len(grids), int(result.steps.max(initial=0))
    robots = np.empty((batch, longest + 1, 3), np.int8)
    markers_here = np.empty((batch, longest + 1), np.int8)
    operations = np.full((batch, longest), -1, np.int32)
    return _pass(*setting, robots, markers_here, operations)[0]


def _pass(
    grids: Grids,
    bytecode: Bytecode,
    crashes: bool,
    step_limit: int,
    robots: Int8[np.ndarray, "batch state 3"] | None,
    markers_here: Int8[np.ndarray, "batch state"] | None,
    operations: Int32[np.ndarray, "batch step"] | None,
) -> tuple[Run, Int32[np.ndarray, " batch"]]:
    """One pass over all worlds, writing the trace if there is room for it; and each world's last operation."""
    final, batch = _room(grids, None), len(grids)
    steps, last = np.empty(batch, np.int32), np.empty(batch, np.int32)
    crashed, timed_out = np.zeros(batch, np.bool_), np.zeros(batch, np.bool_)
    counters = np.empty(bytecode.counters, np.int32)
    arguments: tuple[Any, ...] = (
        *(bytecode.code, counters, crashes, step_limit),
        *(grids.rows, grids.columns, *_geometry(grids.rows, grids.columns)),
        *(*_flattened(final), final.robot),
        *(steps, crashed, timed_out, last),
        *(robots, markers_here, operations),
    )
    _refuse_stray(grids, _run(*arguments))
    return Run(final, steps, crashed, timed_out, robots, markers_here, operations), last


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
    if not out.markers.flags.c_contiguous:
        raise UsageError("out: its markers must be one contiguous array, not every other world of one")
    if out.markers is not grids.markers:
        np.copyto(out.markers, grids.markers)
        np.copyto(out.robot, grids.robot)
    return Grids(grids.walls, out.markers, out.robot)


def _refuse_stray(grids: Grids, world: int) -> None:
    if world >= 0:
        robot = grids.robot[world].tolist()
        raise UsageError(f"world {world}: the robot is outside or on a wall (row, column, facing = {robot})")


def _flattened(grids: Grids) -> tuple[Bool[np.ndarray, "batch cell"], Int8[np.ndarray, "batch cell"]]:
    """Walls and markers with one axis of cells; the markers are a view that is written through."""
    shape = (len(grids), grids.rows * grids.columns)
    return np.ascontiguousarray(grids.walls).reshape(shape), grids.markers.reshape(shape)


@njit(cache=True, inline="always")
def _clear(leads, walls, world, state):  # type: ignore[no-untyped-def]
    """Whether a robot in `state` could move."""
    ahead = leads[0, state]
    return (ahead != state) & ~walls[world, ahead >> 2]


@njit(cache=True)
def _possible(operation, leads, walls, world, state, here):  # type: ignore[no-untyped-def]
    """Whether an operation can be carried out: the way is clear, there is a marker to pick, there is room for one."""
    if operation == 0:
        return _clear(leads, walls, world, state)
    if operation == 3:
        return here > 0
    return operation != 4 or here < CAPACITY


@njit(cache=True)
def _senses(code, leads, walls, world, state, here):  # type: ignore[no-untyped-def]
    """Whether guard `code` (5 to 12, in the order of the language) holds."""
    if code == 8:
        return here > 0
    if code == 9:
        return here == 0
    side = (code - 5) % 5  # front, left, right
    toward = state if side == 0 else np.uintp(leads[side, state])
    return _clear(leads, walls, world, toward) == (code < 8)


@njit(cache=True, inline="always")
def _start(robot, walls, rows, columns, world):  # type: ignore[no-untyped-def]
    """The state a world begins in; -1 if its robot is outside or on a wall."""
    row, column, facing = np.intp(robot[world, 0]), np.intp(robot[world, 1]), np.intp(robot[world, 2])
    inside = 0 <= row < rows and 0 <= column < columns and 0 <= facing < 4
    if not inside or walls[world, np.uintp(row * columns + column)]:
        return -1
    return (row * columns + column) * 4 + facing


@njit(cache=True, nogil=True)
def _run_flat(programs, repeat, rows, columns, leads, places, walls, markers, robot, robots, markers_here):  # type: ignore[no-untyped-def]
    """Run in place, walls and markers as [batch, cell]; the index of the first world with a stray robot, else -1.

    `robots` and `markers_here` may be None: numba then compiles a version without the trace. Indices are unsigned,
    which spares a test for negative ones at every access.
    """
    for program in range(len(programs)):
        for world in range(program * repeat, (program + 1) * repeat):
            start = _start(robot, walls, rows, columns, world)
            if start < 0:
                return world
            state = np.uintp(start)
            active = True
            if robots is not None:
                robots[world, 0] = robot[world]
                markers_here[world, 0] = markers[world, state >> 2]
            for step in range(programs.shape[1]):
                code = programs[program, step]
                if code < 0:
                    if robots is not None:
                        robots[world, step + 1 :] = robots[world, step]
                        markers_here[world, step + 1 :] = markers_here[world, step]
                    break
                cell = state >> 2
                if code >= _OPERATIONS:
                    active = active & _senses(code, leads, walls, world, state, markers[world, cell])
                elif active:
                    operation = np.uintp(code)
                    markers[world, cell] = _AFTER[operation, np.uintp(np.uint8(markers[world, cell]))]
                    ahead = np.uintp(leads[operation, state])
                    state = state if walls[world, ahead >> 2] else ahead
                else:  # skipped by a guard, which holds for one operation
                    active = True
                if robots is not None:
                    robots[world, step + 1, 0] = places[state, 0]
                    robots[world, step + 1, 1] = places[state, 1]
                    robots[world, step + 1, 2] = places[state, 2]
                    markers_here[world, step + 1] = markers[world, state >> 2]
            robot[world, 0] = places[state, 0]
            robot[world, 1] = places[state, 1]
            robot[world, 2] = places[state, 2]
    return -1


@njit(cache=True, nogil=True)
def _run(  # type: ignore[no-untyped-def]
    code, counters, crashes, limit, rows, columns, leads, places, walls, markers, robot,
    steps, crashed, timed_out, last, robots, markers_here, operations,
):  # fmt: skip
    """Run one bytecode on every world in place; the index of the first world with a stray robot, else -1."""
    for world in range(len(robot)):
        start = _start(robot, walls, rows, columns, world)
        if start < 0:
            return world
        state = np.uintp(start)
        if robots is not None:
            robots[world, 0] = robot[world]
            markers_here[world, 0] = markers[world, state >> 2]
        at, taken = 0, 0
        while at < len(code):
            kind, first, second = code[at]
            at += 1
            if kind == JUMP:
                at = first
                continue
            if kind == SET:
                counters[first] = second
                continue
            if kind > TEST and counters[first] == 0:  # a TURN with none left
                at = second
                continue
            if taken == limit:
                timed_out[world] = True
                break
            taken += 1
            cell = state >> 2
            here = markers[world, cell]
            can = True
            if kind == TEST:
                if not _senses(first, leads, walls, world, state, here):
                    at = second
            elif kind > TEST:
                counters[first] -= 1
            else:
                can = _possible(kind, leads, walls, world, state, here)
                if can:
                    markers[world, cell] = here + (kind == 4) - (kind == 3)
                    state = np.uintp(leads[np.uintp(kind), state])
                last[world] = first
            if robots is not None:
                robots[world, taken] = places[state]
                markers_here[world, taken] = markers[world, state >> 2]
                if kind < TEST:
                    operations[world, taken - 1] = first
            if crashes and not can:
                crashed[world] = True
                break
        steps[world] = taken
        robot[world] = places[state]
        if robots is not None:
            robots[world, taken + 1 :] = robots[world, taken]
            markers_here[world, taken + 1 :] = markers_here[world, taken]
    return -1
