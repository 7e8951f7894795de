import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ontogeny.errors import OntogenyError
from ontogeny.worlds.karel import reference
from ontogeny.worlds.karel.grid import Grids, read, show
from ontogeny.worlds.karel.msr import check, read_tasks
from random_karel import random_grids, random_program


def tensor(grids: Grids) -> str:
    """A world as the data set writes it: border from the corner, rows counted from the south."""
    rows, columns = grids.rows, grids.columns
    cells = np.zeros((16, 18, 18), bool)
    cells[5, : rows + 2, : columns + 2] = True
    cells[5, 1 : rows + 1, 1 : columns + 1] = False
    row, column, facing = grids.robot[0]
    cells[facing, rows - row, column + 1] = True
    for (_, row, column), wall in np.ndenumerate(grids.walls):
        cells[4, rows - row, column + 1] = wall
        count = grids.markers[0, row, column]
        if count:
            cells[5 + count, rows - row, column + 1] = True
    return " ".join(f"{index}:1.0" for index in np.flatnonzero(cells))


def line(words: str, examples: list[tuple[Grids, Grids]]) -> dict[str, Any]:
    return {
        "guid": "ignored",
        "program_tokens": words.split(),
        "examples": [{"inpgrid_tensor": tensor(before), "outgrid_tensor": tensor(after)} for before, after in examples],
    }


def write(path: Path, *lines: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(item) + "\n" for item in lines))
    return path


MOVE = "DEF run m( move m)"
GOOD = line(MOVE, [(read("> ."), read(". >"))])


def test_a_hand_written_line_is_read(tmp_path: Path) -> None:
    """One cell wide, two high: border of 3 by 4, the robot in the southern cell (row 1) looking north at 3 markers."""
    border = [0, 1, 2, 18, 20, 36, 38, 54, 55, 56]
    before = [*(5 * 324 + index for index in border), 0 * 324 + 19, 8 * 324 + 37]
    after = [*(5 * 324 + index for index in border), 0 * 324 + 37, 8 * 324 + 37]
    record = {
        "program_tokens": MOVE.split(),
        "examples": [
            {
                "inpgrid_tensor": " ".join(f"{index}:1.0" for index in sorted(before)),
                "outgrid_tensor": " ".join(f"{index}:1.0" for index in sorted(after)),
            }
        ],
    }
    (task,) = read_tasks(write(tmp_path / "one.json", record))
    assert str(task.program) == MOVE
    assert show(task.examples[0].before) == "3\n^"
    assert show(task.examples[0].after) == "^3\n."
    assert check(task).tolist() == [True]


