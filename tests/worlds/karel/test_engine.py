import numpy as np
import pytest

from ontogeny.errors import UsageError
from ontogeny.worlds.karel import engine, reference
from ontogeny.worlds.karel.bytecode import translate
from ontogeny.worlds.karel.grid import CAPACITY, Grids, join, read, show
from ontogeny.worlds.karel.language import from_codes, parse
from ontogeny.worlds.karel.outcome import CrashError, FlatRun, Run
from random_karel import random_flat, random_grids, random_program

SIZES = [(5, 5), (6, 6), (1, 1), (1, 7), (3, 11), (16, 16)]


def assert_same(compiled: FlatRun | Run, plain: FlatRun | Run) -> None:
    assert compiled.grids.equal(plain.grids).all()
    for name, expected in vars(plain).items():
        if name != "grids":
            given = getattr(compiled, name)
            assert np.array_equal(given, expected) if expected is not None else given is None, name
            assert expected is None or given.dtype == expected.dtype


@pytest.mark.parametrize("codes", [5, 13])
@pytest.mark.parametrize("size", SIZES)
def test_flat_programs_equal_the_reference(size: tuple[int, int], codes: int) -> None:
    rng = np.random.default_rng([*size, codes])
    programs, grids = random_flat(rng, 1000, codes), random_grids(rng, 1000, *size)
    assert_same(engine.run_flat(programs, grids, trace=True), reference.run_flat(programs, grids, trace=True))
    assert_same(engine.run_flat(programs, grids), reference.run_flat(programs, grids))


def test_flat_programs_equal_the_programs_they_stand_for() -> None:
    rng = np.random.default_rng(1)
    programs, grids = random_flat(rng, 500, 13), random_grids(rng, 500 * 4, 4, 5)
    flat = engine.run_flat(programs, grids, repeat=4).grids
    for at, codes in enumerate(programs):
        own = np.s_[4 * at : 4 * at + 4]
        assert engine.run(from_codes(codes), grids[own]).grids.equal(flat[own]).all()


@pytest.mark.parametrize("convention", ["ignore", "crash"])
@pytest.mark.parametrize("size", SIZES)
def test_the_whole_language_equals_the_reference(size: tuple[int, int], convention: str) -> None:
    rng = np.random.default_rng([*size, len(convention)])
    seen = np.zeros(3, int)
    for _ in range(200):
        program, grids = random_program(rng), random_grids(rng, 6, *size)
        settings = {"convention": convention, "step_limit": int(rng.choice([1, 7, 60])), "trace": True}
        compiled = engine.run(program, grids, **settings)
        assert_same(compiled, reference.run(program, grids, **settings))
        assert_same(engine.run(translate(program), grids, **{**settings, "trace": False}), untraced(compiled))
        seen += compiled.crashed.sum(), compiled.timed_out.sum(), (~compiled.crashed & ~compiled.timed_out).sum()
    assert (seen[1:] > 50).all()
    assert (seen[0] > 50) == (convention == "crash")


def untraced(run: Run) -> Run:
    return Run(run.grids, run.steps, run.crashed, run.timed_out, None, None, None)


def test_raise_names_the_same_first_crash_as_the_reference() -> None:
    rng = np.random.default_rng(2)
    raised = 0
    for _ in range(300):
        program, grids = random_program(rng), random_grids(rng, 3, 4, 4)
        results = []
        for runner in (engine.run, reference.run):
            try:
                results.append(runner(program, grids, convention="raise", step_limit=50))
            except CrashError as error:
                results.append(str(error))
        if isinstance(results[0], str):
            raised += 1
            assert results[0] == results[1]
        else:
            assert_same(results[0], results[1])
    assert 50 < raised < 300


def test_raise_says_which_operation_cannot_be_done_where() -> None:
    program = parse("DEF run m( turnLeft REPEAT R=3 r( move r) pickMarker m)")
    grids = join([read("v . . . ."), read("v . # . .")])
    with pytest.raises(CrashError, match=r"world 0, step 8: pick_marker \(operation 3 .* row 0, column 3, facing east"):
        engine.run(program, grids, convention="raise")
    with pytest.raises(CrashError, match=r"world 0, step 5: move \(operation 2 .* row 0, column 1, facing east"):
        engine.run(program, grids[1], convention="raise")


