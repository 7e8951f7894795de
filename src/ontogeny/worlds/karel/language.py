"""The Karel language: programs as values, their textual form, and the flat codes of straight-line programs.

The text is the token syntax of the published Karel data sets, words separated by white space:

    DEF run m( move REPEAT R=3 r( turnRight r) IFELSE c( not c( frontIsClear c) c) i( move i) ELSE e( putMarker e) m)

A flat program is a row of small integers: 0 to 4 are the `OPERATIONS` in order, 5 to 12 the `GUARDS`. A guard makes the
next instruction conditional; guards in a row must all hold. -1 ends the program.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from ontogeny.errors import UsageError, unknown_name

OPERATIONS = ("move", "turn_left", "turn_right", "pick_marker", "put_marker")
SENSORS = ("frontIsClear", "leftIsClear", "rightIsClear", "markersPresent", "noMarkersPresent")
WORDS = {
    "move": "move",
    "turn_left": "turnLeft",
    "turn_right": "turnRight",
    "pick_marker": "pickMarker",
    "put_marker": "putMarker",
}
"""Each operation's word in the text."""

DEEPEST = 50
"""How deep statements, and `not`s, may be nested."""
MOST_TURNS = 32767
"""The largest count of a `repeat`."""


@dataclass(frozen=True)
class Sensor:
    """A test of what the robot senses: one of `SENSORS`."""

    name: str

    def __post_init__(self) -> None:
        if self.name not in SENSORS:
            raise unknown_name("sensor", self.name, SENSORS)


@dataclass(frozen=True)
class Not:
    condition: "Condition"


Condition = Sensor | Not


@dataclass(frozen=True)
class Operation:
    """One of `OPERATIONS`."""

    name: str

    def __post_init__(self) -> None:
        if self.name not in OPERATIONS:
            raise unknown_name("operation", self.name, OPERATIONS)


@dataclass(frozen=True)
class Repeat:
    times: int
    body: "tuple[Statement, ...]"

    def __post_init__(self) -> None:
        if not 0 <= self.times <= MOST_TURNS:
            raise UsageError(f"a repeat's count must be 0 to {MOST_TURNS}, given {self.times}")


@dataclass(frozen=True)
class While:
    condition: Condition
    body: "tuple[Statement, ...]"


@dataclass(frozen=True)
class If:
    condition: Condition
    body: "tuple[Statement, ...]"


@dataclass(frozen=True)
class IfElse:
    condition: Condition
    body: "tuple[Statement, ...]"
    otherwise: "tuple[Statement, ...]"


Statement = Operation | Repeat | While | If | IfElse


@dataclass(frozen=True)
class Program:
    """A whole program. `str(program)` is its text, which `parse` reads back to an equal program."""

    body: tuple[Statement, ...]

    def __post_init__(self) -> None:
        _check_block(self.body, 1)

    def __str__(self) -> str:
        return " ".join(tokens(self))


def _check_block(statements: tuple[Statement, ...], depth: int) -> None:
    """Statements where they belong, and not nested deeper than every reader of a program can follow."""
    if depth > DEEPEST:
        raise UsageError(f"at most {DEEPEST} blocks within one another, given more")
    for statement in statements:
        if not isinstance(statement, Statement):
            raise UsageError(f"expected a statement of the Karel language, given {statement!r}")
        if isinstance(statement, While | If | IfElse):
            _check_condition(statement.condition)
        if not isinstance(statement, Operation):
            _check_block(statement.body, depth + 1)
        if isinstance(statement, IfElse):
            _check_block(statement.otherwise, depth + 1)


def _check_condition(condition: Condition) -> None:
    depth = 1
    while isinstance(condition, Not):
        condition, depth = condition.condition, depth + 1
    if depth > DEEPEST or not isinstance(condition, Sensor):
        raise UsageError(f"expected a sensor in at most {DEEPEST - 1} nots, given {condition!r} in {depth - 1}")


GUARDS: tuple[Condition, ...] = (
    *(Sensor(name) for name in SENSORS),
    *(Not(Sensor(name)) for name in SENSORS[:3]),
)
"""The conditions of the flat codes 5 to 12, in order."""


def from_codes(codes: Iterable[int] | Int[np.ndarray, " step"]) -> Program:
    """The program that a flat program stands for; a guard becomes an `if` around what it guards."""
    body: list[Statement] = []
    waiting: list[Condition] = []
    for place, code in enumerate(codes):
        if code == -1:
            break
        if not 0 <= code < len(OPERATIONS) + len(GUARDS):
            raise UsageError(f"instruction {place}: expected -1 to {len(OPERATIONS) + len(GUARDS) - 1}, given {code}")
        if code >= len(OPERATIONS):
            waiting.append(GUARDS[code - len(OPERATIONS)])
            continue
        statement: Statement = Operation(OPERATIONS[code])
        while waiting:
            statement = If(waiting.pop(), (statement,))
        body.append(statement)
    return Program(tuple(body))


