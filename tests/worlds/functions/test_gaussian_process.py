"""Gaussian processes as a prior: moments of what is drawn, kernels against scikit-learn's, and impossible ones."""

import numpy as np
import pytest
from sklearn.gaussian_process.kernels import RBF, Matern

from ontogeny.configuration import from_plain, to_plain, validate
from ontogeny.errors import UsageError
from ontogeny.worlds import GaussianProcesses, Inputs, LogNormal
from ontogeny.worlds.functions.gaussian_process import correlate

KERNELS = {
    "rbf": RBF(0.7),
    "matern12": Matern(0.7, nu=0.5),
    "matern32": Matern(0.7, nu=1.5),
    "matern52": Matern(0.7, nu=2.5),
}


@pytest.mark.parametrize("kernel", KERNELS)
def test_covariances_are_scikit_learn_s(kernel):
    inputs = np.random.default_rng(0).normal(size=(2, 6, 3))
    prior = GaussianProcesses(kernel=kernel, length=LogNormal(median=0.7), scale=LogNormal(median=1.5))
    drawn = prior.draw(np.random.default_rng(0), 2, 1)
    np.testing.assert_allclose(drawn, [[0.7, 1.5, 0.1]] * 2)
    given = prior.covariance(drawn, inputs)
    np.testing.assert_allclose(given[1], 1.5**2 * KERNELS[kernel](inputs[1]), atol=1e-12)


def test_values_have_the_covariance_of_the_kernel():
    prior = GaussianProcesses(kernel="matern32", scale=LogNormal(median=2.0))
    inputs = np.broadcast_to(np.array([[0.0], [0.2], [0.9]]), (40_000, 3, 1))
    random = np.random.default_rng(1)
    values = prior.values(random, prior.draw(random, len(inputs), 1), inputs)
    wanted = prior.covariance(np.array([[0.4, 2.0, 0.1]]), inputs[:1])[0]
    np.testing.assert_allclose(np.cov(values.T), wanted, atol=0.1)


def test_hyperparameters_are_log_normal():
    prior = GaussianProcesses(length=LogNormal(median=0.3, spread=0.5), noise=LogNormal(median=0.2, spread=1.0))
    logs = np.log(prior.draw(np.random.default_rng(0), 20_000, 1))
    np.testing.assert_allclose(logs.mean(axis=0), np.log([0.3, 1, 0.2]), atol=0.02)
    np.testing.assert_allclose(logs.std(axis=0), [0.5, 0, 1], atol=0.02)


def test_single_outputs_have_the_variance_of_values_and_noise():
    outputs = GaussianProcesses(scale=LogNormal(median=2.0), noise=LogNormal(median=1.0)).outputs(
        np.random.default_rng(0), Inputs(), 50_000
    )
    assert outputs.std() == pytest.approx(5**0.5, rel=0.02)


def test_smooth_functions_at_many_or_equal_inputs_are_drawn_all_the_same():
    random, prior = np.random.default_rng(0), GaussianProcesses(length=LogNormal(median=10.0))
    inputs = np.concatenate((np.linspace(-1, 1, 100), np.zeros(2)))[None, :, None]
    values = prior.values(random, prior.draw(random, 1, 1), inputs)
    assert values[0, -1] == pytest.approx(values[0, -2], abs=1e-4)


def test_a_kernel_that_is_not_positive_definite_is_refused():
    with pytest.raises(UsageError, match=r"not positive definite: .* 3 values has an eigenvalue of -0.\d+"):
        correlate(np.array([[[1.0, 0.9, 0.0], [0.9, 1.0, 0.9], [0.0, 0.9, 1.0]]]), np.zeros((1, 3)))


def test_settings_are_checked_and_kept():
    prior = GaussianProcesses(kernel="matern52", length=LogNormal(spread=0.5))
    assert from_plain(GaussianProcesses, to_plain(prior)) == prior
    with pytest.raises(UsageError, match=r"length.median: .*greater than 0"):
        validate(GaussianProcesses(length=LogNormal(median=0.0)))