def test_a_step_is_an_operation_a_test_or_the_start_of_a_turn() -> None:
    grid = read("> . . .")
    for text, steps in [
        ("move move", 2),
        ("REPEAT R=2 r( move r)", 4),
        ("REPEAT R=0 r( move r)", 0),
        ("WHILE c( frontIsClear c) w( move w)", 7),
        ("IF c( markersPresent c) i( move i)", 1),
        ("IFELSE c( markersPresent c) i( i) ELSE e( move e)", 2),
    ]:
        run = engine.run(parse(f"DEF run m( {text} m)"), grid)
        assert (run.steps[0], run.timed_out[0], run.crashed[0]) == (steps, False, False), text


def test_endless_programs_stop_at_the_step_limit() -> None:
    grid = read("> . . .")
    for body in ("WHILE c( frontIsClear c) w( w)", "REPEAT R=32767 r( REPEAT R=32767 r( r) r)"):
        run = engine.run(parse(f"DEF run m( {body} m)"), grid, step_limit=500)
        assert run.timed_out[0]
        assert run.steps[0] == 500
    # A program that is at its end when the steps are used up has not timed out.
    assert not engine.run(parse("DEF run m( move move m)"), grid, step_limit=2).timed_out[0]
    assert engine.run(parse("DEF run m( move move m)"), grid, step_limit=1).timed_out[0]


def test_a_crash_ends_the_run_before_the_operation() -> None:
    program = parse("DEF run m( putMarker move move putMarker m)")
    crashed = engine.run(program, read("> ."), convention="crash", trace=True)
    assert crashed.crashed.tolist() == [True]
    assert show(crashed.grids) == "1 >"
    assert crashed.operations is not None
    assert crashed.operations.tolist() == [[0, 1, 2]]
    assert show(engine.run(program, read("> .")).grids) == "1  >1"


def test_a_full_cell_takes_no_more_markers() -> None:
    text = "DEF run m( REPEAT R=200 r( putMarker r) m)"
    assert engine.run(parse(text), read(">")).grids.markers.tolist() == [[[CAPACITY]]]
    assert engine.run(parse(text), read(">"), convention="crash").crashed[0]
    full = engine.run_flat(np.full((1, 3), 4, np.int8), read(f">{CAPACITY - 1}"), trace=True)
    assert full.markers_here is not None
    assert full.markers_here.tolist() == [[CAPACITY - 1, CAPACITY, CAPACITY, CAPACITY]]


def test_the_published_semantics_by_hand() -> None:
    """Turns are quarter turns, blocked moves and empty picks do nothing, markers are unlimited."""
    run = engine.run_flat(
        np.array([[3, 4, 4, 0, 0, 2, 0, 3, 1, 0, -1]], np.int8), read(". # .\n> . #\n. 1 ."), trace=True
    )
    assert show(run.grids) == ". # .\n2 . #\n. . >"
    assert run.robots is not None
    assert run.markers_here is not None
    east, south = [1, 1, 1], [1, 1, 2]
    start = [1, 0, 1]
    below = [2, 1, 2]
    assert run.robots.tolist() == [
        [start, start, start, start, east, east, south, below, below, [2, 1, 1], [2, 2, 1], [2, 2, 1]]
    ]
    assert run.markers_here.tolist() == [[0, 0, 1, 2, 0, 0, 0, 1, 0, 0, 0, 0]]


def test_a_guard_governs_the_next_operation_and_guards_in_a_row_must_all_hold() -> None:
    front, markers, no_markers, not_front = 5, 8, 9, 10
    for codes, expected in [
        ([front, 0], "1 >"),
        ([not_front, 0], ">1 ."),
        ([markers, front, 0], "1 >"),
        ([no_markers, front, 0, 4], ">2 ."),
        ([front, no_markers, 0, 4], ">2 ."),
        ([front], ">1 ."),
        ([-1, 0], ">1 ."),
    ]:
        assert show(engine.run_flat(np.array([codes], np.int8), read(">1 .")).grids) == expected, codes


