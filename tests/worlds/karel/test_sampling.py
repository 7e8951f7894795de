from collections import Counter

import numpy as np
import pytest

from ontogeny.errors import UsageError
from ontogeny.worlds import Karel
from ontogeny.worlds.karel import reference
from ontogeny.worlds.karel.sampling import content_keys, split_of

SPLITS = ("train", "validation", "probe", "test")


def contents(sample):
    """Program and first shown input of each sample, as bytes."""
    first = sample.inputs[:: sample.examples]
    return [
        b"".join(part.tobytes() for part in parts)
        for parts in zip(sample.programs, first.walls, first.markers, first.robot, strict=True)
    ]


@pytest.mark.parametrize("programs", ["straight", "guarded"])
def test_outputs_are_what_the_reference_makes_of_the_inputs(programs):
    world = Karel(programs=programs, walls=0.25, held_out=2)
    sample = world.sample(0, 0, 100)
    shown = reference.run_flat(sample.programs, sample.inputs, repeat=5)
    held = reference.run_flat(sample.programs, sample.held_inputs, repeat=2)
    assert shown.grids.equal(sample.outputs).all()
    assert held.grids.equal(sample.held_outputs).all()
    assert len(sample.held_inputs) == 200


@pytest.mark.parametrize("split", SPLITS)
def test_lengths_come_in_equal_counts(split):
    lengths = (Karel(lengths=(3, 6)).sample(0, 1, 400, split).programs >= 0).sum(axis=1)
    assert Counter(lengths.tolist()) == {3: 100, 4: 100, 5: 100, 6: 100}


def test_odd_sizes_differ_by_one_at_most_and_every_length_gets_its_turn():
    world = Karel(lengths=(1, 3), side=6)
    counts = [np.bincount((world.sample(0, step, 31).programs >= 0).sum(axis=1), minlength=4)[1:] for step in range(20)]
    assert all(sorted(count) == [10, 10, 11] for count in counts)
    assert {int(count.argmax()) for count in counts} == {0, 1, 2}


def test_operations_follow_the_weights():
    programs = Karel(weights=(5.0, 3.0, 3.0, 2.0, 2.0)).sample(0, 0, 20_000).programs
    counts = np.bincount(programs[programs >= 0], minlength=5)
    expected = np.array([5, 3, 3, 2, 2]) / 15 * counts.sum()
    assert (np.abs(counts - expected) < 5 * np.sqrt(expected)).all()
    none = Karel(weights=(1.0, 0.0, 0.0, 1.0, 0.0)).sample(0, 0, 500).programs
    assert set(none[none >= 0].tolist()) == {0, 3}


def test_grids_have_the_asked_densities_and_a_uniform_robot():
    grids = Karel(side=4, columns=5, walls=0.2, markers=0.3).sample(0, 0, 4000).inputs.check()
    robot = grids.robot
    counts = np.zeros((4, 5, 4))
    np.add.at(counts, tuple(robot.T), 1)
    assert (np.abs(counts - 250) < 5 * np.sqrt(250)).all()
    # The robot's cell has no wall, so 19 of 20 cells can be one.
    assert grids.walls.mean() == pytest.approx(0.2 * 19 / 20, abs=0.005)
    assert grids.markers[~grids.walls].mean() == pytest.approx(0.3, abs=0.005)
    under = grids.markers[np.arange(len(grids)), robot[:, 0], robot[:, 1]]
    assert under.mean() == pytest.approx(0.3, abs=0.02)
    assert grids.markers.max() == 1


def test_guards_come_as_often_as_asked_each_before_an_operation():
    programs = Karel(programs="guarded", guards=0.25).sample(0, 0, 5000).programs
    guard, operation = programs >= 5, (programs >= 0) & (programs < 5)
    assert guard.sum() / operation.sum() == pytest.approx(0.25, abs=0.01)
    assert operation[:, 1:][guard[:, :-1]].all()
    assert not guard[:, -1].any()
    assert set(programs[guard].tolist()) == set(range(5, 13))
    assert (operation.sum(axis=1) >= 3).all()
    assert (operation.sum(axis=1) <= 6).all()


def test_no_sample_is_in_two_splits_and_none_twice_in_a_batch():
    world = Karel(side=2, lengths=(1, 2), walls=0.1, markers=0.3)  # small enough that repeats are certain
    seen = {split: [contents(world.sample(seed, 0, 300, split)) for seed in range(5)] for split in SPLITS}
    for batches in seen.values():
        assert all(len(set(batch)) == 300 for batch in batches)
    everything = {split: set().union(*batches) for split, batches in seen.items()}
    for one in SPLITS:
        for other in SPLITS:
            assert one == other or not everything[one] & everything[other]


def test_splits_partition_all_contents_in_the_announced_shares():
    sample = Karel().sample(0, 0, 1)
    programs = np.random.default_rng(0).integers(0, 5, (50_000, 30)).astype(np.int8)
    keys = content_keys(programs)
    members = np.stack([split_of(keys, split) for split in SPLITS])
    assert (members.sum(axis=0) == 1).all()
    np.testing.assert_allclose(members.mean(axis=1), [13 / 16, 1 / 16, 1 / 16, 1 / 16], atol=0.005)
    assert split_of(content_keys(sample.programs, sample.inputs[:1]), "train").all()


def test_content_decides_the_key():
    sample = Karel().sample(0, 0, 50)
    first = sample.inputs[::5]
    keys = content_keys(sample.programs, first)
    np.testing.assert_array_equal(keys[[3, 1]], content_keys(sample.programs[[3, 1]], first[np.array([3, 1])]))
    first.robot[:, 2] = (first.robot[:, 2] + 1) % 4
    assert (keys != content_keys(sample.programs, first)).all()


def test_the_text_form_shows_the_same_samples():
    compact, text = Karel(), Karel(show="text")
    one, two = compact.sample(4, 2, 30, "test"), text.sample(4, 2, 30, "test")
    np.testing.assert_array_equal(one.programs, two.programs)
    assert one.inputs.equal(two.inputs).all()


def test_a_world_that_is_too_small_says_so():
    with pytest.raises(UsageError, match="too few different samples"):
        Karel(side=1, lengths=(1, 1), walls=0.0).sample(0, 0, 100, "test")


def test_pairs_are_the_grids_of_one_example():
    sample = Karel().sample(0, 0, 4)
    before, after = sample.pair(2, 3)
    assert before.equal(sample.inputs[13]).all()
    assert after.equal(reference.run_flat(sample.programs[2:3], before).grids).all()


def test_some_samples_taken_from_a_batch_are_those_samples():
    world = Karel(examples=3, held_out=2)
    whole = world.sample(0, 0, 6)
    some = whole.take(np.array([4, 1]))
    assert (len(some), some.examples) == (2, 3)
    np.testing.assert_array_equal(some.programs, whole.programs[[4, 1]])
    np.testing.assert_array_equal(world.encode(some).features, world.encode(whole).features[[4, 1]])
    assert some.held_outputs.equal(whole.held_outputs[np.array([8, 9, 2, 3])]).all()
