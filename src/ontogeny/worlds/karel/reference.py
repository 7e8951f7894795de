"""Karel in plain Python, written to be read: what every operation, test and statement means.

The compiled engine must give exactly what these functions give. Nothing here is fast.
"""

from collections.abc import Iterator
from contextlib import suppress

import numpy as np
from jaxtyping import Int8

from ontogeny.worlds.karel.grid import CAPACITY, STEPS, Grids
from ontogeny.worlds.karel.language import (
    GUARDS,
    OPERATIONS,
    Condition,
    If,
    IfElse,
    Not,
    Operation,
    Program,
    Repeat,
    Statement,
    While,
)
from ontogeny.worlds.karel.outcome import Convention, CrashError, FlatRun, Run, check_run


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


def run(
    program: Program,
    grids: Grids,
    *,
    convention: Convention = "ignore",
    step_limit: int = 10_000,
    trace: bool = False,
) -> Run:
    """One program of the full language on every world; see `Run` for what counts as a step."""
    check_run(convention, step_limit)
    worlds = [World(grids, index) for index in range(len(grids))]
    runs = [_Execution(world, convention, step_limit) for world in worlds]
    for index, execution in enumerate(runs):
        execution.whole(program)
        if convention == "raise" and execution.crashed:
            place = execution.operations[-1]
            operation = list(_operations(program.body))[place].name
            raise CrashError(index, len(execution.operations), place + 1, operation, worlds[index].robot)
    steps = np.array([len(execution.operations) for execution in runs], np.int32)
    crashed = np.array([execution.crashed for execution in runs], np.bool_)
    timed_out = np.array([execution.timed_out for execution in runs], np.bool_)
    final = _collect(worlds, grids)
    if not trace:
        return Run(final, steps, crashed, timed_out, None, None, None)
    longest = max(steps, default=0)
    for execution in runs:
        missing = longest - len(execution.operations)
        execution.operations += [-1] * missing
        execution.states += execution.states[-1:] * missing
    robots = np.array([[robot for robot, _ in execution.states] for execution in runs], np.int8)
    here = np.array([[count for _, count in execution.states] for execution in runs], np.int8)
    operations = np.array([execution.operations for execution in runs], np.int32).reshape(len(runs), longest)
    return Run(final, steps, crashed, timed_out, robots, here, operations)


def _operations(statements: tuple[Statement, ...]) -> Iterator[Operation]:
    """The operations of some statements in reading order."""
    for statement in statements:
        if isinstance(statement, Operation):
            yield statement
            continue
        yield from _operations(statement.body)
        if isinstance(statement, IfElse):
            yield from _operations(statement.otherwise)


class _End(Exception):  # noqa: N818
    """The run is over before the program is."""


class _Execution:
    """One program running in one world, with its history."""

    def __init__(self, world: World, convention: Convention, step_limit: int) -> None:
        self.world, self.convention, self.step_limit = world, convention, step_limit
        self.crashed = self.timed_out = False
        self.states = [(world.robot, world.markers_here)]
        self.operations: list[int] = []  # one entry a step: the operation's place in the program, or -1

    def whole(self, program: Program) -> None:
        with suppress(_End):
            self.block(program.body, 0)

    def block(self, statements: tuple[Statement, ...], place: int) -> None:
        """Run statements, the first operation among which is the program's operation number `place`."""
        for statement in statements:
            self.statement(statement, place)
            place += len(list(_operations((statement,))))

    def statement(self, statement: Statement, place: int) -> None:
        match statement:
            case Operation(name):
                self.operate(name, place)
            case Repeat(times, body):
                for _ in range(times):
                    self.before_step()
                    self.after_step(-1)
                    self.block(body, place)
            case While(condition, body):
                while self.test(condition):
                    self.block(body, place)
            case If(condition, body):
                if self.test(condition):
                    self.block(body, place)
            case IfElse(condition, body, otherwise):
                if self.test(condition):
                    self.block(body, place)
                else:
                    self.block(otherwise, place + len(list(_operations(body))))

    def operate(self, name: str, place: int) -> None:
        self.before_step()
        done = self.world.operate(name)
        self.after_step(place)
        if not done and self.convention != "ignore":
            self.crashed = True
            raise _End

    def test(self, condition: Condition) -> bool:
        self.before_step()
        self.after_step(-1)
        return self.world.holds(condition)

    def before_step(self) -> None:
        if len(self.operations) == self.step_limit:
            self.timed_out = True
            raise _End

    def after_step(self, place: int) -> None:
        self.operations.append(place)
        self.states.append((self.world.robot, self.world.markers_here))


def _collect(worlds: list[World], grids: Grids) -> Grids:
    markers = np.array([world.markers for world in worlds], np.int8).reshape(grids.markers.shape)
    robot = np.array([world.robot for world in worlds], np.int8).reshape(grids.robot.shape)
    return Grids(grids.walls, markers, robot)