def test_one_program_runs_on_several_worlds_without_copies() -> None:
    rng = np.random.default_rng(3)
    programs, grids = random_flat(rng, 50, 13), random_grids(rng, 200, 5, 5)
    shared = engine.run_flat(programs, grids, repeat=4, trace=True)
    assert_same(shared, engine.run_flat(np.repeat(programs, 4, axis=0), grids, trace=True))
    assert_same(shared, reference.run_flat(programs, grids, repeat=4, trace=True))
    assert shared.grids.walls is grids.walls


def test_worlds_given_stay_as_they_are_unless_run_in_place() -> None:
    rng = np.random.default_rng(4)
    programs, grids = random_flat(rng, 300, 5), random_grids(rng, 300, 5, 5)
    before = Grids(grids.walls.copy(), grids.markers.copy(), grids.robot.copy())
    expected = engine.run_flat(programs, grids).grids
    assert grids.equal(before).all()
    room = random_grids(rng, 300, 5, 5)
    result = engine.run_flat(programs, grids, out=room).grids
    assert result.markers is room.markers
    assert result.equal(expected).all()
    assert engine.run_flat(programs, grids, out=grids).grids.equal(expected).all()
    assert grids.equal(expected).all()


def test_slices_of_grids_run_like_copies() -> None:
    rng = np.random.default_rng(5)
    programs, grids = random_flat(rng, 100, 13), random_grids(rng, 200, 5, 5)
    expected = reference.run_flat(programs, grids[::2])
    assert_same(engine.run_flat(programs, grids[::2]), expected)
    assert_same(engine.run_flat(programs[:, ::2], grids[::2]), reference.run_flat(programs[:, ::2], grids[::2]))
    with pytest.raises(UsageError, match="contiguous"):
        engine.run_flat(programs, grids[1::2], out=grids[::2])


def test_empty_batches_and_empty_programs() -> None:
    grids = read("> 1")
    empty = engine.run_flat(np.zeros((1, 0), np.int8), grids, trace=True)
    assert empty.grids.equal(grids).all()
    assert empty.robots is not None
    assert empty.robots.tolist() == [[[0, 0, 1]]]
    assert len(engine.run_flat(np.zeros((0, 4), np.int8), grids[:0]).grids) == 0
    nothing = engine.run(parse("DEF run m( m)"), grids, trace=True)
    assert nothing.steps.tolist() == [0]
    assert_same(nothing, reference.run(parse("DEF run m( m)"), grids, trace=True))
    none = engine.run(parse("DEF run m( move m)"), grids[:0], trace=True)
    assert none.steps.shape == (0,)


@pytest.mark.usefixtures("unchecked_types")
def test_wrong_requests_are_refused() -> None:
    grids, programs = read("> ."), np.zeros((1, 2), np.int8)
    program = parse("DEF run m( m)")
    for wrong, message in [
        (lambda: engine.run_flat(programs.astype(int), grids), "expected int8"),
        (lambda: engine.run_flat(programs[0], grids), "expected int8"),
        (lambda: engine.run_flat(programs + np.int8(13), grids), "codes -1 to 12, given 13 to 13"),
        (lambda: engine.run_flat(programs - np.int8(2), grids), "codes -1 to 12, given -2 to -2"),
        (lambda: engine.run_flat(programs, grids, repeat=2), "1 programs on 2 worlds each need 2 worlds, given 1"),
        (lambda: engine.run_flat(programs, grids, out=read(">")), "out: expected worlds of shape"),
        (lambda: engine.run(program, grids, convention="crsh"), "unknown convention 'crsh'; did you mean 'crash'"),  # type: ignore[arg-type]
        (lambda: engine.run(program, grids, step_limit=0), "step_limit: expected 1 to"),
    ]:
        with pytest.raises(UsageError, match=message):
            wrong()


@pytest.mark.parametrize("robot", [(0, 2, 1), (-1, 0, 1), (0, 0, 4), (0, 0, -1), (1, 0, 0), (0, 1, 0)])
def test_a_robot_that_is_nowhere_is_refused(robot: tuple[int, int, int]) -> None:
    grids = join([read("> #"), Grids(read("> #").walls, read("> #").markers, np.array([robot], np.int8))])
    for run in (
        lambda: engine.run_flat(np.zeros((2, 1), np.int8), grids),
        lambda: engine.run(parse("DEF run m( move m)"), grids),
    ):
        with pytest.raises(UsageError, match="world 1: the robot is outside or on a wall"):
            run()
