"""Episodes of classification: what is shown and asked for, tasks and their pools, chance."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ontogeny.configuration import from_plain, to_plain
from ontogeny.errors import UsageError
from ontogeny.worlds import Classification, Clusters, Table, World

WORLD = Classification(source=Table(most=6), features=4, labels=3, examples=7, pool=5)
WORLDS = {
    "pool": WORLD,
    "new tasks": replace(WORLD, pool=None),
    "as published": replace(WORLD, shown="shifted"),
    "fewer classes than labels": replace(WORLD, source=Table(name="breast_cancer"), labels=4),
    "clusters": replace(WORLD, source=Clusters(classes=3), pool=None),
}
every = pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS.keys())


@every
@pytest.mark.parametrize("split", ["train", "test"])
def test_an_episode_shows_examples_and_asks_for_each_label(world, split):
    batch = world.batch(0, 3, 40, split)
    truth = batch.hidden
    assert batch.features.dtype == np.float32
    assert batch.features.shape == (40, world.length, world.feature_size)
    np.testing.assert_array_equal(batch.features[:, :, :4], truth.inputs)
    np.testing.assert_array_equal(batch.targets, truth.labels)
    assert set(np.unique(batch.targets)) == set(range(world.labels))
    shown = batch.features[:, :, -world.labels :]
    assert (shown[:, 0] == 0).all()
    assert (shown[:, 1:].sum(axis=2) == 1).all()
    np.testing.assert_array_equal(shown[:, 1:].argmax(axis=2), batch.targets[:, :-1])
    if world.shown == "paired":
        np.testing.assert_array_equal(batch.features[:, 1:, 4:8], truth.inputs[:, :-1])
        assert (batch.features[:, 0, 4:8] == 0).all()


@every
def test_a_class_has_one_label_in_an_episode_and_no_two_have_the_same(world):
    tasks = world.batch(0, 0, 60).hidden.tasks
    assert tasks.classes.shape == tasks.labels.shape == (60, world.named)
    for part, many in ((tasks.classes, world.source.classes), (tasks.labels, world.labels)):
        assert part.min() == 0
        assert part.max() == many - 1
        assert all(len(set(row)) == world.named for row in part.tolist())


@given(st.integers(0, 50), st.sampled_from(["train", "probe", "test"]))
@settings(max_examples=20, deadline=None)
def test_a_batch_is_a_function_of_seed_step_and_split(step, split):
    first = WORLD.batch(3, step, 5, split)
    np.testing.assert_array_equal(first.features, WORLD.batch(3, step, 5, split).features)
    for other in (WORLD.batch(4, step, 5, split), WORLD.batch(3, step + 1, 5, split)):
        assert not np.array_equal(first.features, other.features)


def test_tasks_of_a_pool_stay_and_are_part_of_larger_pools():
    found = {}
    for split in ("train", "test"):
        truth = WORLD.batch(0, 0, 100, split).hidden
        assert set(truth.numbers) == set(range(5))
        for number, projection, classes in zip(
            truth.numbers, truth.tasks.projections, truth.tasks.classes, strict=True
        ):
            kept = found.setdefault(number, (projection, classes))
            np.testing.assert_array_equal(projection, kept[0])
            np.testing.assert_array_equal(classes, kept[1])
    assert not np.array_equal(found[0][0], found[1][0])
    larger = replace(WORLD, pool=10**9).pool_tasks(0, np.arange(5))
    np.testing.assert_array_equal(larger.projections, np.stack([found[number][0] for number in range(5)]))
    assert not np.array_equal(larger.projections, WORLD.pool_tasks(1, np.arange(5)).projections)


def test_new_tasks_are_new_and_keep_the_size_of_inputs():
    truth = replace(WORLD, pool=None, features=30).batch(0, 0, 2000).hidden
    assert truth.numbers is None
    assert len(np.unique(truth.tasks.projections[:, 0, 0])) == 2000
    assert np.square(truth.inputs).mean() == pytest.approx(1, abs=0.1)


def test_a_first_label_is_as_likely_as_any_whatever_the_class():
    world = replace(WORLDS["fewer classes than labels"], pool=None)
    truth = world.batch(0, 0, 20_000).hidden
    first = truth.tasks.classes[:, 0]
    for source_class in range(2):
        shares = np.bincount(truth.tasks.labels[first == source_class, 0], minlength=4) / (first == source_class).sum()
        np.testing.assert_allclose(shares, 0.25, atol=0.02)
    named = (truth.labels[:, :, None] == truth.tasks.labels[:, None]).mean(axis=(0, 1))
    np.testing.assert_allclose(named, 0.5, atol=0.01)


def test_a_world_is_kept_as_settings():
    for world in WORLDS.values():
        assert isinstance(world, World)
        assert from_plain(Classification, to_plain(world)) == world


def test_a_pool_of_clusters_that_do_not_stay_is_refused():
    with pytest.raises(UsageError, match="a pool needs classes that stay"):
        Classification(source=Clusters(), pool=3)


def test_labels_are_left_undealt_in_a_share_of_training_s_episodes_alone():
    biased = replace(WORLD, unpermuted=0.3)
    tasks, own = biased.batch(0, 0, 2000).hidden.tasks, np.arange(WORLD.named)
    plain = ((tasks.classes == own) & (tasks.labels == own)).all(axis=1)
    dealt = WORLD.batch(0, 0, 2000).hidden.tasks
    assert plain.mean() == pytest.approx(0.3, abs=0.05)
    for part, other in zip(tasks, dealt, strict=True):
        np.testing.assert_array_equal(part[~plain], other[~plain])
    np.testing.assert_array_equal(tasks.projections, dealt.projections)
    np.testing.assert_array_equal(biased.batch(0, 0, 50, "test").features, WORLD.batch(0, 0, 50, "test").features)
    assert to_plain(replace(biased, unpermuted=0.0)) == to_plain(WORLD)
    with pytest.raises(UsageError, match="need classes that stay"):
        replace(WORLDS["clusters"], unpermuted=0.5)
