"""The reference is the meaning of Karel: it is held to worlds worked out by hand, not to the engine."""

import numpy as np
import pytest

from ontogeny.errors import UsageError
from ontogeny.worlds.karel import reference
from ontogeny.worlds.karel.grid import CAPACITY, Grids, read, show
from ontogeny.worlds.karel.language import SENSORS, Not, Program, Sensor, parse
from ontogeny.worlds.karel.outcome import CrashError, Run
from ontogeny.worlds.karel.reference import World


def program(body: str) -> Program:
    return parse(f"DEF run m( {body} m)")


def after(body: str, world: str) -> str:
    return show(reference.run(program(body), read(world)).grids)


@pytest.mark.parametrize(
    ("body", "before", "expected"),
    [
        ("move", "> .", ". >"),
        ("move", ". <", "< ."),
        ("move", ".\n^", "^\n."),
        ("move", "v\n.", ".\nv"),
        ("move", "> #", "> #"),
        ("move", ". >", ". >"),
        ("turnRight", "^", ">"),
        ("turnRight turnRight", "^", "v"),
        ("turnRight turnRight turnRight", "^", "<"),
        ("turnLeft", "^", "<"),
        ("turnLeft turnLeft", "<", ">"),
        ("putMarker putMarker", ">", ">2"),
        ("pickMarker", ">2", ">1"),
        ("pickMarker", "> 2", "> 2"),
        ("putMarker", f">{CAPACITY}", f">{CAPACITY}"),
        ("REPEAT R=3 r( putMarker move r)", "> . . .", "1 1 1 >"),
        ("WHILE c( noMarkersPresent c) w( move w)", "> . 1 .", ". . >1 ."),
        ("IF c( frontIsClear c) i( turnLeft i) putMarker", "> #", ">1 #"),
        ("IFELSE c( not c( frontIsClear c) c) i( turnRight i) ELSE e( move e)", "> #", "v #"),
        ("IFELSE c( not c( frontIsClear c) c) i( turnRight i) ELSE e( move e)", "> .", ". >"),
    ],
)
def test_every_statement_does_what_its_name_says(body: str, before: str, expected: str) -> None:
    assert after(body, before).split() == expected.split()


def test_sensors_look_from_where_the_robot_faces() -> None:
    """The robot faces east: a wall before it, the edge on its left, a clear cell on its right, a marker below it."""
    world = World(read(". >1 #\n. .  ."), 0)
    held = [name for name in SENSORS if world.holds(Sensor(name))]
    assert held == ["rightIsClear", "markersPresent"]
    assert [name for name in SENSORS if not world.holds(Not(Sensor(name)))] == held
    world = World(read("# .\n^ .\n. ."), 0)
    assert [name for name in SENSORS if world.holds(Sensor(name))] == ["rightIsClear", "noMarkersPresent"]
    world = World(read(". .\n^ .\n. ."), 0)
    assert [world.is_clear(facing) for facing in range(4)] == [True, True, True, False]


def test_a_trace_holds_every_step_and_stays_at_the_end() -> None:
    grids = Grids(
        np.array([[[False, False]], [[False, True]]]), np.zeros((2, 1, 2), np.int8), np.array([[0, 0, 1]] * 2, np.int8)
    )
    run = reference.run(program("IF c( frontIsClear c) i( move putMarker i) turnLeft"), grids, trace=True)
    assert run.steps.tolist() == [4, 2]
    assert run.robots is not None
    assert run.robots.tolist() == [
        [[0, 0, 1], [0, 0, 1], [0, 1, 1], [0, 1, 1], [0, 1, 0]],
        [[0, 0, 1], [0, 0, 1], [0, 0, 0], [0, 0, 0], [0, 0, 0]],
    ]
    assert run.markers_here is not None
    assert run.markers_here.tolist() == [[0, 0, 0, 1, 1], [0, 0, 0, 0, 0]]
    assert run.operations is not None
    assert run.operations.tolist() == [[-1, 0, 1, 2], [-1, 2, -1, -1]]


def test_operations_are_numbered_through_both_branches() -> None:
    body = "IFELSE c( markersPresent c) i( pickMarker move i) ELSE e( turnLeft e) putMarker"
    taken = [reference.run(program(body), read(world), trace=True).operations for world in ("> .", ">1 .")]
    assert [operations.tolist() for operations in taken if operations is not None] == [[[-1, 2, 3]], [[-1, 0, 1, 3]]]


def ends(run: Run) -> tuple[int, bool, bool]:
    return int(run.steps[0]), bool(run.crashed[0]), bool(run.timed_out[0])


@pytest.mark.usefixtures("unchecked_types")
def test_the_three_ends_and_the_three_conventions() -> None:
    blocked = program("putMarker move putMarker")
    assert ends(reference.run(blocked, read(">"))) == (3, False, False)
    crash = reference.run(blocked, read(">"), convention="crash")
    assert ends(crash) == (2, True, False)
    assert show(crash.grids) == ">1"
    with pytest.raises(CrashError, match=r"world 0, step 2: move \(operation 2 of .* row 0, column 0, facing east"):
        reference.run(blocked, read(">"), convention="raise")
    assert ends(reference.run(blocked, read(">"), step_limit=2)) == (2, False, True)
    assert ends(reference.run(blocked, read(">"), step_limit=3)) == (3, False, False)
    with pytest.raises(UsageError, match="unknown convention"):
        reference.run(blocked, read(">"), convention="explode")  # type: ignore[arg-type]


def test_flat_programs_skip_what_their_guards_forbid() -> None:
    """Codes: front clear, move, front not clear, put, end."""
    run = reference.run_flat(np.array([[5, 0, 10, 4, -1, 4]], np.int8), read("> ."), trace=True)
    assert show(run.grids) == ".  >1"
    assert run.robots is not None
    assert run.robots[0, :, 1].tolist() == [0, 0, 1, 1, 1, 1, 1]
    assert run.markers_here is not None
    assert run.markers_here.tolist() == [[0, 0, 0, 0, 1, 1, 1]]
    assert show(reference.run_flat(np.array([[5, 0, 10, 4]], np.int8), read("> . .")).grids) == ". > ."
