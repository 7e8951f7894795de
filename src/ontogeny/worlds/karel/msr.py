"""Reader of the MSR Karel data set: JSON lines, each a program and its examples of a world before and after it.

Of a line these members are read, others are ignored: `program_tokens`, the words of the program, and `examples`, each
with `inpgrid_tensor` and `outgrid_tensor`. A tensor is text, `index:1.0` for each entry that is not zero of an array
[channel 16, row 18, column 18]. Channels 0 to 3 hold the robot by facing (north, east, south, west), 4 the walls
inside, 5 the border around the world, 6 to 15 cells with 1 to 10 markers. The border starts at row 0 and column 0, and
rows count from the south; the grids that come out of this reader are without it and count from the north.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool

from ontogeny.errors import OntogenyError, UsageError
from ontogeny.worlds.karel.bytecode import translate
from ontogeny.worlds.karel.engine import run
from ontogeny.worlds.karel.grid import Grids
from ontogeny.worlds.karel.language import KarelSyntaxError, Program, parse

SHAPE = (16, 18, 18)
LONGEST_LINE = 2**22
"""Bytes; the published lines have some ten thousand."""
_WALLS, _BORDER, _MARKERS = 4, 5, 6


class _Problem(Exception):  # noqa: N818
    """What is wrong with a line, before it is known which file and line it is."""


@dataclass(frozen=True, eq=False)
class Example:
    """A world before and after the program; each a batch of one."""

    before: Grids
    after: Grids


@dataclass(frozen=True, eq=False)
class Task:
    """One line of the data set. Worlds may differ in size from example to example."""

    line: int
    """Where it was read, from 1."""
    program: Program
    examples: tuple[Example, ...]
    """In the order of the file; the published use shows the first five and holds the last one out."""


def read_tasks(path: Path) -> Iterator[Task]:
    """The tasks of a file, one line at a time; blank lines are skipped. Errors name the file and the line."""
    try:
        with open(path, "rb") as file:
            lines = iter(lambda: file.readline(LONGEST_LINE + 1), b"")
            for number, line in enumerate(lines, 1):
                if len(line) > LONGEST_LINE:
                    raise OntogenyError(f"{path}, line {number}: longer than {LONGEST_LINE} bytes")
                if line.strip():
                    yield _read_line(path, number, line)
    except OSError as error:
        raise OntogenyError(f"cannot read {path}: {error.strerror}") from error


def check(task: Task, *, step_limit: int = 100_000) -> Bool[np.ndarray, " example"]:
    """For which examples the program leads from the world before to the one after, without crash or time-out."""
    program = translate(task.program)
    results = [
        (run(program, example.before, convention="crash", step_limit=step_limit), example.after)
        for example in task.examples
    ]
    return np.array(
        [
            not result.crashed[0]
            and not result.timed_out[0]
            and result.grids.walls.shape == after.walls.shape
            and bool(result.grids.equal(after)[0])
            for result, after in results
        ],
        np.bool_,
    )


def _read_line(path: Path, number: int, line: bytes) -> Task:
    try:
        record = _record(line)
        program = _program(_member(record, "program_tokens", list))
        examples = [_example(place, item) for place, item in enumerate(_member(record, "examples", list), 1)]
    except _Problem as problem:
        raise OntogenyError(f"{path}, line {number}: {problem}") from None
    return Task(number, program, tuple(examples))


def _record(line: bytes) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise _Problem(f"not readable as JSON: {error.msg} at column {error.colno}") from None
    except (ValueError, RecursionError) as error:
        raise _Problem(f"not readable as JSON: {error}") from None
    if not isinstance(record, dict):
        raise _Problem(f"expected a JSON object with program_tokens and examples, found {type(record).__name__}")
    return record


def _member(record: Any, name: str, kind: type) -> Any:
    value = record.get(name) if isinstance(record, dict) else None
    if not isinstance(value, kind):
        raise _Problem(f"expected a member {name!r} that is a {kind.__name__}, found {value!r:.60}")
    return value


def _program(words: list[Any]) -> Program:
    if not all(isinstance(word, str) for word in words):
        raise _Problem("program_tokens: expected a list of words")
    try:
        return parse(" ".join(words))
    except KarelSyntaxError as error:
        place = " ".join(words).count(" ", 0, error.column) + 1
        raise _Problem(f"program_tokens, word {place}: expected {error.expected}, found {error.found}") from None


def _example(place: int, item: Any) -> Example:
    grids = []
    for name in ("inpgrid_tensor", "outgrid_tensor"):
        try:
            grids.append(_grid(_member(item, name, str)))
        except (_Problem, UsageError) as problem:
            raise _Problem(f"example {place}, {name}: {problem}") from None
    return Example(*grids)


def _grid(text: str) -> Grids:
    cells = np.zeros(SHAPE, np.bool_)
    cells.reshape(-1)[[_index(word) for word in text.split()]] = True
    border = cells[_BORDER]
    rows, columns = (int(np.argmin(np.append(line, False))) - 2 for line in (border[:, 0], border[0]))
    inside = np.s_[1 : rows + 1, 1 : columns + 1]
    expected = np.zeros_like(border)
    expected[: rows + 2, : columns + 2] = True
    expected[inside] = False
    if rows < 1 or columns < 1 or (border != expected).any():
        raise _Problem("the border (channel 5) is not a rectangle around at least one cell, from row 0 and column 0")
    outside = cells.copy()
    outside[_BORDER] = outside[:, 1 : rows + 1, 1 : columns + 1] = False
    if outside.any():
        raise _Problem("there is a robot, a wall or a marker on or beyond the border")
    if (cells[_MARKERS:].sum(0) > 1).any():
        raise _Problem("a cell has two marker counts")
    robots = np.argwhere(cells[:_WALLS])
    if len(robots) != 1:
        raise _Problem(f"expected exactly one robot in channels 0 to 3, found {len(robots)}")
    facing, row, column = robots[0].tolist()
    counts = np.arange(1, SHAPE[0] - _MARKERS + 1, dtype=np.int8)
    markers = (cells[_MARKERS:] * counts[:, None, None]).max(0)
    northward = np.s_[None, ::-1]
    return Grids(
        np.ascontiguousarray(cells[_WALLS][inside][northward]),
        np.ascontiguousarray(markers[inside][northward]),
        np.array([[rows - row, column - 1, facing]], np.int8),
    ).check()


def _index(word: str) -> int:
    index, _, value = word.partition(":")
    if not (index.isascii() and index.isdigit() and len(index) < 5 and int(index) < np.prod(SHAPE)) or value != "1.0":
        raise _Problem(f"expected 'index:1.0' with an index below {np.prod(SHAPE)}, found {word!r}")
    return int(index)
