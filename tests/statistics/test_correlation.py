import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from ontogeny.errors import UsageError
from ontogeny.statistics import correlation, correlation_over_seeds, r_squared

# Few distinct values, so that ties are common.
curves = st.integers(3, 12).flatmap(lambda n: arrays(float, (2, n), elements=st.integers(-5, 5).map(float)))


@given(curves)
def test_one_seed_equals_scipy(pair: np.ndarray) -> None:
    assume(np.ptp(pair, axis=1).all())
    assert correlation(*pair, kind="spearman") == pytest.approx(stats.spearmanr(*pair).statistic, abs=1e-12)
    assert correlation(*pair, kind="pearson") == pytest.approx(stats.pearsonr(*pair).statistic, abs=1e-12)
    assert r_squared(*pair) == pytest.approx(stats.linregress(*pair).rvalue ** 2, abs=1e-12)


def test_rank_correlation_sees_order_only() -> None:
    steps = np.arange(1.0, 9.0)
    assert correlation(steps, np.exp(steps)) == pytest.approx(1)
    assert correlation(steps, -(steps**3)) == pytest.approx(-1)
    assert correlation(steps, np.exp(steps), kind="pearson") < 0.9


def test_a_curve_that_never_changes_has_no_correlation() -> None:
    assert math.isnan(correlation(np.zeros(5), np.arange(5.0)))
    assert math.isnan(r_squared(np.arange(5.0), np.zeros(5)))


def test_seeds_are_averaged_in_fishers_z() -> None:
    generator = np.random.default_rng(0)
    first = generator.normal(size=(4, 30))
    second = first + generator.normal(size=(4, 30))
    each = [stats.pearsonr(a, b).statistic for a, b in zip(first, second, strict=True)]
    z = np.arctanh(each)
    reach = stats.t.ppf(0.975, 3) * z.std(ddof=1) / 2
    interval = correlation_over_seeds(first, second, kind="pearson")
    expected = np.tanh([z.mean(), z.mean() - reach, z.mean() + reach])
    np.testing.assert_allclose([interval.estimate, interval.low, interval.high], expected)
    assert (interval.n, interval.method) == (4, "Fisher z over pearson coefficients")


def test_points_of_different_seeds_are_never_pooled() -> None:
    # Within each seed the curves fall against one another; pooled, the seeds' levels would make them rise together.
    steps = np.arange(5.0)
    levels = np.array([[0.0], [100.0], [200.0]])
    noise = np.random.default_rng(0).normal(size=(3, 5)) * 0.1
    interval = correlation_over_seeds(levels + steps, levels - steps + noise, kind="pearson")
    assert interval.high < -0.9
    assert stats.pearsonr((levels + steps).ravel(), (levels - steps + noise).ravel()).statistic > 0.9


def test_a_perfect_seed_turns_to_the_coefficients_themselves() -> None:
    steps = np.arange(6.0)
    first = np.stack([steps, steps, steps])
    second = np.stack([steps, steps, steps[[1, 0, 2, 3, 4, 5]]])
    interval = correlation_over_seeds(first, second)
    assert interval.method == "t over spearman coefficients"
    assert interval.estimate == pytest.approx((2 + correlation(first[2], second[2])) / 3)
    assert interval.high == 1


def test_seeds_without_a_coefficient_are_counted_aloud() -> None:
    generator = np.random.default_rng(0)
    first, second = generator.normal(size=(2, 3, 8))
    second[1] = 0
    interval = correlation_over_seeds(first, second)
    assert interval.n == 2
    assert interval.method.endswith("1 of 3 seeds left out: a curve never changes")


def test_curves_must_match() -> None:
    with pytest.raises(UsageError, match="given 3 and 4"):
        correlation(np.zeros(3), np.zeros(4))
    with pytest.raises(UsageError, match="3 or more"):
        correlation(np.zeros(2), np.zeros(2))
    with pytest.raises(UsageError, match=r"\(2, 5\)"):
        correlation_over_seeds(np.zeros((2, 5)), np.zeros((3, 5)))
