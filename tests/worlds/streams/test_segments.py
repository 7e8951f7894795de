from collections import defaultdict
from itertools import permutations, product

import numpy as np
import pytest

from ontogeny.errors import UsageError
from ontogeny.worlds import IGNORE, RepeatedSegments

SMALL = RepeatedSegments(tokens=3, fillers=2, segment=(2, 3), gap=(0, 1), length=6)


def every_sequence():
    """All sequences of the small world with their probabilities, from its description alone."""
    found = defaultdict(float)
    turns = 3
    for size, gaps in product((2, 3), product((0, 1), repeat=turns)):
        segments = list(permutations(range(3), size))
        for segment, fillers in product(segments, product((3, 4), repeat=turns)):
            whole = [
                token for gap, filler in zip(gaps, fillers, strict=True) for token in (*([filler] * gap), *segment)
            ]
            found[tuple(whole[:6])] += 1 / (2 * 2**turns * len(segments) * 2**turns)
    return found


def test_predictions_are_the_conditional_probabilities_of_all_sequences():
    known = every_sequence()
    assert sum(known.values()) == pytest.approx(1)
    prefixes = defaultdict(float)
    for sequence, probability in known.items():
        for end in range(7):
            prefixes[sequence[:end]] += probability
    batch = SMALL.batch(0, 0, 300)
    assert {tuple(row) for row in batch.tokens.tolist()} <= known.keys()
    answer = SMALL.predictions(batch)
    for row, tokens in zip(answer, batch.tokens.tolist(), strict=True):
        for position in range(5):
            before = tuple(tokens[: position + 1])
            wanted = [prefixes[(*before, token)] / prefixes[before] for token in range(5)]
            np.testing.assert_allclose(row[position], wanted, atol=1e-12)


def test_all_sequences_are_drawn_as_often_as_they_should():
    known, drawn = every_sequence(), defaultdict(int)
    for row in SMALL.batch(3, 1, 40_000).tokens.tolist():
        drawn[tuple(row)] += 1
    error = sum(abs(drawn[sequence] / 40_000 - probability) for sequence, probability in known.items())
    assert error < 0.1  # about sqrt(2 / pi) sqrt(sequences / draws) by chance


def test_the_source_holds_the_next_token_and_follows_the_current_one():
    world = RepeatedSegments()
    batch = world.batch(1, 2, 64, "test")
    source = world.truth(batch)["source"]
    rows, positions = np.nonzero(source[:, :-1] != IGNORE)
    found = source[rows, positions]
    np.testing.assert_array_equal(batch.tokens[rows, found], batch.tokens[rows, positions + 1])
    np.testing.assert_array_equal(batch.tokens[rows, found - 1], batch.tokens[rows, positions])
    assert (found <= positions).all()
    certain = world.predictions(batch)[rows, positions, batch.tokens[rows, positions + 1]]
    np.testing.assert_allclose(certain, 1)


def test_answers_are_where_the_next_token_is_certain():
    world = RepeatedSegments()
    batch = world.batch(1, 2, 64)
    found = world.answers(batch)
    np.testing.assert_array_equal(found[:, :-1], world.truth(batch)["source"][:, :-1] != IGNORE)
    assert not found[:, -1].any()
    assert world.chance == 1 / 32


def test_distances_to_the_source_differ_within_and_between_sequences():
    world = RepeatedSegments()
    batch = world.batch(1, 2, 64)
    source = world.truth(batch)["source"]
    distances = np.where(source == IGNORE, 0, np.arange(world.length) - source)
    counts = np.bincount(distances[distances > 0])
    assert counts.max() / counts.sum() < 0.25
    assert sum(len(set(row[row > 0].tolist())) > 1 for row in distances) > 32


def test_streams_of_a_split_are_its_own_and_repeat():
    world = RepeatedSegments()
    batches = [world.batch(0, 0, 8, split).tokens for split in ("train", "validation", "probe", "test")]
    assert len({batch.tobytes() for batch in batches}) == 4
    np.testing.assert_array_equal(world.batch(0, 0, 8).tokens, batches[0])
    assert world.batch(0, 1, 8).tokens.tobytes() != batches[0].tobytes()
    assert world.batch(1, 0, 8).tokens.tobytes() != batches[0].tobytes()


def test_errors_say_what_was_expected():
    with pytest.raises(UsageError, match="longest <= tokens = 5, given 3, 6"):
        RepeatedSegments(tokens=5, segment=(3, 6))
    with pytest.raises(UsageError, match="fewest <= most, given 2, 1"):
        RepeatedSegments(gap=(2, 1))
