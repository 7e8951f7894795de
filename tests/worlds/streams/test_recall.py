from collections import defaultdict
from itertools import permutations, product

import numpy as np
import pytest

from ontogeny.errors import UsageError
from ontogeny.worlds import IGNORE, AssociativeRecall

SMALL = AssociativeRecall(keys=3, values=2, pairs=2, draws=3)


def test_predictions_are_the_conditional_probabilities_of_all_sequences():
    prefixes = defaultdict(float)
    cases = list(product(permutations(range(3), 2), product((3, 4), repeat=2), product((0, 1), repeat=3)))
    for keys, values, drawn in cases:
        tokens = tuple(token for draw in drawn for token in (keys[draw], values[draw]))
        for end in range(7):
            prefixes[tokens[:end]] += 1 / len(cases)
    batch = SMALL.batch(0, 0, 200)
    for row, tokens in zip(SMALL.predictions(batch), batch.tokens.tolist(), strict=True):
        for position in range(5):
            before = tuple(tokens[: position + 1])
            wanted = [prefixes[(*before, token)] / prefixes[before] for token in range(5)]
            np.testing.assert_allclose(row[position], wanted, atol=1e-12)


def test_the_source_holds_the_value_of_the_same_key():
    world = AssociativeRecall()
    batch = world.batch(0, 1, 50, "probe")
    source = world.truth(batch)["source"]
    rows, positions = np.nonzero(source != IGNORE)
    found = source[rows, positions]
    assert (positions % 2 == 0).all()
    np.testing.assert_array_equal(batch.tokens[rows, found], batch.tokens[rows, positions + 1])
    np.testing.assert_array_equal(batch.tokens[rows, found - 1], batch.tokens[rows, positions])
    assert (found <= positions).all()
    new = [len(set(row[::2].tolist())) for row in batch.tokens]
    assert (source[:, ::2] == IGNORE).sum(axis=1).tolist() == new


def test_streams_of_a_split_are_its_own():
    world = AssociativeRecall()
    assert world.batch(0, 0, 8, "train").tokens.tobytes() != world.batch(0, 0, 8, "test").tokens.tobytes()
    np.testing.assert_array_equal(world.batch(0, 3, 8).tokens, world.batch(0, 3, 8).tokens)


def test_errors_say_what_was_expected():
    with pytest.raises(UsageError, match="pairs: expected at most keys = 3, given 4"):
        AssociativeRecall(keys=3, pairs=4)


def test_answers_are_the_values_of_keys_that_were_there_before():
    batch = SMALL.batch(0, 0, 50)
    found = SMALL.answers(batch)
    for row, tokens in enumerate(batch.tokens.tolist()):
        for place in range(6):
            assert found[row, place] == (place % 2 == 0 and tokens[place] in tokens[:place:2])