def test_what_was_written_is_read_and_its_programs_do_what_the_file_says(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    lines, programs, worlds = [], [], []
    while len(lines) < 40:
        program = random_program(rng)
        examples = []
        for _ in range(6):
            before = random_grids(rng, 1, int(rng.integers(1, 17)), int(rng.integers(1, 17)))
            run = reference.run(program, before, convention="crash", step_limit=300)
            if not (run.crashed[0] or run.timed_out[0] or run.grids.markers.max() > 10):
                examples.append((before, run.grids))
        if examples:
            lines.append(line(str(program), examples))
            programs.append(program)
            worlds.append(examples)
    tasks = list(read_tasks(write(tmp_path / "tasks.json", *lines)))
    assert [task.program for task in tasks] == programs
    assert [task.line for task in tasks] == list(range(1, 41))
    for task, examples in zip(tasks, worlds, strict=True):
        assert len(task.examples) == len(examples)
        for example, (before, after) in zip(task.examples, examples, strict=True):
            assert example.before.equal(before).all()
            assert example.after.equal(after).all()
        assert check(task).all()


def test_check_tells_which_examples_fail(tmp_path: Path) -> None:
    words = "DEF run m( WHILE c( noMarkersPresent c) w( move w) m)"
    cases = [
        (read("> . 1"), read(". . >1")),
        (read("> . 1"), read(". >  1")),  # another place
        (read("> . 1"), read(". . v1")),  # another facing
        (read("> . 1"), read(". . >2")),  # other markers
        (read("> . 1"), read(". . >1 .")),  # another size
        (read("> . ."), read(". . >")),  # a crash
    ]
    (task,) = read_tasks(write(tmp_path / "mixed.json", line(words, cases)))
    assert check(task).tolist() == [True, False, False, False, False, False]
    endless = "DEF run m( WHILE c( frontIsClear c) w( turnLeft w) m)"
    (task,) = read_tasks(write(tmp_path / "endless.json", line(endless, [(read("> ."), read("> ."))])))
    assert check(task, step_limit=8).tolist() == [False]


def test_reading_is_streamed_and_skips_blank_lines(tmp_path: Path) -> None:
    path = tmp_path / "late.json"
    path.write_text(f"\n{json.dumps(GOOD)}\n   \nnot json\n")
    tasks = read_tasks(path)
    assert next(tasks).line == 2
    with pytest.raises(OntogenyError, match=r"late\.json, line 4: not readable as JSON: .* column 1"):
        next(tasks)


def changed(old: str, new: str) -> dict[str, Any]:
    """The good line with something else in its input world."""
    example = GOOD["examples"][0]
    assert old in example["inpgrid_tensor"]
    broken = {**example, "inpgrid_tensor": example["inpgrid_tensor"].replace(old, new, 1)}
    return {**GOOD, "examples": [example, broken]}


ROBOT = f"{324 + 19}:1.0"


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ([1], "expected a JSON object .* found list"),
        ({}, "expected a member 'program_tokens' that is a list, found None"),
        ({**GOOD, "program_tokens": "DEF run"}, "'program_tokens' that is a list, found 'DEF run'"),
        ({**GOOD, "program_tokens": ["DEF", 1]}, "program_tokens: expected a list of words"),
        ({**GOOD, "program_tokens": ["DEF", "run", "m(", "fly", "m)"]}, "program_tokens, word 4: .* found 'fly'"),
        ({**GOOD, "examples": None}, "expected a member 'examples' that is a list"),
        ({**GOOD, "examples": [5]}, "example 1, inpgrid_tensor: expected a member 'inpgrid_tensor' that is a str"),
        ({**GOOD, "examples": [{"inpgrid_tensor": tensor(read(">"))}]}, "example 1, outgrid_tensor: .* found None"),
        (changed(ROBOT, "343:0.5"), "example 2, inpgrid_tensor: expected 'index:1.0' .* below 5184, found '343:0.5'"),
        (changed(ROBOT, "5184:1.0"), "found '5184:1.0'"),
        (changed(ROBOT, "-1:1.0"), "found '-1:1.0'"),
        (changed(ROBOT, ""), "exactly one robot in channels 0 to 3, found 0"),
        (changed(ROBOT, f"{ROBOT} 20:1.0"), "exactly one robot in channels 0 to 3, found 2"),
        (changed(ROBOT, "0:1.0"), "a robot, a wall or a marker on or beyond the border"),
        (changed(ROBOT, f"{ROBOT} {4 * 324 + 19}:1.0"), "world 0: the robot stands on a wall"),
        (changed(ROBOT, f"{ROBOT} {6 * 324 + 19}:1.0 {7 * 324 + 19}:1.0"), "a cell has two marker counts"),
        (changed(f"{5 * 324}:1.0", ""), "the border .* is not a rectangle"),
        (changed(f"{5 * 324 + 3}:1.0", ""), "the border .* is not a rectangle"),
        (changed(f"{5 * 324 + 3}:1.0", f"{5 * 324 + 200}:1.0"), "the border .* is not a rectangle"),
    ],
)
def test_a_malformed_line_names_file_line_and_what_is_wrong(tmp_path: Path, record: Any, message: str) -> None:
    path = write(tmp_path / "broken.json", GOOD, record)
    with pytest.raises(OntogenyError, match=message) as caught:
        list(read_tasks(path))
    assert str(caught.value).startswith(f"{path}, line 2: ")


@pytest.mark.parametrize("content", [b"{\xff}\n", b"[" * 200_000 + b"\n", b"{"])
def test_bytes_that_are_no_json_are_one_clear_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bytes.json"
    path.write_bytes(content)
    with pytest.raises(OntogenyError, match="line 1: not readable as JSON"):
        list(read_tasks(path))


def test_a_missing_file_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(OntogenyError, match=r"cannot read .*nowhere\.json: No such file"):
        list(read_tasks(tmp_path / "nowhere.json"))
