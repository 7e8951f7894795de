import math

import numpy as np
import pytest
from scipy import optimize

from ontogeny.errors import UsageError
from ontogeny.statistics import fit_sigmoid

STEPS = np.linspace(0, 1000, 30)


def sigmoid(x: np.ndarray, midpoint: float, constant: float, before: float = 0.0, after: float = 1.0) -> np.ndarray:
    return before + (after - before) / (1 + np.exp(-(x - midpoint) / constant))


@pytest.mark.parametrize(("midpoint", "constant"), [(300, 60), (512.3, 40), (800, 45), (500, 150)])
@pytest.mark.parametrize(("before", "after"), [(0, 1), (0.9, 0.2), (-5, 300)])
def test_a_sigmoid_without_noise_is_found_exactly(
    midpoint: float, constant: float, before: float, after: float
) -> None:
    fit = fit_sigmoid(STEPS, sigmoid(STEPS, midpoint, constant, before, after))
    assert fit.midpoint == pytest.approx(midpoint, abs=0.01)
    assert fit.width == pytest.approx(2 * math.log(9) * constant, rel=1e-3)
    assert (fit.before, fit.after) == (pytest.approx(before, abs=1e-2), pytest.approx(after, rel=1e-3))
    assert fit.begin < fit.midpoint < fit.end


def test_fit_and_standard_error_equal_scipys_curve_fit() -> None:
    values = sigmoid(STEPS, 420, 60) + 0.05 * np.random.default_rng(0).normal(size=30)
    best, covariance = optimize.curve_fit(sigmoid, STEPS, values, p0=(400, 50, 0, 1))
    fit = fit_sigmoid(STEPS, values)
    assert fit.midpoint == pytest.approx(best[0], abs=0.05)
    assert fit.error == pytest.approx(math.sqrt(covariance[0, 0]), rel=0.02)
    assert (fit.before, fit.after) == (pytest.approx(best[2], abs=1e-3), pytest.approx(best[3], abs=1e-3))


def test_on_the_logarithmic_axis_the_midpoint_is_in_steps_all_the_same() -> None:
    steps = np.array([0, *np.geomspace(1, 10_000, 24)])
    fit = fit_sigmoid(steps, sigmoid(np.log1p(steps), math.log1p(300), 0.5), scale="log")
    assert fit.midpoint == pytest.approx(300, rel=1e-3)
    assert math.log1p(fit.end) - math.log1p(fit.begin) == pytest.approx(math.log(9), rel=1e-3)


def test_curves_that_cannot_be_fitted_are_refused() -> None:
    with pytest.raises(UsageError, match="8 or more checkpoints"):
        fit_sigmoid(np.arange(7), np.arange(7.0))
    with pytest.raises(UsageError, match="given 9 for 10"):
        fit_sigmoid(np.arange(10), np.arange(9.0))
    with pytest.raises(UsageError, match="rise from checkpoint"):
        fit_sigmoid(np.array([0, 1, 2, 3, 3, 4, 5, 6, 7]), np.arange(9.0))
    with pytest.raises(UsageError, match="value 3 of 9"):
        fit_sigmoid(np.arange(9), np.array([0, 0, 0, np.nan, 0, 0, 0, 0, 0]))
