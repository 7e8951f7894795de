import numpy as np
import pytest

from ontogeny.errors import UsageError
from ontogeny.worlds import InContext, Inputs


def inputs(query, examples=4, features=5):
    world = InContext(inputs=Inputs(features=features, query=query), examples=examples)
    return world.batch(0, 0, 2000).inputs.astype(np.float64)


def test_opposite_queries_have_the_other_signs():
    drawn = inputs("opposite")
    signs = np.sign(drawn)
    assert (signs[:, :-1] == signs[:, :1]).all()
    assert (signs[:, -1] == -signs[:, 0]).all()
    assert len({tuple(row) for row in signs[:, 0]}) == 2**5
    np.testing.assert_allclose(np.square(drawn).mean(axis=(0, 1)), 1, atol=0.06)


def test_orthogonal_queries_keep_their_length():
    drawn = inputs("orthogonal", examples=5)
    assert np.abs(drawn[:, :-1] @ drawn[:, -1:].transpose(0, 2, 1)).max() < 1e-4
    lengths = np.linalg.norm(drawn[:, -1], axis=1)
    np.testing.assert_allclose(lengths, np.linalg.norm(inputs("alike", examples=5)[:, -1], axis=1), rtol=1e-5)


def test_the_first_example_is_orthogonal_to_none():
    np.testing.assert_allclose(inputs("orthogonal", examples=1), inputs("alike", examples=1), rtol=1e-6)


def test_repeated_queries_are_any_of_the_examples():
    drawn = inputs("repeated")
    same = (drawn[:, :-1] == drawn[:, -1:]).all(axis=2)
    np.testing.assert_array_equal(same.sum(axis=1), 1)
    np.testing.assert_allclose(same.mean(axis=0), 1 / 3, atol=0.04)


def test_examples_before_are_those_of_worlds_with_other_queries():
    plain = inputs("alike")
    np.testing.assert_array_equal(inputs("repeated")[:, :-1], plain[:, :-1])
    np.testing.assert_array_equal(np.abs(inputs("opposite")), np.abs(plain))


def test_impossible_queries_are_refused():
    with pytest.raises(UsageError, match="at most 5, given 6"):
        inputs("orthogonal", examples=6)
    with pytest.raises(UsageError, match="2 or more, given 1"):
        inputs("repeated", examples=1)
