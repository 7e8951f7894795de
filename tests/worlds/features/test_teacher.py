import numpy as np
import pytest

from ontogeny.errors import UsageError
from ontogeny.worlds import Teacher


def test_the_map_has_the_wanted_spectrum():
    modes = Teacher(inputs=6, outputs=5, singular_values=(1.0, 3.0, 2.0)).modes(4)
    np.testing.assert_allclose(np.linalg.svd(modes.map)[1], [3, 2, 1, 0, 0], atol=1e-12)


def test_whitened_examples_are_uncorrelated_and_follow_the_map():
    world = Teacher(inputs=6, outputs=5, singular_values=(2.0, 1.0))
    batch = world.batch(0, 3, 6)
    shown, wanted = batch.inputs[0], batch.targets[0]
    np.testing.assert_allclose(shown @ shown.T / 6, np.eye(6), atol=1e-6)
    np.testing.assert_allclose(wanted @ shown.T / 6, world.modes(0).map, atol=1e-6)


def test_gaussian_examples_are_new_at_every_step_and_noisy_if_asked():
    world = Teacher(examples="gaussian", noise=0.5)
    batch = world.batch(0, 0, 20_000)
    errors = batch.targets[0] - world.modes(0).map.astype(np.float32) @ batch.inputs[0]
    assert errors.std() == pytest.approx(0.5, rel=0.01)
    assert not np.array_equal(batch.inputs, world.batch(0, 1, 20_000).inputs)


def test_errors_name_the_limit():
    with pytest.raises(UsageError, match="at most min\\(inputs, outputs\\) = 2, given 3"):
        Teacher(inputs=4, outputs=2, singular_values=(1.0, 1.0, 1.0))
    with pytest.raises(UsageError, match="exactly inputs = 16 examples, given batch=8"):
        Teacher().batch(0, 0, 8)
