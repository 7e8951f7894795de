from dataclasses import replace

import numpy as np
import pytest

from ontogeny.errors import UsageError
from ontogeny.worlds import Karel
from ontogeny.worlds.karel import reference
from ontogeny.worlds.karel.grammar import END, FIRST
from ontogeny.worlds.karel.grid import STEPS, Grids, join, read
from ontogeny.worlds.karel.language import OPERATIONS
from ontogeny.worlds.karel.sampling import executed
from ontogeny.worlds.karel.scoring import EDITABLE

WORLD = Karel(side=3, lengths=(1, 4), examples=1, held_out=1)
SHOWN = read("""
    .  .  .
    .  >  .
    .  .  .
""")
HELD = read("""
    .  .  .
    .  >  #
    .  .  .
""")


def codes_of(program):
    words = program.split()
    return np.array([[OPERATIONS.index(word) for word in words] + [-1] * (4 - len(words))], dtype=np.int8)


def batch_of(program, shown=SHOWN, held=HELD):
    return WORLD.encode(executed(codes_of(program), shown, held))


def tokens_of(program):
    return batch_of(program).tokens


@pytest.mark.parametrize("world", [Karel(), Karel(programs="guarded"), Karel(show="cells", side=4)], ids=str)
def test_reference_programs_solve_everything(world):
    batch = world.batch(0, 0, 200, "test")
    score = world.score(batch, batch.tokens)
    assert score["solved"].all()
    assert score["held_out"].all()
    assert score["complete"].all()
    np.testing.assert_array_equal(score["length"], score["reference_length"])
    assert set(score["length"].tolist()) == {3, 4, 5, 6}


def test_another_program_may_solve_the_shown_and_fail_the_held_out():
    batch = batch_of("move put_marker")
    right = WORLD.score(batch, tokens_of("move put_marker turn_left turn_right"))
    assert (right["solved"][0], right["held_out"][0], right["length"][0], right["reference_length"][0]) == (1, 1, 4, 2)
    batch = batch_of("move")
    loose = WORLD.score(batch, tokens_of("move turn_left turn_left move"))
    assert not loose["solved"][0]
    batch = batch_of("turn_left turn_right")
    away_and_back = WORLD.score(batch, tokens_of("pick_marker"))
    assert away_and_back["solved"][0]
    assert away_and_back["held_out"][0]
    batch = batch_of("pick_marker", held=read(". . .\n. >1 .\n. . ."))
    lucky = WORLD.score(batch, tokens_of("turn_left turn_right"))
    assert lucky["solved"][0]
    assert not lucky["held_out"][0]


def test_markers_robot_and_facing_all_count():
    batch = batch_of("move")
    for wrong in ("move put_marker", "move turn_left", "put_marker", "turn_left"):
        assert not WORLD.score(batch, tokens_of(wrong))["solved"][0], wrong


def test_a_program_without_its_end_solves_nothing():
    batch = batch_of("move turn_left")
    tokens = batch.tokens.copy()
    tokens[0, WORLD.prompt + 2 :] = 0
    score = WORLD.score(batch, tokens)
    assert not score["complete"][0]
    assert not score["solved"][0]
    assert not score["held_out"][0]
    assert score["length"][0] == 2


def edited(batch, done, feature, shift, tokens=None):
    tokens = batch.tokens if tokens is None else tokens
    result = WORLD.score_edited(batch, tokens, WORLD.prompt - 1 + done, feature, shift)
    return bool(result["solved"][0]), bool(result["valid"][0])


def test_an_edit_of_nothing_leaves_the_score():
    batch = batch_of("move turn_left put_marker")
    for feature in EDITABLE:
        for done in range(3):
            assert edited(batch, done, feature, 0) == (True, True)


def test_the_continuation_is_run_from_the_edited_state():
    # After one turn to the right, the robot faces south at (1, 1); the program moves on to (2, 1).
    batch = batch_of("turn_right move")
    assert edited(batch, 1, "facing", 1) == (False, True)
    # Turned by one quarter the other way, "turn_right move" still follows to the same end.
    assert edited(batch, 1, "facing", -1, tokens_of("turn_left turn_right move")) == (False, True)
    assert edited(batch, 1, "heading", 2, tokens_of("turn_left move")) == (True, True)
    # Moved one row south, nothing but standing still leads there: the facing is right already.
    assert edited(batch, 1, "row", 1) == (True, True)  # its move is blocked by the border
    assert edited(batch, 1, "row", -1) == (False, True)
    assert edited(batch, 1, "row", -1, tokens_of("turn_right move move")) == (True, True)
    assert edited(batch, 1, "column", -1, tokens_of("turn_right move")) == (False, True)


def test_egocentric_moves_go_along_the_starting_frame():
    batch = batch_of("turn_left move")  # starts facing east, ends at (0, 1)
    # Forward is east whatever the robot faces now: from (1, 2), a move north ends at (0, 2), not at (0, 1).
    assert edited(batch, 1, "forward", 1) == (False, True)
    # The right of east is south: from (2, 1) one move is too few, two are right.
    assert edited(batch, 1, "rightward", 1) == (False, True)
    assert edited(batch, 1, "rightward", 1, tokens_of("turn_left move move")) == (True, True)
    assert edited(batch, 1, "rightward", -1) == (True, True)  # at (0, 1) already; the border blocks


