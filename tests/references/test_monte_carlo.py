"""Hamiltonian Monte Carlo against densities whose moments are known."""

import pytest
import torch

from ontogeny.errors import UsageError
from ontogeny.references.monte_carlo import hamiltonian

MEANS = torch.tensor([[1.0, -2.0, 0.0], [0.0, 3.0, 0.5]]).double()
DEVIATIONS = torch.tensor([[0.3, 1.0, 2.0], [1.0, 0.1, 0.5]]).double()


def log_density(points):
    """Chain by chain one of two normal densities, over and over."""
    many = len(points) // 2
    return -((points - MEANS.repeat(many, 1)) / DEVIATIONS.repeat(many, 1)).square().sum(dim=1) / 2


def test_states_have_the_density_s_moments():
    states = hamiltonian(log_density, torch.zeros(400, 3).double(), samples=20, warmup=40)
    assert states.shape == (400, 20, 3)
    found = states.unflatten(0, (200, 2)).transpose(0, 1).flatten(1, 2)  # [density, state, free]
    torch.testing.assert_close(found.mean(dim=1) / DEVIATIONS, MEANS / DEVIATIONS, atol=0.1, rtol=0)
    torch.testing.assert_close(found.std(dim=1) / DEVIATIONS, torch.ones(2, 3).double(), atol=0.1, rtol=0)


def test_states_are_a_function_of_the_seed():
    start = torch.zeros(2, 3).double()
    one, again, other = (hamiltonian(log_density, start, samples=3, warmup=2, seed=seed) for seed in (0, 0, 1))
    torch.testing.assert_close(one, again, atol=0, rtol=0)
    assert not torch.allclose(one, other)


def test_what_is_impossible_is_never_reached():
    def positive(points):
        return torch.where(points > 0, -points, -torch.inf).sum(dim=1)

    states = hamiltonian(positive, torch.ones(8, 1).double(), samples=50, warmup=50)
    assert states.min() > 0
    assert states.isfinite().all()


def test_impossible_budgets_are_refused():
    with pytest.raises(UsageError, match="given 0, 16 and 2"):
        hamiltonian(log_density, torch.zeros(2, 3).double(), samples=0, warmup=2)
