"""Boosted trees against scikit-learn's, which picks one at random where several components split alike: such ties are
avoided by a single component, or by asking at the examples themselves, which all such splits treat alike."""

import numpy as np
import pytest
import torch
from sklearn.ensemble import GradientBoostingRegressor

from ontogeny.errors import UsageError
from ontogeny.references.in_context_boosting import boosted_trees
from ontogeny.references.in_context_trees import greedy_tree


def predicted(settings, inputs, outputs, **how):
    return boosted_trees(*settings)(torch.from_numpy(inputs), torch.from_numpy(outputs), **how).numpy()


def independent(settings, inputs, outputs):
    depth, rounds, rate = settings
    boosting = GradientBoostingRegressor(max_depth=depth, n_estimators=rounds, learning_rate=rate, random_state=0)
    return boosting.fit(inputs[:-1], outputs[:-1]).predict(inputs[-1:])[0]


@pytest.mark.parametrize("settings", [(1, 20, 0.3), (2, 7, 0.1), (3, 5, 1.0)])
def test_with_one_component_they_are_scikit_learn_s_everywhere(settings):
    random = np.random.default_rng(0)
    inputs, outputs = random.normal(size=(4, 10, 1)), random.normal(size=(4, 10))
    given = predicted(settings, inputs, outputs)
    np.testing.assert_array_equal(given[:, 0], 0)
    for batch in range(4):
        for place in range(2, 10):
            wanted = independent(settings, inputs[batch, : place + 1], outputs[batch, : place + 1])
            assert given[batch, place] == pytest.approx(wanted, abs=1e-10)
    np.testing.assert_array_equal(predicted(settings, inputs, outputs, last=True), given[:, -1:])


@pytest.mark.parametrize("settings", [(1, 20, 0.3), (2, 7, 0.1), (3, 5, 0.5)])
def test_with_several_components_they_fit_their_examples_as_scikit_learn_s_do(settings):
    random = np.random.default_rng(1)
    inputs, outputs = random.normal(size=(4, 16, 3)), random.normal(size=(4, 16))
    for again in range(0, 15, 3):
        asked = np.concatenate((inputs[:, :15], inputs[:, again : again + 1]), axis=1)
        given = predicted(settings, asked, outputs, last=True)
        for batch in range(4):
            assert given[batch, 0] == pytest.approx(independent(settings, asked[batch], outputs[batch]), abs=1e-10)


def test_one_round_at_full_rate_is_the_greedy_tree():
    random = np.random.default_rng(2)
    inputs, outputs = (torch.from_numpy(random.normal(size=size)) for size in ((5, 12, 1), (5, 12)))
    given, tree = (predict(inputs, outputs) for predict in (boosted_trees(2, 1, 1.0), greedy_tree(2)))
    np.testing.assert_allclose(given, tree, atol=1e-12)


def test_one_example_is_all_there_is_to_say():
    given = predicted((3, 4, 0.1), np.array([[[1.0], [5.0]]]), np.array([[2.0, 9.0]]))
    np.testing.assert_allclose(given, [[0, 2]])


@pytest.mark.parametrize("settings", [(0, 1, 0.1), (1, 0, 0.1), (1, 1, 0.0)])
def test_settings_that_do_nothing_are_refused(settings):
    with pytest.raises(UsageError, match=r"a depth and rounds of 1 or more and a rate above 0, given"):
        boosted_trees(*settings)
