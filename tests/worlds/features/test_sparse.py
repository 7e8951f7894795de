import numpy as np
import pytest

from ontogeny.errors import UsageError
from ontogeny.worlds import SparseFeatures


def test_features_are_present_as_often_as_their_density_says():
    world = SparseFeatures(features=4, densities=(1.0, 0.25, 0.01))
    shown = world.batch(0, 0, 20_000).inputs
    assert shown.shape == (3, 4, 20_000)
    np.testing.assert_allclose((shown > 0).mean(axis=(1, 2)), [1.0, 0.25, 0.01], atol=0.01)
    assert shown[shown > 0].mean() == pytest.approx(0.5, abs=0.01)


def test_what_is_present_at_a_density_is_present_at_every_higher_one():
    sparse, dense = SparseFeatures(densities=(0.1, 0.6)).batch(1, 7, 500).inputs
    np.testing.assert_array_equal(sparse[sparse > 0], dense[sparse > 0])


def test_absolute_values_are_wanted_of_features_of_both_signs():
    batch = SparseFeatures(wanted="absolute").batch(0, 0, 1000)
    assert batch.inputs.min() < -0.9
    np.testing.assert_array_equal(batch.targets, np.abs(batch.inputs))


def test_importance_decays_from_feature_to_feature():
    weights = SparseFeatures(features=3, densities=(0.5, 0.5), decays=(1.0, 0.5)).batch(0, 0, 8).weights
    np.testing.assert_allclose(weights, [[1, 1, 1], [1, 0.5, 0.25]])


def test_batches_are_functions_of_seed_split_and_step():
    world = SparseFeatures()
    np.testing.assert_array_equal(world.batch(3, 4, 16).inputs, world.batch(3, 4, 16).inputs)
    for other in (world.batch(4, 4, 16), world.batch(3, 5, 16), world.batch(3, 4, 16, "test")):
        assert not np.array_equal(other.inputs, world.batch(3, 4, 16).inputs)


def test_densities_and_decays_must_pair_up():
    with pytest.raises(UsageError, match="one for all models or one each, given 2 and 3"):
        SparseFeatures(densities=(0.1, 0.2), decays=(1.0, 0.9, 0.8))
