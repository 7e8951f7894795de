import numpy as np
import pytest

from ontogeny.worlds.karel.grammar import (
    BEGIN,
    END,
    FIRST,
    GRID,
    GUARD_WORDS,
    Grammar,
    allowed,
    left_aligned,
    read,
    write,
)
from ontogeny.worlds.karel.language import GUARDS, OPERATIONS, Not

STRAIGHT, GUARDED = Grammar(most=3, guards=False), Grammar(most=3, guards=True)
MOVE, LEFT, PUT = FIRST, FIRST + 1, FIRST + 4
IF = FIRST + 5


def test_words_are_those_of_the_language():
    assert STRAIGHT.words == ("<grid>", "<begin>", "<end>", *OPERATIONS)
    assert GUARDED.words == STRAIGHT.words + GUARD_WORDS
    for word, guard in zip(GUARD_WORDS, GUARDS, strict=True):
        name = guard.condition.name if isinstance(guard, Not) else guard.name
        assert word.replace("_", "") == ("ifnot" if isinstance(guard, Not) else "if") + name.lower()


def test_what_is_written_is_read_again():
    programs = np.array([[0, 4, 1], [2, -1, -1]], dtype=np.int8)
    tokens = write(programs, STRAIGHT)
    np.testing.assert_array_equal(tokens, [[MOVE, PUT, LEFT, END], [FIRST + 2, END, END, END]])
    reading = read(tokens, STRAIGHT)
    np.testing.assert_array_equal(reading.programs[:, :3], programs)
    np.testing.assert_array_equal(reading.instructions, [3, 1])
    assert reading.complete.all()


@pytest.mark.parametrize(
    ("tokens", "codes", "complete"),
    [
        ([MOVE, LEFT, END, END], [0, 1], True),
        ([MOVE, END, MOVE, END], [0], True),  # what follows the end does not count
        ([END, END, END, END], [], False),  # an empty program is none
        ([MOVE, LEFT, PUT, MOVE], [0, 1, 4], False),  # one too long
        ([MOVE, LEFT, PUT, END], [0, 1, 4], True),
        ([MOVE, GRID, MOVE, END], [0], False),
        ([MOVE, BEGIN, MOVE, END], [0], False),
        ([MOVE, 99, END, END], [0], False),
        ([IF, MOVE, END, END], [], False),  # no guards in this grammar
    ],
)
def test_reading_stops_where_the_grammar_breaks(tokens, codes, complete):
    reading = read(np.array([tokens]), STRAIGHT)
    assert reading.programs[0].tolist() == codes + [-1] * (4 - len(codes))
    assert reading.instructions[0] == reading.operations[0] == len(codes)
    assert reading.complete[0] == complete


@pytest.mark.parametrize(
    ("tokens", "codes", "operations", "complete"),
    [
        ([IF, MOVE, END, END], [5, 0], 1, True),
        ([MOVE, IF, END, END], [0, 5], 1, False),  # nothing is guarded
        ([IF, IF, MOVE, END], [5], 0, False),
        ([MOVE, IF + 7, PUT, END], [0, 12, 4], 2, True),
        ([MOVE, MOVE, MOVE, IF], [0, 0, 0], 3, False),
    ],
)
def test_a_guard_must_guard_one_operation(tokens, codes, operations, complete):
    reading = read(np.array([tokens]), GUARDED)
    assert reading.programs[0].tolist() == codes + [-1] * (4 - len(codes))
    assert reading.operations[0] == operations
    assert reading.complete[0] == complete


@pytest.mark.parametrize("grammar", [STRAIGHT, GUARDED])
def test_allowed_agrees_with_reading_on_every_short_continuation(grammar):
    """A token is allowed exactly if the continuation stays grammatical, for all of three tokens."""
    vocabulary = len(grammar.words)
    grids = np.stack(np.meshgrid(*[np.arange(vocabulary)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    prefix, token = grids[:, :2], grids[:, 2]
    may = allowed(prefix, grammar, vocabulary)[np.arange(len(grids)), token]
    before, after = read(prefix, grammar), read(grids, grammar)
    running = before.instructions == 2
    extends = after.instructions == 3
    ends = (token == END) & after.complete
    np.testing.assert_array_equal(may, np.where(running, extends | ends, token == END))


def test_at_the_start_and_at_the_limit():
    start = allowed(np.zeros((1, 0), np.int64), GUARDED, len(GUARDED.words))[0]
    assert not start[[GRID, BEGIN, END]].any()
    assert start[FIRST:].all()
    full = allowed(np.array([[MOVE, IF, MOVE, MOVE]]), GUARDED, len(GUARDED.words))[0]
    assert np.flatnonzero(full).tolist() == [END]


def test_left_aligned_keeps_order():
    programs = np.array([[-1, 3, -1, 1], [0, -1, -1, -1]], dtype=np.int8)
    np.testing.assert_array_equal(left_aligned(programs), [[3, 1, -1, -1], [0, -1, -1, -1]])
