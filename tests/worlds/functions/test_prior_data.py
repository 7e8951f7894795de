"""Data sets of a prior: what is shown, what is asked for, and the truth behind."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ontogeny.configuration import from_plain, to_plain
from ontogeny.errors import UsageError
from ontogeny.worlds import IGNORE, GaussianProcesses, Inputs, LogNormal, PriorData, World

WORLD = PriorData(inputs=Inputs(features=2, distribution="uniform"), examples=12, shown=(1, 8), buckets=20)


@given(st.integers(0, 20), st.sampled_from(["train", "test"]))
@settings(max_examples=30, deadline=None)
def test_examples_are_shown_or_asked_for(step, split):
    batch = WORLD.batch(3, step, 5, split)
    shown, truth = batch.prompt, batch.hidden
    assert 1 <= shown <= 8
    assert batch.features.shape == (5, WORLD.length, WORLD.feature_size)
    np.testing.assert_array_equal(batch.features[:, :, :2], truth.inputs)
    np.testing.assert_array_equal(batch.features[:, :shown, 2], truth.outputs[:, :shown])
    assert (batch.features[:, :shown, 3] == 1).all()
    assert (batch.features[:, shown:, 2:] == 0).all()
    assert (batch.targets[:, :shown] == IGNORE).all()
    buckets = batch.targets[:, shown:]
    inner = WORLD.borders.copy()
    inner[[0, -1]] = -np.inf, np.inf
    assert (inner[buckets] <= truth.outputs[:, shown:]).all()
    assert (truth.outputs[:, shown:] < inner[buckets + 1]).all()


def test_a_batch_is_a_function_of_seed_step_and_split():
    first = WORLD.batch(3, 1, 5)
    np.testing.assert_array_equal(first.features, WORLD.batch(3, 1, 5).features)
    for other in (WORLD.batch(4, 1, 5), WORLD.batch(3, 2, 5), WORLD.batch(3, 1, 5, "test")):
        assert not np.array_equal(first.hidden.inputs, other.hidden.inputs)


def test_every_number_of_examples_is_shown_and_noise_is_what_the_truth_says():
    assert {WORLD.batch(0, step, 1).prompt for step in range(100)} == set(range(1, 9))
    noisy = replace(WORLD, prior=GaussianProcesses(noise=LogNormal(median=0.2, spread=1.0)))
    truth = noisy.batch(0, 0, 4000).hidden
    scaled = (truth.outputs - truth.values) / truth.parameters[:, -1:]
    assert scaled.std() == pytest.approx(1, abs=0.01)


def test_buckets_are_equally_likely():
    world = replace(WORLD, prior=GaussianProcesses(scale=LogNormal(spread=0.5), noise=LogNormal(median=0.3)))
    assert len(world.borders) == len(world.vocabulary) + 1 == 21
    assert (np.diff(world.borders) > 0).all()
    targets = np.concatenate([world.batch(0, step, 2000).targets.ravel() for step in range(4)])
    shares = np.bincount(targets[targets != IGNORE], minlength=20) / (targets != IGNORE).sum()
    np.testing.assert_allclose(shares, 1 / 20, atol=0.006)


def test_a_world_is_kept_as_settings():
    assert isinstance(WORLD, World)
    assert from_plain(PriorData, to_plain(WORLD)) == WORLD


@pytest.mark.parametrize("shown", [(0, 5), (5, 4), (1, 12)])
def test_impossible_numbers_of_examples_are_refused(shown):
    with pytest.raises(UsageError, match=r"from 1 to below examples = 12, given"):
        replace(WORLD, shown=shown)
