"""Programs as rows of three integers, with jumps in place of blocks: what the compiled engine runs."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int32

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

TEST, JUMP, SET, TURN = 5, 6, 7, 8
"""Codes beside the operations 0 to 4 (whose second integer is the operation's place in the program):
TEST guard target: go to target unless the guard (a flat code) holds. JUMP target.
SET counter turns. TURN counter target: use up one turn, or go to target when none is left."""

_FIRST_GUARD = len(OPERATIONS)
_OPPOSITE = {5: 10, 6: 11, 7: 12, 8: 9, 9: 8, 10: 5, 11: 6, 12: 7}


@dataclass(frozen=True, eq=False)
class Bytecode:
    """A compiled program; run it as often as wanted."""

    code: Int32[np.ndarray, "instruction 3"]
    counters: int
    """How many `repeat`s are at most running at once."""
    operations: tuple[str, ...]
    """The program's operations in reading order."""


def translate(program: Program) -> Bytecode:
    """The bytecode of a program."""
    writer = _Writer()
    writer.block(program.body, 0)
    code = np.array(writer.code, np.int32).reshape(-1, 3)
    return Bytecode(code, writer.counters, tuple(writer.operations))


def guard_code(condition: Condition) -> int:
    """The flat code (5 to 12) of a condition, with all its `not`s resolved."""
    if isinstance(condition, Not):
        return _OPPOSITE[guard_code(condition.condition)]
    return _FIRST_GUARD + GUARDS.index(condition)


class _Writer:
    def __init__(self) -> None:
        self.code: list[list[int]] = []
        self.operations: list[str] = []
        self.counters = 0

    def emit(self, code: int, first: int = 0, second: int = 0) -> list[int]:
        self.code.append([code, first, second])
        return self.code[-1]

    def block(self, statements: tuple[Statement, ...], running: int) -> None:
        """Append the statements' code; `running` counters belong to the repeats around them."""
        for statement in statements:
            self.statement(statement, running)

    def statement(self, statement: Statement, running: int) -> None:
        match statement:
            case Operation(name):
                self.emit(OPERATIONS.index(name), len(self.operations))
                self.operations.append(name)
            case Repeat(times, body):
                self.counters = max(self.counters, running + 1)
                self.emit(SET, running, times)
                self.loop(self.emit(TURN, running), body, running + 1)
            case While(condition, body):
                self.loop(self.emit(TEST, guard_code(condition)), body, running)
            case If(condition, body):
                test = self.emit(TEST, guard_code(condition))
                self.block(body, running)
                test[2] = len(self.code)
            case IfElse(condition, body, otherwise):
                test = self.emit(TEST, guard_code(condition))
                self.block(body, running)
                leave = self.emit(JUMP)
                test[2] = len(self.code)
                self.block(otherwise, running)
                leave[1] = len(self.code)

    def loop(self, head: list[int], body: tuple[Statement, ...], running: int) -> None:
        """The rest of a loop whose first instruction, just written, is to leave it."""
        start = len(self.code) - 1
        self.block(body, running)
        self.emit(JUMP, start)
        head[2] = len(self.code)
