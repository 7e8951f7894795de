import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ontogeny.errors import UsageError
from ontogeny.worlds import IGNORE, Karel
from ontogeny.worlds.karel import reference
from ontogeny.worlds.karel.grid import STEPS, join, read
from ontogeny.worlds.karel.language import OPERATIONS
from ontogeny.worlds.karel.meanings import MEANINGS, translate
from ontogeny.worlds.karel.sampling import executed
from ontogeny.worlds.karel.truth import ABSOLUTE, EGOCENTRIC, NAMES

WORLD = Karel(side=3, columns=4, lengths=(1, 5), examples=2, held_out=1)
INPUTS = join(
    [
        read("""
            .  .  #  .
            >1 .  .  .
            .  #  .  2
        """),
        read("""
            .  .  .  .
            .  .  .  .
            #  .  ^  .
        """),
    ]
)


def batch_of(program):
    codes = [OPERATIONS.index(word) for word in program.split()]
    programs = np.array([codes + [-1] * (5 - len(codes))], dtype=np.int8)
    return WORLD.encode(executed(programs, INPUTS, INPUTS[:1]))


def labels(program, name, meaning="original"):
    """The label of every state, one list an example."""
    batch = batch_of(program)
    laid = WORLD.truth(batch, batch.tokens, meaning, names=[name])[name][0]
    count = len(program.split()) + 1
    first = WORLD.prompt - 2
    assert (laid[:first] == IGNORE).all()
    assert (laid[first + count :] == IGNORE).all()
    return laid[first : first + count].T.tolist()


# Example 0: (1,0) east -> (1,1) -> south (blocked by the wall at (2,1)) -> puts a marker.
# Example 1: (2,2) north -> (1,2) -> east -> (1,3) -> puts a marker.
PROGRAM = "move turn_right move put_marker"

BY_HAND = {
    "facing": [[1, 1, 2, 2, 2], [0, 0, 1, 1, 1]],
    "row": [[1, 1, 1, 1, 1], [2, 1, 1, 1, 1]],
    "column": [[0, 1, 1, 1, 1], [2, 2, 2, 3, 3]],
    "row_from_start": [[2, 2, 2, 2, 2], [2, 1, 1, 1, 1]],  # class 2 is no displacement: 3 rows
    "column_from_start": [[3, 4, 4, 4, 4], [3, 3, 3, 4, 4]],  # class 3 is none: 4 columns
    "row_to_end": [[2, 2, 2, 2, 2], [1, 2, 2, 2, 2]],
    "column_to_end": [[4, 3, 3, 3, 3], [4, 4, 4, 3, 3]],
    "wall_ahead": [[0, 0, 1, 1, 1], [0, 0, 0, 1, 1]],
    "wall_north": [[0, 0, 0, 0, 0], [0, 0, 0, 0, 0]],
    "wall_east": [[0, 0, 0, 0, 0], [0, 0, 0, 1, 1]],
    "wall_south": [[0, 1, 1, 1, 1], [1, 0, 0, 0, 0]],
    "wall_west": [[1, 0, 0, 0, 0], [0, 0, 0, 0, 0]],
    "markers_here": [[1, 0, 0, 0, 1], [0, 0, 0, 0, 1]],
    "heading": [[0, 0, 1, 1, 1], [0, 0, 1, 1, 1]],
    "forward": [[3, 4, 4, 4, 4], [3, 4, 4, 4, 4]],  # class 3 is none: the longer side is 4
    "rightward": [[3, 3, 3, 3, 3], [3, 3, 3, 4, 4]],
}


@pytest.mark.parametrize("name", NAMES)
def test_labels_by_hand(name):
    assert labels(PROGRAM, name) == BY_HAND[name]


def test_both_families_are_by_hand_above():
    assert set(BY_HAND) == set(ABSOLUTE) | set(EGOCENTRIC)


def test_re_interpretation_executes_other_operations_on_the_same_words():
    # Under flip the right turn is a left one and the put a pick.
    assert labels(PROGRAM, "facing", "flip") == [[1, 1, 0, 0, 0], [0, 0, 3, 3, 3]]
    assert labels(PROGRAM, "heading", "flip") == [[0, 0, 3, 3, 3], [0, 0, 3, 3, 3]]
    # Under map8: turn left, turn right, turn left, pick.
    assert labels(PROGRAM, "facing", "map8") == [[1, 0, 1, 0, 0], [0, 3, 0, 3, 3]]
    assert labels(PROGRAM, "markers_here", "map8") == [[1, 1, 1, 1, 0], [0, 0, 0, 0, 0]]


