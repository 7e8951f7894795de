"""The density made of bars, against scipy's distributions and integrals."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import quad

from ontogeny.errors import UsageError
from ontogeny.models import Bars

BORDERS = np.array([-2.0, -1.2, -0.3, 0.1, 0.9, 2.5])
BARS = Bars(torch.from_numpy(BORDERS))
LOGITS = torch.tensor([0.5, -1.0, 2.0, 0.0, 1.0])
SHARES = torch.softmax(LOGITS.double(), dim=0).numpy()
POINTS = np.array([-6.0, -1.9, -1.2, -0.5, 0.0, 0.5, 0.9, 1.0, 2.5, 7.0])
TAILS = np.diff(BORDERS)[[0, -1]] / stats.halfnorm.ppf(0.5)


def density(y):
    """Uniform between borders, half normal outside of the inner ones."""
    for tail, side, end, share in zip(TAILS, (-1, 1), BORDERS[[1, -2]], SHARES[[0, -1]], strict=True):
        if side * (y - end) > 0 or y == end == BORDERS[-2]:
            return share * np.sqrt(2 / np.pi) * np.exp(-(((y - end) / tail) ** 2) / 2) / tail
    place = np.searchsorted(BORDERS, y, side="right") - 1
    return SHARES[place] / (BORDERS[place + 1] - BORDERS[place])


def integral(function):
    return sum(quad(function, a, b)[0] for a, b in pairwise([-12, *BORDERS[1:-1], 16]))


def many(logits=LOGITS):
    return logits.expand(len(POINTS), -1), torch.from_numpy(POINTS)


def crossed(logits, mean, deviation):
    return BARS.cross_entropy(logits, BARS.masses(mean, deviation), BARS.squares_beyond(mean, deviation))


def test_the_density_is_that_of_uniform_bars_and_half_normal_tails():
    np.testing.assert_allclose(BARS.log_density(*many()).exp(), [density(y) for y in POINTS], rtol=1e-9)
    assert integral(density) == pytest.approx(1, abs=1e-7)


def test_half_of_a_tail_lies_beyond_its_border():
    outer = torch.from_numpy(BORDERS[[0, -1]])
    given = BARS.cumulative(LOGITS.expand(2, -1), outer)
    np.testing.assert_allclose(given, [SHARES[0] / 2, 1 - SHARES[-1] / 2], rtol=1e-9)


def test_the_mean_is_the_integral():
    assert BARS.mean(LOGITS).item() == pytest.approx(integral(lambda y: y * density(y)), abs=1e-7)


def test_the_cumulative_is_the_integral_of_the_density():
    given_ = BARS.cumulative(*many()).numpy()
    within = [0, 1, 4, 5, 6]  # steps between points that pass no border
    steps = np.array([quad(density, a, b)[0] for a, b in pairwise(POINTS[1:-1])])
    np.testing.assert_allclose(np.diff(given_[1:-1])[within], steps[within], atol=1e-7)
    halves = stats.halfnorm(scale=TAILS).sf([BORDERS[1] + 6, 7 - BORDERS[-2]])
    np.testing.assert_allclose([given_[0], 1 - given_[-1]], SHARES[[0, -1]] * halves, atol=1e-12)


@given(st.floats(0.001, 0.999), st.lists(st.floats(-5, 5), min_size=5, max_size=5))
@settings(deadline=None)
def test_quantiles_undo_the_cumulative(level, logits):
    logits = torch.tensor(logits)
    found = BARS.quantile(logits[None], level)
    assert BARS.cumulative(logits[None], found).item() == pytest.approx(level, abs=1e-9)


def test_the_loss_has_the_gradient_of_cross_entropy():
    given, wanted = many(LOGITS.double().clone().requires_grad_())
    (slope,) = torch.autograd.grad(BARS.loss(given, wanted), given)
    (other,) = torch.autograd.grad(torch.nn.functional.cross_entropy(given, BARS.bucket(wanted)), given)
    torch.testing.assert_close(slope, other)


@pytest.mark.parametrize(("mean", "deviation"), [(0.2, 0.5), (-3.0, 1.5), (4.0, 0.2)])
def test_cross_entropy_with_a_normal_is_the_integral(mean, deviation):
    normal = stats.norm(mean, deviation)
    wanted = integral(lambda y: -normal.pdf(y) * np.log(density(y)) if normal.pdf(y) else 0.0)
    given = crossed(LOGITS, torch.tensor(mean), torch.tensor(deviation))
    assert given.item() == pytest.approx(wanted, rel=1e-5)


def test_masses_are_those_of_the_normal_far_out_too():
    masses = BARS.masses(torch.tensor([0.3, 30.0]), torch.tensor([0.7, 1.0]))
    np.testing.assert_allclose(masses.sum(dim=-1), 1)
    inner = stats.norm(0.3, 0.7).cdf(BORDERS[1:-1])
    np.testing.assert_allclose(masses[0], np.diff([0, *inner, 1]), atol=1e-9)
    assert masses[1, 1].item() == pytest.approx(stats.norm.cdf(-30.3), rel=1e-6)


def test_masses_are_the_best_logits_for_a_normal():
    mean, deviation = torch.tensor(0.3), torch.tensor(0.7)
    best = BARS.masses(mean, deviation).log()
    least = crossed(best, mean, deviation)
    for step in torch.randn(20, 5, generator=torch.Generator().manual_seed(0)):
        assert crossed(best + 0.1 * step, mean, deviation) > least


def test_wrong_borders_and_levels_are_refused():
    with pytest.raises(UsageError, match="4 borders or more, each above the one before, given 5"):
        Bars(torch.tensor([0.0, 1.0, 1.0, 2.0, 3.0]))
    with pytest.raises(UsageError, match="4 borders or more, each above the one before, given 1"):
        Bars(torch.tensor([0.0]))
    with pytest.raises(UsageError, match="between 0 and 1, given 1"):
        BARS.quantile(LOGITS, 1.0)
