import numpy as np
import pytest

from ontogeny.configuration import to_plain, validate
from ontogeny.errors import UsageError
from ontogeny.worlds import Inputs


def sample(inputs, size=4000, examples=5, seed=0):
    return inputs.sample(np.random.default_rng(1), size, examples, seed).reshape(-1, inputs.features)


@pytest.mark.parametrize(
    ("distribution", "mean", "deviation", "fourth"),
    [
        ("normal", 0, 0.5, 3),
        ("uniform", 0, 0.5 / np.sqrt(3), 1.8),
        ("laplace", 0, 0.5, 6),
        ("exponential", 0.5, 0.5, 9),
    ],
)
def test_components_have_the_moments_of_their_distribution(distribution, mean, deviation, fourth):
    drawn = sample(Inputs(features=4, distribution=distribution, scale=0.5))
    np.testing.assert_allclose(drawn.mean(axis=0), mean, atol=0.02)
    np.testing.assert_allclose(drawn.std(axis=0), deviation, rtol=0.05)
    kurtosis = ((drawn - drawn.mean()) ** 4).mean() / drawn.var() ** 2
    assert kurtosis == pytest.approx(fourth, rel=0.15)


def test_a_skew_keeps_the_trace_and_sets_the_spectrum():
    drawn = sample(Inputs(features=5, skew=2.0), size=20_000)
    eigenvalues = np.linalg.eigvalsh(np.cov(drawn.T))[::-1]
    np.testing.assert_allclose(eigenvalues / eigenvalues[0], np.arange(1, 6) ** -2.0, rtol=0.05)
    assert eigenvalues.sum() == pytest.approx(5, rel=0.03)


def test_the_seed_decides_the_directions_of_a_skew():
    inputs = Inputs(features=5, skew=1.0)
    assert np.array_equal(sample(inputs), sample(inputs))
    assert not np.allclose(sample(inputs), sample(inputs, seed=1))


def test_a_scale_is_above_zero():
    with pytest.raises(UsageError, match=r"scale: .*greater than 0"):
        validate(Inputs(scale=0.0))


def test_a_subspace_is_an_episode_s_own():
    drawn = Inputs(features=6, subspace=2).sample(np.random.default_rng(0), 500, 8, 0)
    np.testing.assert_array_equal(np.linalg.matrix_rank(drawn, tol=1e-8), 2)
    assert np.linalg.matrix_rank(drawn[:2].reshape(-1, 6)) == 4
    assert np.square(drawn).mean() == pytest.approx(2 / 6, rel=0.05)
    with pytest.raises(UsageError, match="at most features = 3, given 4"):
        Inputs(features=3, subspace=4)


def test_settings_that_came_later_leave_names_as_they_were():
    assert set(to_plain(Inputs())) == {"features", "distribution", "scale", "skew"}
    assert to_plain(Inputs(subspace=2, query="repeated"))["subspace"] == 2
