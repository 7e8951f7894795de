import numpy as np
import pytest

from ontogeny.worlds import ModularShift, ModularSums


def test_one_example_tells_the_shift():
    world = ModularShift(modulus=5, blocks=4)
    batch = world.batch(0, 0, 400)
    numbers, values = batch.tokens[:, ::2], batch.tokens[:, 1::2]
    shift = (values[:, :1] - numbers[:, :1]) % 5
    np.testing.assert_array_equal(values, (numbers + shift) % 5)
    assert world.answers(batch).nonzero()[1].tolist() == [2, 4, 6] * 400  # nothing tells the first
    assert (np.bincount(values[:, 1]) / 400).max() == pytest.approx(world.chance, abs=0.07)


def test_sums_are_of_the_terms_before_them():
    world = ModularSums(modulus=7, terms=3, blocks=2)
    batch = world.batch(0, 0, 400)
    blocks = batch.tokens.reshape(-1, 4)
    np.testing.assert_array_equal(blocks[:, 3], blocks[:, :3].sum(axis=1) % 7)
    assert world.answers(batch).nonzero()[1].tolist() == [2, 6] * 400
    assert (np.bincount(blocks[:, 3]) / 800).max() == pytest.approx(world.chance, abs=0.06)
