"""Networks drawn from a prior: how large their values are, and their place in data sets."""

import numpy as np
import pytest

from ontogeny.configuration import from_plain, to_plain
from ontogeny.worlds import IGNORE, BayesianNetworks, Inputs, PriorData

WORLD = PriorData(prior=BayesianNetworks(hidden=(4,)), inputs=Inputs(features=2), examples=8, shown=(1, 5), buckets=10)


def test_linear_networks_have_values_of_the_inputs_size():
    prior, random = BayesianNetworks(hidden=()), np.random.default_rng(0)
    inputs = random.normal(size=(4000, 3, 2))
    values = prior.values(random, prior.draw(random, 4000, 2), inputs)
    assert np.square(values).mean() == pytest.approx(np.square(inputs).mean(), rel=0.05)


def test_values_of_hidden_neurons_are_those_of_their_formula():
    prior, random = BayesianNetworks(hidden=(2,), steepness=3.0, bias=0.5), np.random.default_rng(0)
    drawn = prior.draw(random, 1, 1)
    weights, biases, last, noise = drawn[0, :2], drawn[0, 2:4], drawn[0, 4:6], drawn[0, 6]
    wanted = np.tanh(3.0 * 0.7 * weights + 0.5 * biases) @ last / np.sqrt(2)
    assert prior.values(random, drawn, np.array([[[0.7]]])).item() == pytest.approx(wanted)
    assert noise == prior.noise


def test_data_sets_hold_their_values_with_noise_in_equally_likely_buckets():
    truth = WORLD.batch(0, 0, 3000).hidden
    assert (truth.outputs - truth.values).std() == pytest.approx(0.2, rel=0.03)
    targets = np.concatenate([WORLD.batch(0, step, 2000).targets.ravel() for step in range(3)])
    shares = np.bincount(targets[targets != IGNORE], minlength=10) / (targets != IGNORE).sum()
    np.testing.assert_allclose(shares, 1 / 10, atol=0.01)
    assert from_plain(PriorData, to_plain(WORLD)) == WORLD
