"""Inference over hyperparameters: quadrature against an integral by scipy, the other ways against quadrature."""

import numpy as np
import pytest
import torch
from scipy.integrate import quad

from ontogeny.errors import UsageError
from ontogeny.instruments.calibration import divergence
from ontogeny.references.gaussian_process import Stationary, log_likelihood, posterior
from ontogeny.references.hyperpriors import Hyperprior, most_probable, quadrature, slice_sampling

BOTH = Hyperprior("rbf", (0.4, 1.0, 0.2), (0.6, 0.0, 0.5))


@pytest.fixture
def data():
    random = np.random.default_rng(0)
    inputs = torch.from_numpy(random.uniform(-1, 1, (3, 12, 1)))
    outputs = torch.sin(4 * inputs[..., 0]) + 0.2 * torch.from_numpy(random.normal(size=(3, 12)))
    return inputs, outputs, torch.from_numpy(random.uniform(-1, 1, (3, 4, 1)))


def test_settings_are_in_units_of_the_prior_s_spread():
    kernel, noise = BOTH.settings(torch.tensor([[1.0, -2.0]]).double())
    assert BOTH.free == 2
    assert kernel.length.item() == pytest.approx(0.4 * np.exp(0.6))
    assert kernel.scale.item() == 1
    assert noise.item() == pytest.approx(0.2 * np.exp(-1.0))


def test_quadrature_over_one_length_is_the_integral(data):
    inputs, outputs, asked = (part[:1] for part in data)
    prior = Hyperprior("matern52", (0.4, 1.0, 0.2), (0.6, 0.0, 0.0))
    noise = torch.tensor(0.2)

    def kernel(u):
        return Stationary("matern52", torch.tensor(0.4 * np.exp(0.6 * u)), torch.tensor(1.0))

    def weight(u):
        return np.exp(log_likelihood(kernel(u), noise, inputs, outputs).item() - u**2 / 2)

    def value(u):
        return posterior(kernel(u), noise, inputs, outputs, asked).mean[0, 0].item()

    wanted = quad(lambda u: weight(u) * value(u), -5, 5)[0] / quad(weight, -5, 5)[0]
    assert quadrature(prior, inputs, outputs, asked).mean[0, 0].item() == pytest.approx(wanted, abs=1e-4)


def test_quadrature_has_converged(data):
    data = [part[:1] for part in data]
    fine, usual = quadrature(BOTH, *data, nodes=35, reach=5.0), quadrature(BOTH, *data)
    assert divergence(fine, usual, nodes=128).max() < 1e-3


def test_where_all_is_known_quadrature_is_the_exact_posterior(data):
    inputs, outputs, asked = data
    known = quadrature(Hyperprior("rbf", (0.4, 1.0, 0.2), (0.0, 0.0, 0.0)), inputs, outputs, asked)
    kernel = Stationary("rbf", torch.tensor(0.4), torch.tensor(1.0))
    exact = posterior(kernel, torch.tensor(0.2), inputs, outputs, asked)
    torch.testing.assert_close(known.mean, exact.mean, rtol=1e-6, atol=1e-6)


def test_slice_sampling_arrives_at_quadrature(data):
    exact = quadrature(BOTH, *data, nodes=15)
    few, many = (slice_sampling(BOTH, *data, samples=samples, warmup=10) for samples in (2, 120))
    assert divergence(exact, many, nodes=64).mean() < 0.01 < divergence(exact, few, nodes=64).mean()
    again = slice_sampling(BOTH, *data, samples=2, warmup=10)
    torch.testing.assert_close(again.mean, few.mean)


def test_the_most_probable_point_is_a_maximum(data):
    inputs, outputs, _ = data
    found = most_probable(BOTH, *data)
    assert found.parts.mean.shape == (3, 1, 4)
    grid = torch.linspace(-2.5, 2.5, 41).double()
    points = torch.cartesian_prod(grid, grid)
    heights = BOTH.log_likelihood(points.expand(3, -1, -1), inputs, outputs) - points.square().sum(-1) / 2
    best = points[heights.argmax(dim=1)][:, None]
    near = BOTH.mixture(best, torch.zeros(3, 1).double(), *data)
    torch.testing.assert_close(found.mean, near.mean, atol=0.05, rtol=0)


def test_impossible_budgets_are_refused(data):
    with pytest.raises(UsageError, match="2 nodes on an axis or more, given 1"):
        quadrature(BOTH, *data, nodes=1)
    with pytest.raises(UsageError, match="1 sample or more and warmup >= 0, given 0 and 5"):
        slice_sampling(BOTH, *data, samples=0, warmup=5)
