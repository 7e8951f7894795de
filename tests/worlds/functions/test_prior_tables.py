"""Small tables of a prior: what is shown and asked for, how they are standardised, and that they can be learned."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ontogeny.configuration import from_plain, to_plain
from ontogeny.errors import UsageError
from ontogeny.worlds import IGNORE, PriorTables, World

WORLD = PriorTables(features=5, labels=4, examples=20, shown=(3, 12))


@given(st.integers(0, 20), st.sampled_from(["train", "test"]))
@settings(max_examples=30, deadline=None)
def test_rows_are_shown_standardised_with_their_labels_or_asked_for(step, split):
    batch = WORLD.batch(3, step, 6, split)
    shown, truth = batch.prompt, batch.hidden
    columns = truth.inputs.shape[2]
    assert 3 <= shown <= 12
    assert 2 <= columns <= 5
    assert batch.features.shape == (6, WORLD.length, WORLD.feature_size)
    given = batch.features[:, :shown, :columns]
    np.testing.assert_allclose(given.mean(axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(given.std(axis=1), 1, atol=1e-4)
    assert (batch.features[:, :, columns:5] == 0).all()
    labels = batch.features[:, :, 5:]
    np.testing.assert_array_equal(labels[:, :shown].argmax(axis=2), truth.labels[:, :shown])
    assert (labels[:, :shown].sum(axis=2) == 1).all()
    assert (labels[:, shown:] == 0).all()
    assert (batch.targets[:, :shown] == IGNORE).all()
    np.testing.assert_array_equal(batch.targets[:, shown:], truth.labels[:, shown:])


def test_tables_have_all_sizes_and_every_label_is_as_likely():
    found = [WORLD.batch(0, step, 200) for step in range(60)]
    assert {batch.hidden.inputs.shape[2] for batch in found} == {2, 3, 4, 5}
    assert {batch.prompt for batch in found} == set(range(3, 13))
    labels = np.concatenate([batch.hidden.labels for batch in found])
    np.testing.assert_allclose(np.bincount(labels.ravel()) / labels.size, 1 / 4, atol=0.01)
    assert {len(np.unique(row)) for row in labels} == {2, 3, 4}
    assert np.concatenate([batch.hidden.clustered for batch in found]).mean() == pytest.approx(0.5, abs=0.02)


def test_the_scale_and_place_of_columns_do_not_matter():
    truth = WORLD.batch(0, 0, 3).hidden
    labels = truth.labels[:, :8]
    moved = (1000 * truth.inputs - 70).astype(np.float32)
    np.testing.assert_allclose(WORLD.shows(moved, labels), WORLD.shows(truth.inputs, labels), atol=1e-3)
    constant = truth.inputs.copy()
    constant[:, :, 0] = 3.0
    assert (WORLD.shows(constant, labels)[:, :, 0] == 0).all()


@pytest.mark.parametrize("clustered", [True, False])
def test_rows_near_one_another_have_the_same_label(clustered):
    nearest, chance = [], []
    for step in range(20):
        truth = replace(WORLD, labels=2).batch(0, step, 60).hidden
        inputs, labels = truth.inputs[truth.clustered == clustered], truth.labels[truth.clustered == clustered]
        distances = np.square(inputs[:, :, None] - inputs[:, None]).sum(axis=-1) + 1e9 * np.eye(20)
        nearest.append((np.take_along_axis(labels, distances.argmin(axis=2), axis=1) == labels).mean())
        chance.append((np.roll(labels, 1, axis=1) == labels).mean())
    assert np.mean(nearest) > np.mean(chance) + 0.1


def test_a_batch_is_a_function_of_seed_step_and_split():
    first = WORLD.batch(3, 1, 5)
    np.testing.assert_array_equal(first.features, WORLD.batch(3, 1, 5).features)
    for other in (WORLD.batch(4, 1, 5), WORLD.batch(3, 2, 5), WORLD.batch(3, 1, 5, "test")):
        assert not np.array_equal(first.targets, other.targets)


def test_a_world_is_kept_as_settings():
    assert isinstance(WORLD, World)
    assert from_plain(PriorTables, to_plain(WORLD)) == WORLD


@pytest.mark.parametrize("shown", [(1, 5), (5, 4), (2, 20)])
def test_impossible_numbers_of_labels_are_refused(shown):
    with pytest.raises(UsageError, match=r"from 2 to below examples = 20, given"):
        replace(WORLD, shown=shown)