def test_where_the_edited_robot_cannot_stand_is_invalid():
    walled = read("""
        .  .  .
        .  >  #
        .  .  .
    """)
    batch = batch_of("turn_left move", shown=walled)
    assert edited(batch, 1, "column", 1) == (False, False)
    assert edited(batch, 1, "column", -1)[1]
    assert edited(batch, 1, "column", -2) == (False, False)
    assert edited(batch, 1, "row", 2) == (False, False)
    # With nothing left to run there is nothing to see.
    assert edited(batch, 2, "facing", 0) == (False, False)


def test_one_example_where_it_cannot_stand_suffices():
    world = Karel(side=3, lengths=(1, 4), examples=2, held_out=1)
    sample = executed(codes_of("turn_left move"), join([SHOWN, HELD]), SHOWN)
    batch = world.encode(sample)
    assert not world.score_edited(batch, batch.tokens, world.prompt, "column", 1)["valid"][0]
    assert world.score_edited(batch, batch.tokens, world.prompt, "column", -1)["valid"][0]


def test_an_incomplete_program_is_not_solved_by_an_edit():
    batch = batch_of("turn_left move")
    tokens = batch.tokens.copy()
    tokens[0, WORLD.prompt + 2] = 0
    assert edited(batch, 1, "facing", 0, tokens) == (False, True)


@pytest.mark.parametrize("shift", [1, -1])
@pytest.mark.parametrize("feature", EDITABLE)
def test_edits_equal_the_reference_run_in_two_parts(feature, shift):
    """Every program is cut at a place of its own, each world edited in plain Python and run on by the reference."""
    world = Karel(side=4, lengths=(2, 5), examples=2, held_out=1)
    sample = world.sample(0, 0, 60, "probe")
    done = np.random.default_rng(1).integers(0, (sample.programs >= 0).sum(axis=1) + 1)
    ends = [in_two_parts(sample, row, int(done[row]), feature, shift) for row in range(60)]
    # The even rows ask for what their edited runs give, the odd ones for what the programs give.
    pairs = [(row, example) for row in range(60) for example in range(2)]
    asked = [
        ends[row][example] if ends[row] and row % 2 == 0 else sample.pair(row, example)[1] for row, example in pairs
    ]
    batch = world.encode(replace(sample, outputs=join(asked)))
    result = world.score_edited(batch, batch.tokens, world.prompt - 1 + done, feature, shift)
    assert result["valid"].tolist() == [end is not None for end in ends]
    assert result["solved"].tolist() == [
        end is not None and all(end[example].equal(asked[2 * row + example])[0] for example in range(2))
        for row, end in enumerate(ends)
    ]
    assert 0 < result["solved"].sum() < result["valid"].sum() < 60


def in_two_parts(sample, row, done, feature, shift):
    """The last grid of each example, or None where an edited robot cannot stand or nothing is left to run."""
    program = sample.programs[row][sample.programs[row] >= 0]
    ends = []
    for example in range(sample.examples):
        inputs, _ = sample.pair(row, example)
        reached = reference.run_flat(program[None, :done], inputs).grids
        robot, start = reached.robot[0].tolist(), inputs.robot[0].tolist()
        if feature in ("facing", "heading"):
            robot[2] = (robot[2] + shift) % 4
        elif feature in ("row", "column"):
            robot[0 if feature == "row" else 1] += shift
        else:
            down, across = STEPS[(start[2] + (1 if feature == "rightward" else 0)) % 4]
            robot = [robot[0] + shift * down, robot[1] + shift * across, robot[2]]
        if not (0 <= robot[0] < 4 and 0 <= robot[1] < 4) or inputs.walls[0, robot[0], robot[1]] or done == len(program):
            return None
        changed = Grids(reached.walls, reached.markers, np.array([robot], np.int8))
        ends.append(reference.run_flat(program[None, done:], changed).grids)
    return ends


def test_a_guard_at_the_cut_is_asked_again():
    world = Karel(side=3, lengths=(1, 4), examples=1, held_out=1, programs="guarded")
    # if_front_is_clear put_marker: the front is clear, so there is a marker at the end.
    programs = np.array([[5, 4]], dtype=np.int8)
    batch = world.encode(executed(programs, SHOWN, HELD))
    assert batch.tokens[0, world.prompt : world.prompt + 3].tolist() == [FIRST + 5, FIRST + 4, END]
    # Edited one column east, after the guard: now the border is in front, nothing is put.
    one_later = world.score_edited(batch, batch.tokens, world.prompt, "column", 1)
    before = world.score_edited(batch, batch.tokens, world.prompt - 1, "column", 1)
    same = world.score_edited(batch, batch.tokens, world.prompt, "column", 0)
    assert [bool(result["solved"][0]) for result in (one_later, before, same)] == [False, False, True]
    blocked = world.encode(executed(programs, HELD, HELD))  # a wall in front: nothing is put, the output is the input
    turned = world.score_edited(blocked, blocked.tokens, world.prompt, "facing", 0)
    assert turned["solved"][0]


def test_wrong_edits_are_refused():
    batch = batch_of("move")
    with pytest.raises(UsageError, match="did you mean 'forward'"):
        WORLD.score_edited(batch, batch.tokens, WORLD.prompt, "foward", 1)
    with pytest.raises(UsageError, match=r"position: expected 2 \(<begin>\) to 7, given 1"):
        WORLD.score_edited(batch, batch.tokens, 1, "facing", 1)
