"""Inference over networks: the closed form where they are linear, quadrature where they have one neuron."""

import math

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.stats import norm

from ontogeny.errors import UsageError
from ontogeny.references.bayesian_networks import NetworkPrior, mean_field, monte_carlo, prior_predictive, variational
from ontogeny.worlds import BayesianNetworks

LINEAR = NetworkPrior(features=2, hidden=(), steepness=1.0, bias=1.0, noise=0.3)


@pytest.fixture
def data():
    random = torch.Generator().manual_seed(0)
    inputs, asked = (torch.randn((3, count, 2), generator=random, dtype=torch.float64) for count in (7, 5))
    outputs = inputs @ torch.tensor([0.8, -0.5]).double() + 0.3 * torch.randn((3, 7), generator=random).double()
    return inputs, outputs, asked


def exact(inputs, outputs):
    """Mean and precision of the weights of linear networks: values are x . w / sqrt(2) with w standard normal."""
    x = inputs / math.sqrt(2)
    precision = torch.eye(2).double() + x.mT @ x / 0.3**2
    return torch.linalg.solve(precision, x.mT @ outputs[..., None] / 0.3**2)[..., 0], precision


def test_monte_carlo_over_linear_networks_is_the_exact_posterior(data):
    inputs, outputs, asked = data
    mean, precision = exact(inputs, outputs)
    x = asked / math.sqrt(2)
    wanted = (x @ mean[..., None])[..., 0]
    spread = (x @ torch.linalg.inv(precision) * x).sum(dim=-1).sqrt()
    found = monte_carlo(LINEAR, *data, samples=50, warmup=50, chains=64, every=5)
    assert found.parts.mean.shape == (3, 640, 5)
    assert ((found.mean - wanted) / spread).abs().max() < 0.15
    torch.testing.assert_close(found.parts.mean.std(dim=1), spread, atol=0, rtol=0.15)
    assert (found.parts.deviation == 0.3).all()


def test_the_best_independent_densities_of_linear_networks_are_known(data):
    inputs, outputs, _ = data
    wanted, precision = exact(inputs, outputs)
    mean, deviation = mean_field(LINEAR, inputs, outputs, steps=300, draws=32)
    torch.testing.assert_close(mean, wanted, atol=0.03, rtol=0)
    torch.testing.assert_close(deviation, precision.diagonal(dim1=1, dim2=2).rsqrt(), atol=0, rtol=0.1)
    predictive = variational(LINEAR, *data, steps=200)
    assert (predictive.mean - (data[2] / math.sqrt(2) @ wanted[..., None])[..., 0]).abs().max() < 0.2


def test_monte_carlo_over_one_neuron_is_the_integral():
    prior = NetworkPrior(features=1, hidden=(1,), steepness=2.0, bias=0.0, noise=0.2)
    inputs, outputs = torch.tensor([[[1.0], [-0.5]]]).double(), torch.tensor([[0.7, -0.5]]).double()

    def integral(of):
        """Over both weights, of which the second is integrated in closed form: the likelihood is normal in it."""

        def inner(u):
            h = np.tanh(2 * u * inputs[0, :, 0].numpy())
            precision = 1 + h @ h / 0.2**2
            mean = h @ outputs[0].numpy() / 0.2**2 / precision
            return np.exp(mean**2 * precision / 2) / np.sqrt(precision) * norm.pdf(u) * of(u, mean)

        return quad(inner, -6, 6, limit=200)[0]

    wanted = integral(lambda u, mean: mean * np.tanh(2 * u * 0.8)) / integral(lambda u, mean: 1.0)
    asked = torch.tensor([[[0.8]]]).double()
    found = monte_carlo(prior, inputs, outputs, asked, samples=40, warmup=40, chains=200, every=4)
    assert found.mean.item() == pytest.approx(wanted, abs=0.02)


@pytest.mark.parametrize("hidden", [(), (3,), (4, 2)])
def test_networks_are_those_of_the_world(hidden):
    world = BayesianNetworks(hidden=hidden, steepness=3.0, bias=0.5, noise=0.1)
    prior = NetworkPrior(features=2, hidden=hidden, steepness=3.0, bias=0.5, noise=0.1)
    random = np.random.default_rng(0)
    drawn, inputs = world.draw(random, 5, 2), random.normal(size=(5, 6, 2))
    assert drawn.shape == (5, prior.free + 1)
    values = prior.values(torch.from_numpy(drawn[:, None, :-1]), torch.from_numpy(inputs))[:, 0]
    np.testing.assert_allclose(values, world.values(random, drawn, inputs), atol=1e-12)
    likelihood = prior.log_likelihood(torch.from_numpy(drawn[:, None, :-1]), torch.from_numpy(inputs), values + 0.2)
    torch.testing.assert_close(likelihood, torch.full((5, 1), -6 * 0.2**2 / (2 * 0.1**2)).double())


def test_without_examples_the_prior_is_what_there_is(data):
    found = prior_predictive(LINEAR, *data, samples=2000)
    spread = data[2].square().sum(dim=-1).div(2).sqrt()
    torch.testing.assert_close(found.parts.mean.std(dim=1), spread, atol=0.02, rtol=0.1)


def test_impossible_budgets_are_refused(data):
    with pytest.raises(UsageError, match="1 step and 1 draw or more, given 0 and 8"):
        mean_field(LINEAR, *data[:2], steps=0)
