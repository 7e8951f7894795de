import numpy as np
import pytest

from ontogeny.references.superposition import STRATEGIES, best_losses, expected_loss


def test_the_expected_loss_is_the_mean_over_many_samples():
    rng = np.random.default_rng(0)
    shown = rng.random((2, 400_000)) * (rng.random((2, 400_000)) < 0.3)
    directions, biases = np.array([[0.9, -0.7]]), np.array([-0.05, 0.1])
    given = np.maximum(0, directions.T @ directions @ shown + biases[:, None])
    sampled = np.mean(np.array([1.0, 0.6]) @ (shown - given) ** 2)
    assert expected_loss(directions, biases, 0.3, 0.6) == pytest.approx(sampled, rel=0.01)


def test_keeping_one_dense_feature_leaves_the_variance_of_the_other():
    losses = best_losses(1.0, 0.5)
    assert losses[0] == pytest.approx(0.5 / 12, rel=1e-3)
    assert losses[1] == pytest.approx(1 / 12, rel=1e-3)


@pytest.mark.parametrize(
    ("density", "importance", "best"),
    [(1.0, 0.3, 0), (1.0, 3.0, 1), (0.05, 1.0, 2), (0.5, 0.05, 0)],
)
def test_dense_features_get_a_dimension_sparse_ones_share_it(density, importance, best):
    assert STRATEGIES[best_losses(density, importance).argmin()] == STRATEGIES[best]
