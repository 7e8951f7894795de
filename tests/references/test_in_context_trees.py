"""Greedy trees against scikit-learn's. Where several components split alike it picks one at random: such ties are
avoided by a single component, or by asking at the examples themselves, which all such splits treat alike."""

import numpy as np
import pytest
import torch
from sklearn.tree import DecisionTreeRegressor

from ontogeny.errors import UsageError
from ontogeny.references.in_context_trees import greedy_tree


def predicted(depth, inputs, outputs, **how):
    return greedy_tree(depth)(torch.from_numpy(inputs), torch.from_numpy(outputs), **how).numpy()


def independent(depth, inputs, outputs):
    if depth == 0:
        return outputs[:-1].mean()
    tree = DecisionTreeRegressor(max_depth=depth, random_state=0).fit(inputs[:-1], outputs[:-1])
    return tree.predict(inputs[-1:])[0]


@pytest.mark.parametrize("depth", [0, 1, 2, 3, 10])
def test_with_one_component_it_is_scikit_learn_s_everywhere(depth):
    random = np.random.default_rng(0)
    inputs, outputs = random.normal(size=(5, 12, 1)), random.normal(size=(5, 12))
    given = predicted(depth, inputs, outputs)
    np.testing.assert_array_equal(given[:, 0], 0)
    for batch in range(5):
        for place in range(1, 12):
            wanted = independent(depth, inputs[batch, : place + 1], outputs[batch, : place + 1])
            assert given[batch, place] == pytest.approx(wanted, abs=1e-10)
    np.testing.assert_array_equal(predicted(depth, inputs, outputs, last=True), given[:, -1:])


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_with_several_components_it_fits_its_examples_as_scikit_learn_s_does(depth):
    random = np.random.default_rng(1)
    inputs, outputs = random.normal(size=(6, 16, 3)), random.normal(size=(6, 16))
    for again in range(15):
        asked = np.concatenate((inputs[:, :15], inputs[:, again : again + 1]), axis=1)
        given = predicted(depth, asked, outputs, last=True)
        for batch in range(6):
            assert given[batch, 0] == pytest.approx(independent(depth, asked[batch], outputs[batch]), abs=1e-10)


def test_the_best_first_split_holds_for_new_inputs():
    random = np.random.default_rng(2)
    inputs = random.normal(size=(20, 30, 4))
    outputs = np.where(inputs[..., 2] > 0.3, 2.0, -1.0) + 0.1 * random.normal(size=(20, 30))
    given = predicted(1, inputs, outputs, last=True)
    for batch in range(20):
        assert given[batch, 0] == pytest.approx(independent(1, inputs[batch], outputs[batch]), abs=1e-10)


def test_equal_inputs_are_never_parted():
    inputs, outputs = np.ones((1, 4, 2)), np.array([[1.0, 2.0, 3.0, 9.0]])
    np.testing.assert_allclose(predicted(3, inputs, outputs), [[0, 1, 1.5, 2]])


def test_a_negative_depth_is_refused():
    with pytest.raises(UsageError, match="0 or more, given -1"):
        greedy_tree(-1)
