"""Exact Gaussian processes against scikit-learn's, and against themselves example by example."""

import numpy as np
import pytest
import torch
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern

from ontogeny.errors import UsageError
from ontogeny.references.gaussian_process import Stationary, gaussian_process, log_likelihood, posterior

NAMES = {"rbf": None, "matern12": 0.5, "matern32": 1.5, "matern52": 2.5}
LENGTHS, SCALES, NOISES = [0.4, 1.1], [1.0, 1.7], [0.1, 0.3]


@pytest.fixture
def data():
    random = np.random.default_rng(0)
    return random.normal(size=(2, 9, 3)), random.normal(size=(2, 9)), random.normal(size=(2, 4, 3))


def tensors(arrays):
    return [torch.from_numpy(array) for array in arrays]


def kernel(name):
    return Stationary(name, torch.tensor(LENGTHS), torch.tensor(SCALES))


def independent(name, place, data):
    shape = RBF(LENGTHS[place]) if name == "rbf" else Matern(LENGTHS[place], nu=NAMES[name])
    process = GaussianProcessRegressor(
        ConstantKernel(SCALES[place] ** 2) * shape, alpha=NOISES[place] ** 2, optimizer=None
    )
    return process.fit(data[0][place], data[1][place])


@pytest.mark.parametrize("name", NAMES)
def test_the_posterior_is_scikit_learn_s(name, data):
    given = posterior(kernel(name), torch.tensor(NOISES), *tensors(data))
    for place in range(2):
        mean, deviation = independent(name, place, data).predict(data[2][place], return_std=True)
        np.testing.assert_allclose(given.mean[place], mean, atol=1e-5)
        noisy = np.sqrt(deviation**2 + NOISES[place] ** 2)
        np.testing.assert_allclose(given.deviation[place], noisy, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_the_likelihood_is_scikit_learn_s(name, data):
    given = log_likelihood(kernel(name), torch.tensor(NOISES), *tensors(data)[:2])
    wanted = [independent(name, place, data).log_marginal_likelihood_value_ for place in range(2)]
    np.testing.assert_allclose(given, wanted, atol=1e-5)


def test_as_a_predictor_it_is_the_posterior_from_the_examples_before(data):
    inputs, outputs, _ = tensors(data)
    fixed = Stationary("matern32", torch.tensor(0.8), torch.tensor(1.3))
    given = gaussian_process(fixed, 0.2)(inputs, outputs)
    np.testing.assert_array_equal(given[:, 0], 0)
    for place in range(1, 9):
        asked = inputs[:, place : place + 1]
        wanted = posterior(fixed, torch.tensor(0.2, dtype=torch.float64), inputs[:, :place], outputs[:, :place], asked)
        torch.testing.assert_close(given[:, place], wanted.mean[:, 0], atol=1e-10, rtol=0)
    last = gaussian_process(fixed, 0.2)(inputs, outputs, last=True)
    torch.testing.assert_close(last, given[:, -1:])


def test_many_hyperparameters_are_computed_at_once(data):
    inputs, outputs, asked = tensors(data)
    many = Stationary("rbf", torch.tensor(LENGTHS), torch.tensor(SCALES))
    given = posterior(many, torch.tensor(NOISES), inputs[:, None], outputs[:, None], asked[:, None])
    assert given.mean.shape == (2, 2, 4)
    alone = posterior(
        Stationary("rbf", torch.tensor(LENGTHS[1]), torch.tensor(SCALES[1])),
        torch.tensor(NOISES[1]),
        inputs,
        outputs,
        asked,
    )
    torch.testing.assert_close(given.deviation[:, 1], alone.deviation)


def test_predictions_can_be_differentiated_by_hyperparameters_at_equal_inputs():
    inputs, outputs = torch.zeros(1, 3, 1), torch.ones(1, 3)
    length = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    found = log_likelihood(Stationary("matern12", length, torch.tensor(1.0)), torch.tensor(0.3), inputs, outputs)
    (slope,) = torch.autograd.grad(found.sum(), length)
    assert slope.isfinite()


class Boxes:
    """1 for near inputs, 0 for others: not a covariance in more than one dimension, nor in one of triples."""

    def covariance(self, one, other):
        return (torch.cdist(one.double(), other.double()) < 1).double()

    def variance(self, inputs):
        return torch.ones(inputs.shape[:-1], dtype=torch.float64)


def test_a_kernel_that_is_not_positive_definite_is_refused():
    inputs = torch.tensor([[[0.0], [0.7], [1.4]]])
    with pytest.raises(UsageError, match=r"not positive definite: .* 3 outputs has an eigenvalue of -0.4"):
        posterior(Boxes(), torch.tensor(0.1), inputs, torch.zeros(1, 3), inputs)


def test_unknown_kernels_and_lengths_are_refused():
    with pytest.raises(UsageError, match="one of rbf, matern12, matern32, matern52, given 'cubic'"):
        Stationary("cubic", torch.tensor(1.0), torch.tensor(1.0))
    with pytest.raises(UsageError, match="above 0"):
        Stationary("rbf", torch.tensor(0.0), torch.tensor(1.0))
