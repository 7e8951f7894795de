"""Calibration of densities that are right and wrong by construction; divergences against closed forms."""

import numpy as np
import pytest
import torch

from ontogeny.errors import UsageError
from ontogeny.instruments.calibration import Barred, calibration_error, coverage, divergence, log_likelihood
from ontogeny.models import Bars
from ontogeny.references.normals import Mixture, Normals


def normals(mean, deviation, size=(1, 1)):
    return Normals(torch.full(size, mean).double(), torch.full(size, deviation).double())


@pytest.fixture
def drawn():
    return torch.from_numpy(np.random.default_rng(0).normal(1, 2, (100, 200)))


def test_a_true_density_is_calibrated_and_too_narrow_ones_are_not(drawn):
    size = tuple(drawn.shape)
    assert calibration_error(normals(1.0, 2.0, size), drawn) < 0.005
    narrow = coverage(normals(1.0, 1.0, size), drawn, [0.5, 0.9])
    np.testing.assert_allclose(narrow, [0.264, 0.589], atol=0.01)  # 2 Phi(z / 2) - 1
    assert calibration_error(normals(1.0, 1.0, size), drawn) > 0.2
    assert log_likelihood(normals(1.0, 2.0, size), drawn) > log_likelihood(normals(1.0, 1.5, size), drawn)


def test_the_divergence_of_normals_is_the_closed_form():
    wanted = np.log(2) + (1 + 0.25) / 8 - 0.5
    assert divergence(normals(0.5, 1.0), normals(0.0, 2.0)).item() == pytest.approx(wanted, abs=1e-9)


def test_a_mixture_of_equal_parts_is_one_normal():
    parts = Normals(torch.full((1, 3, 1), 0.5).double(), torch.ones(1, 3, 1).double())
    mixture = Mixture(parts, torch.tensor([[0.2, 0.3, 0.5]], dtype=torch.float64).log())
    bars = Barred(Bars(torch.linspace(-3, 3, 40)), torch.randn(1, 1, 39, generator=torch.Generator().manual_seed(0)))
    one = normals(0.5, 1.0)
    assert divergence(mixture, one).item() == pytest.approx(0, abs=1e-9)
    assert divergence(mixture, bars).item() == pytest.approx(divergence(one, bars).item(), abs=1e-8)


def test_a_grid_too_coarse_for_a_narrow_part_is_refused():
    parts = Normals(torch.zeros(1, 2, 1).double(), torch.tensor([[[0.02], [10.0]]]).double())
    mixture = Mixture(parts, torch.tensor([[1 - 1e-6, 1e-6]], dtype=torch.float64).log())
    with pytest.raises(UsageError, match="64 nodes do not see all of a density"):
        divergence(mixture, normals(0.0, 1.0), nodes=64)
    assert divergence(mixture, normals(0.0, 0.02), nodes=2**15).item() > 0


def test_the_divergence_of_bars_is_what_the_likelihood_loses(drawn):
    size = tuple(drawn.shape)
    exact = normals(1.0, 2.0, size)
    logits = torch.randn(60, generator=torch.Generator().manual_seed(0))
    bars = Barred(Bars(torch.linspace(-6, 8, 61)), logits.expand(*size, -1))
    lost = log_likelihood(exact, drawn) - log_likelihood(bars, drawn)
    assert divergence(exact, bars).mean().item() == pytest.approx(lost, abs=0.03)


def test_fine_bars_come_to_the_normal_that_they_are_cut_from():
    exact = normals(0.0, 0.5)
    divergences = []
    for count in (10, 100):
        bars = Bars(torch.linspace(-3, 3, count + 1))
        divergences.append(divergence(exact, Barred(bars, bars.masses(exact.mean, exact.deviation).log())).item())
    assert 0 < divergences[1] < 1e-3 < divergences[0]