def tokens(program: Program) -> Iterator[str]:
    """The words of the program's text."""
    yield from ("DEF", "run", "m(")
    yield from _block(program.body)
    yield "m)"


def _block(statements: tuple[Statement, ...]) -> Iterator[str]:
    for statement in statements:
        match statement:
            case Operation(name):
                yield WORDS[name]
            case Repeat(times, body):
                yield from ("REPEAT", f"R={times}", "r(", *_block(body), "r)")
            case While(condition, body):
                yield from ("WHILE", *_condition(condition), "w(", *_block(body), "w)")
            case If(condition, body):
                yield from ("IF", *_condition(condition), "i(", *_block(body), "i)")
            case IfElse(condition, body, otherwise):
                yield from ("IFELSE", *_condition(condition), "i(", *_block(body), "i)")
                yield from ("ELSE", "e(", *_block(otherwise), "e)")


def _condition(condition: Condition) -> Iterator[str]:
    yield "c("
    match condition:
        case Sensor(name):
            yield name
        case Not(inner):
            yield from ("not", *_condition(inner))
    yield "c)"


class KarelSyntaxError(UsageError):
    """A program's text does not follow the grammar; `line` and `column` count from 1."""

    def __init__(self, line: int, column: int, expected: str, found: str) -> None:
        self.line, self.column, self.expected, self.found = line, column, expected, found
        super().__init__(f"line {line}, column {column}: expected {expected}, found {found}")


def parse(text: str) -> Program:
    """Read a program. A `KarelSyntaxError` names line, column, what was expected and what was found."""
    reader = _Reader(text)
    for word in ("DEF", "run", "m("):
        reader.take(word)
    body = reader.block("m)", 1)
    reader.finish()
    return Program(body)


class _Reader:
    """Recursive descent over the words of a text; one method for each rule of the grammar."""

    def __init__(self, text: str) -> None:
        self.words = [
            (word.group(), line, word.start() + 1)
            for line, content in enumerate(text.split("\n"), 1)
            for word in re.finditer(r"\S+", content)
        ]
        lines = text.split("\n")
        self.end = ("", len(lines), len(lines[-1]) + 1)
        self.place = 0

    @property
    def word(self) -> str:
        return self.words[self.place][0] if self.place < len(self.words) else ""

    def problem(self, expected: str, found: str | None = None) -> KarelSyntaxError:
        word, line, column = self.words[self.place] if self.place < len(self.words) else self.end
        return KarelSyntaxError(line, column, expected, found or (repr(word) if word else "the end of the text"))

    def take(self, word: str) -> None:
        if self.word != word:
            raise self.problem(repr(word))
        self.place += 1

    def finish(self) -> None:
        if self.word:
            raise self.problem("the end of the text after 'm)'")

    def block(self, closing: str, depth: int) -> tuple[Statement, ...]:
        """Statements up to and including the closing word."""
        if depth > DEEPEST:
            raise self.problem(f"at most {DEEPEST} blocks within one another", "one more")
        statements = []
        while self.word != closing:
            statements.append(self.statement(closing, depth))
        self.place += 1
        return tuple(statements)

    def statement(self, closing: str, depth: int) -> Statement:
        word = self.word
        if word in _OPERATION_OF:
            self.place += 1
            return Operation(_OPERATION_OF[word])
        if word not in ("REPEAT", "WHILE", "IF", "IFELSE"):
            raise self.problem(f"an operation, REPEAT, WHILE, IF, IFELSE or {closing!r}")
        self.place += 1
        if word == "REPEAT":
            return Repeat(self.count(), self.inner("r(", "r)", depth))
        condition = self.condition(1)
        if word == "WHILE":
            return While(condition, self.inner("w(", "w)", depth))
        body = self.inner("i(", "i)", depth)
        if word == "IF":
            return If(condition, body)
        self.take("ELSE")
        return IfElse(condition, body, self.inner("e(", "e)", depth))

    def inner(self, opening: str, closing: str, depth: int) -> tuple[Statement, ...]:
        self.take(opening)
        return self.block(closing, depth + 1)

    def count(self) -> int:
        match = re.fullmatch(r"R=([0-9]{1,5})", self.word)
        if match is None or int(match[1]) > MOST_TURNS:
            raise self.problem(f"a count R=0 to R={MOST_TURNS}")
        self.place += 1
        return int(match[1])

    def condition(self, depth: int) -> Condition:
        if depth > DEEPEST:
            raise self.problem(f"at most {DEEPEST} conditions within one another", "one more")
        self.take("c(")
        condition: Condition
        if self.word == "not":
            self.place += 1
            condition = Not(self.condition(depth + 1))
        elif self.word in SENSORS:
            condition = Sensor(self.word)
            self.place += 1
        else:
            raise self.problem(f"'not' or one of {', '.join(SENSORS)}")
        self.take("c)")
        return condition


_OPERATION_OF = {word: operation for operation, word in WORDS.items()}
