"""Normals and their mixtures against scipy."""

import numpy as np
import pytest
import torch
from scipy import stats

from ontogeny.references.normals import Mixture, Normals

PARTS = Normals(torch.tensor([[[0.0], [2.0]]]).double(), torch.tensor([[[1.0], [0.5]]]).double())
MIXTURE = Mixture(PARTS, torch.tensor([[0.3, 0.7]]).double().log())


def test_a_normal_is_scipy_s():
    normals, outputs = Normals(torch.tensor([0.5, -1.0]).double(), torch.tensor([0.2, 3.0]).double()), torch.ones(2)
    wanted = stats.norm([0.5, -1], [0.2, 3])
    np.testing.assert_allclose(normals.log_density(outputs), wanted.logpdf(1))
    np.testing.assert_allclose(normals.cumulative(outputs), wanted.cdf(1))
    np.testing.assert_allclose(normals.entropy, wanted.entropy())


def test_a_mixture_adds_up_its_parts():
    outputs, one, other = torch.tensor([[1.5]]), stats.norm(0, 1), stats.norm(2, 0.5)
    density = 0.3 * one.pdf(1.5) + 0.7 * other.pdf(1.5)
    assert MIXTURE.log_density(outputs).item() == pytest.approx(np.log(density))
    assert MIXTURE.cumulative(outputs).item() == pytest.approx(0.3 * one.cdf(1.5) + 0.7 * other.cdf(1.5))
    assert MIXTURE.mean.item() == pytest.approx(1.4)
