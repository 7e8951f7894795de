import numpy as np
import pytest

from ontogeny.errors import UsageError
from ontogeny.worlds import Hierarchy


def test_items_share_one_property_for_each_branch_they_have_in_common():
    properties = Hierarchy(levels=2).properties
    assert properties.shape == (7, 4)
    np.testing.assert_array_equal(properties.T @ properties, [[3, 2, 1, 1], [2, 3, 1, 1], [1, 1, 3, 2], [1, 1, 2, 3]])


@pytest.mark.parametrize("levels", [1, 2, 3, 4])
def test_the_modes_are_the_singular_value_decomposition(levels):
    world = Hierarchy(levels=levels)
    modes = world.modes()
    np.testing.assert_allclose(modes.map, world.properties, atol=1e-12)
    np.testing.assert_allclose(modes.inputs @ modes.inputs.T, np.eye(world.items), atol=1e-12)
    np.testing.assert_allclose(modes.outputs @ modes.outputs.T, np.eye(world.items), atol=1e-12)
    np.testing.assert_allclose(np.linalg.svd(world.properties)[1], modes.strengths)
    expected = [2 ** (levels + 1) - 1 if level == 0 else 2 ** (levels - level + 1) - 1 for level in world.mode_levels]
    np.testing.assert_allclose(modes.strengths**2, expected)


def test_a_batch_is_all_items_with_uncorrelated_inputs():
    world = Hierarchy()
    batch = world.batch(0, 0, 8)
    np.testing.assert_allclose(batch.targets[0] @ batch.inputs[0].T / 8, world.properties, atol=1e-6)
    assert len(world.vocabulary) == batch.targets.shape[1] == 15
    with pytest.raises(UsageError, match="exactly 8 items, given batch=4"):
        world.batch(0, 0, 4)
