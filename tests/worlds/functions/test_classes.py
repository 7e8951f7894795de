import numpy as np
import pytest

from ontogeny.errors import UsageError
from ontogeny.worlds import InContext, Inputs, LinearFunctions, Sinusoids


def test_weights_have_their_prior():
    drawn = LinearFunctions(mean=2.0, scale=0.5).draw(np.random.default_rng(0), 5000, 3)
    np.testing.assert_allclose(drawn.mean(axis=0), 2, atol=0.03)
    np.testing.assert_allclose(drawn.std(axis=0), 0.5, atol=0.03)


def test_sparse_functions_have_so_many_weights_at_any_place():
    drawn = LinearFunctions(nonzero=2).draw(np.random.default_rng(0), 4000, 5)
    assert ((drawn != 0).sum(axis=1) == 2).all()
    np.testing.assert_allclose((drawn != 0).mean(axis=0), 2 / 5, atol=0.03)


def test_values_are_those_of_the_formula():
    random = np.random.default_rng(0)
    inputs = random.normal(size=(2, 3, 4))
    weights = random.normal(size=(2, 4))
    given = LinearFunctions().values(weights, inputs)
    assert given[1, 2] == pytest.approx(inputs[1, 2] @ weights[1])
    waves = Sinusoids().values(np.array([[2.0, 0.5], [3.0, 1.0]]), inputs[:, :, :1])
    assert waves[1, 2] == pytest.approx(3 * np.sin(inputs[1, 2, 0] + 1))


def test_sinusoids_lie_in_their_ranges():
    drawn = Sinusoids(amplitudes=(1, 2), phases=(0, 0.5)).draw(np.random.default_rng(0), 1000, 1)
    assert ((drawn >= [1, 0]) & (drawn <= [2, 0.5])).all()


def test_impossible_classes_are_refused():
    with pytest.raises(UsageError, match="at most features = 3, given 4"):
        InContext(functions=LinearFunctions(nonzero=4), inputs=Inputs(features=3))
    with pytest.raises(UsageError, match="one input, given features=10"):
        InContext(functions=Sinusoids())
    with pytest.raises(UsageError, match="the lower bound first"):
        Sinusoids(amplitudes=(2, 1))
