import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ontogeny.errors import UsageError
from ontogeny.instruments import Splits, blindness, score_reinterpreted
from ontogeny.worlds.world import IGNORE

LABELS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=60)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=50), st.permutations(range(6)))
def test_a_mere_relabelling_is_blind(labels, names):
    original = np.array(labels)
    found = blindness(original, np.array(names)[original])
    assert found.blind
    assert found.best_relabelling == pytest.approx(1)
    assert found.share == pytest.approx(1)


@settings(max_examples=60, deadline=None)
@given(LABELS)
def test_relabelling_lies_between_the_majority_and_certainty(pairs):
    original, other = np.array(pairs).T
    found = blindness(original, other)
    assert found.majority - 1e-9 <= found.best_relabelling <= 1 + 1e-9
    assert -1e-9 <= found.normalised <= 1 + 1e-9
    assert -1e-9 <= found.share <= 1 + 1e-9


def test_independent_labels_are_not_blind():
    original, other = np.divmod(np.arange(12), 4)
    found = blindness(original, other)
    assert (found.best_relabelling, found.majority, found.normalised) == pytest.approx((0.25, 0.25, 0))
    assert found.mutual_information == pytest.approx(0)
    assert not found.blind


def test_blindness_by_hand():
    original = np.array([0, 0, 0, 0, 1, 1, 1, 1, IGNORE, 2])
    other = np.array([0, 0, 0, 1, 1, 1, 1, 1, 3, IGNORE])
    found = blindness(original, other)
    assert (found.best_relabelling, found.majority, found.normalised) == pytest.approx((7 / 8, 5 / 8, 2 / 3))
    entropy = -(5 / 8 * np.log2(5 / 8) + 3 / 8 * np.log2(3 / 8))
    remaining = -(3 / 4 * np.log2(3 / 4) + 1 / 4 * np.log2(1 / 4)) / 2
    assert found.mutual_information == pytest.approx(entropy - remaining)
    assert found.share == pytest.approx(1 - remaining / entropy)
    assert not found.blind


def test_an_other_label_that_never_varies_is_blind():
    found = blindness(np.array([0, 1, 2]), np.array([1, 1, 1]))
    assert found.blind
    assert (found.normalised, found.share) == (1, 1)


def test_examples_are_pooled_by_giving_them_at_once():
    original = np.array([[0, 1], [1, 0]])
    assert blindness(original, 1 - original).blind
    # The same relabelling must serve all examples: a different one in each does not make a feature blind.
    assert not blindness(original, np.array([[0, 0], [1, 1]])).blind


def test_no_common_sample_is_refused():
    with pytest.raises(UsageError, match="both meanings"):
        blindness(np.array([IGNORE, 1]), np.array([0, IGNORE]))


def test_three_scores_by_hand():
    test = np.arange(8) >= 4
    splits = Splits(np.arange(8) < 3, np.arange(8) == 3, test)
    original = np.array([0, 1, 1, 0, 0, 0, 1, 1])
    other = np.array([1, 1, 1, 0, 0, 1, 0, 1])
    predicted = np.array([IGNORE] * 4 + [0, 1, 1, 1])
    found = score_reinterpreted(predicted, other, original, splits)
    assert (found.score.accuracy, found.score.majority, found.score.normalised) == (0.75, 0.5, 0.5)
    assert (found.differing, found.differing_share) == (0.5, 0.5)


def test_nothing_differs_under_the_same_meaning():
    splits = Splits(np.arange(6) < 2, np.arange(6) == 2, np.arange(6) > 2)
    labels = np.array([0, 1, 0, 1, 1, 0])
    found = score_reinterpreted(labels, labels, labels, splits)
    assert found.score.accuracy == 1
    assert np.isnan(found.differing)
    assert found.differing_share == 0