def by_reference(program, inputs, rows, columns):
    """All labels of one program in one world, in plain Python, from the reference's states."""
    run = reference.run_flat(program[None], inputs, trace=True)
    walls, states = inputs.walls[0], run.robots[0].tolist()
    down, across = STEPS[states[0][2]]
    reach = max(rows, columns) - 1

    def wall(row, column, facing):
        row, column = row + STEPS[facing][0], column + STEPS[facing][1]
        return int(not (0 <= row < rows and 0 <= column < columns) or walls[row, column])

    for (row, column, facing), here in zip(states, run.markers_here[0].tolist(), strict=True):
        moved = row - states[0][0], column - states[0][1]
        yield {
            "facing": facing,
            "row": row,
            "column": column,
            "row_from_start": moved[0] + rows - 1,
            "column_from_start": moved[1] + columns - 1,
            "row_to_end": states[-1][0] - row + rows - 1,
            "column_to_end": states[-1][1] - column + columns - 1,
            "wall_ahead": wall(row, column, facing),
            "wall_north": wall(row, column, 0),
            "wall_east": wall(row, column, 1),
            "wall_south": wall(row, column, 2),
            "wall_west": wall(row, column, 3),
            "markers_here": here,
            "heading": (facing - states[0][2]) % 4,
            # The right of (down, across) is (across, -down).
            "forward": moved[0] * down + moved[1] * across + reach,
            "rightward": moved[0] * across - moved[1] * down + reach,
        }


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 10**6),
    st.sampled_from(MEANINGS),
    st.sampled_from(["straight", "guarded"]),
    st.sampled_from([(4, 4), (3, 5)]),
)
def test_labels_equal_plain_python_on_the_reference(seed, meaning, programs, sides):
    world = Karel(side=sides[0], columns=sides[1], lengths=(1, 6), examples=2, walls=0.3, programs=programs)
    batch = world.batch(seed, 0, 4)
    truth = world.truth(batch, batch.tokens, meaning)
    assert set(truth) == set(NAMES)
    codes = translate(batch.hidden.programs, meaning)
    for sample in range(4):
        program = codes[sample][codes[sample] >= 0]
        for example in range(2):
            inputs, _ = batch.hidden.pair(sample, example)
            expected = list(by_reference(program, inputs, *sides))
            for state, values in enumerate(expected):
                position = world.prompt - 2 + state
                assert {name: truth[name][sample, position, example] for name in NAMES} == values
            assert all((truth[name][sample, world.prompt - 2 + len(expected) :] == IGNORE).all() for name in NAMES)


def test_the_models_own_tokens_are_traced_not_the_reference_program():
    batch = batch_of("move move")
    other = batch_of("turn_left pick_marker")
    truth = WORLD.truth(batch, other.tokens, names=["facing", "markers_here"])
    first = WORLD.prompt - 2
    assert truth["facing"][0, first : first + 3].T.tolist() == [[1, 0, 0], [0, 3, 3]]
    assert truth["markers_here"][0, first : first + 3].T.tolist() == [[1, 1, 0], [0, 0, 0]]


def test_nothing_is_true_from_where_the_grammar_breaks():
    batch = batch_of("move turn_right move put_marker")
    tokens = batch.tokens.copy()
    tokens[0, WORLD.prompt + 2] = 0  # a grid word in the middle of the program
    laid = WORLD.truth(batch, tokens, names=["column"])["column"][0]
    first = WORLD.prompt - 2
    assert laid[first : first + 3].T.tolist() == [[0, 1, 1], [2, 2, 2]]
    assert (laid[first + 3 :] == IGNORE).all()
    # The program ends there, too, for the labels that look at its end.
    to_end = WORLD.truth(batch, tokens, names=["column_to_end"])["column_to_end"][0]
    assert to_end[first : first + 3].T.tolist() == [[4, 3, 3], [3, 3, 3]]


def test_text_has_the_same_truth_at_its_own_positions():
    compact, text = Karel(), Karel(show="text")
    one, two = compact.batch(0, 0, 20, "probe"), text.batch(0, 0, 20, "probe")
    first, second = compact.truth(one, one.tokens, "map5"), text.truth(two, two.tokens, "map5")
    for name in NAMES:
        np.testing.assert_array_equal(first[name][:, compact.prompt - 2 :], second[name][:, text.prompt - 2 :])


def test_sequences_cut_short_keep_their_labels():
    batch = batch_of(PROGRAM)
    whole = WORLD.truth(batch, batch.tokens, names=["facing"])["facing"]
    cut = WORLD.truth(batch, batch.tokens[:, : WORLD.prompt + 2], names=["facing"])["facing"]
    np.testing.assert_array_equal(cut[:, : WORLD.prompt + 1], whole[:, : WORLD.prompt + 1])


def test_classes_count_the_values():
    assert {name: WORLD.classes(name) for name in NAMES} == {
        **dict.fromkeys(("facing", "heading"), 4),
        **{"row": 3, "column": 4, "markers_here": 7},
        **dict.fromkeys(("row_from_start", "row_to_end"), 5),
        **dict.fromkeys(("column_from_start", "column_to_end", "forward", "rightward"), 7),
        **dict.fromkeys(("wall_ahead", "wall_north", "wall_east", "wall_south", "wall_west"), 2),
    }


def test_unknown_labels_suggest_the_nearest():
    batch = batch_of("move")
    with pytest.raises(UsageError, match="did you mean 'facing'"):
        WORLD.truth(batch, batch.tokens, names=["facin"])
    with pytest.raises(UsageError, match="did you mean 'heading'"):
        WORLD.classes("headin")
