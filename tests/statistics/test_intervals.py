import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from ontogeny.errors import UsageError
from ontogeny.statistics import bootstrap_interval, paired_interval, t_interval, wilson_interval
from ontogeny.statistics.intervals import finite_values

seeds = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=12).map(np.array)
confidences = st.floats(0.5, 0.999)


@given(values=seeds, confidence=confidences)
def test_t_interval_equals_scipy(values: np.ndarray, confidence: float) -> None:
    assume(np.std(values) > 1e-6)
    ours = t_interval(values, confidence=confidence)
    theirs = stats.ttest_1samp(values, 0).confidence_interval(confidence)
    assert (ours.low, ours.high) == (pytest.approx(theirs.low), pytest.approx(theirs.high))
    assert ours.estimate == pytest.approx(values.mean())
    assert ours.n == len(values)


@given(values=seeds, shift=st.floats(-10, 10), scale=st.floats(0.1, 10))
def test_t_interval_moves_and_stretches_with_the_values(values: np.ndarray, shift: float, scale: float) -> None:
    before, after = t_interval(values), t_interval(values * scale + shift)
    for one, other in [(before.low, after.low), (before.high, after.high), (before.estimate, after.estimate)]:
        assert other == pytest.approx(one * scale + shift, abs=1e-6)


def test_one_value_has_a_mean_and_no_interval_and_none_has_neither() -> None:
    one, none = t_interval(np.array([0.5])), t_interval(np.array([]))
    assert (one.estimate, one.n) == (0.5, 1)
    assert all(map(math.isnan, (one.low, one.high, none.estimate, none.low, none.high)))
    assert none.n == 0
    assert math.isnan(bootstrap_interval(np.array([0.5])).low)


def test_equal_values_have_an_interval_of_no_width() -> None:
    for interval in (t_interval(np.full(3, 0.25)), bootstrap_interval(np.full(20, 0.25))):
        assert (interval.estimate, interval.low, interval.high) == (0.25, 0.25, 0.25)


def test_bootstrap_equals_scipys_bca_up_to_resampling() -> None:
    values = np.random.default_rng(0).exponential(size=25)
    ours = bootstrap_interval(values, resamples=40_000)
    theirs = stats.bootstrap((values,), np.mean, n_resamples=40_000, method="BCa", rng=1).confidence_interval
    assert ours.method == "BCa bootstrap"
    assert ours.low == pytest.approx(theirs.low, abs=0.015)
    assert ours.high == pytest.approx(theirs.high, abs=0.015)
    assert bootstrap_interval(values, resamples=40_000) == ours


def test_the_bootstrap_leaves_few_values_to_t_and_says_so() -> None:
    values = np.array([0.1, 0.2, 0.4])
    interval, t = bootstrap_interval(values), t_interval(values)
    assert (interval.low, interval.high) == (t.low, t.high)
    assert interval.method == "t (too few values for a bootstrap)"


def test_a_bootstrap_of_three_values_would_be_too_narrow() -> None:
    # The figure quoted in bootstrap_interval's docstring: what a percentile bootstrap of 3 normal values holds.
    generator = np.random.default_rng(0)
    values = generator.normal(size=(4000, 3))
    means = values[:, generator.integers(3, size=(400, 3))].mean(axis=2)
    low, high = np.quantile(means, [0.025, 0.975], axis=1)
    assert np.mean((low < 0) & (high > 0)) < 0.85


def test_pairs_are_compared_by_their_differences() -> None:
    first, second = np.array([1.0, 2.0, 3.5]), np.array([0.5, 1.0, 3.0])
    assert paired_interval(first, second) == t_interval(first - second)
    with pytest.raises(UsageError, match="given 3 and 2"):
        paired_interval(first, second[:2])


@given(trials=st.integers(1, 500), share=st.floats(0, 1), confidence=confidences)
def test_wilson_equals_scipy(trials: int, share: float, confidence: float) -> None:
    successes = round(share * trials)
    ours = wilson_interval(successes, trials, confidence=confidence)
    theirs = stats.binomtest(successes, trials).proportion_ci(confidence, method="wilson")
    assert (ours.low, ours.high) == (pytest.approx(theirs.low, abs=1e-12), pytest.approx(theirs.high, abs=1e-12))
    assert 0 <= ours.low <= ours.estimate <= ours.high <= 1


@pytest.mark.parametrize(("successes", "trials"), [(1, 0), (-1, 5), (6, 5)])
def test_impossible_proportions_are_refused(successes: int, trials: int) -> None:
    with pytest.raises(UsageError, match=f"given {successes} of {trials}"):
        wilson_interval(successes, trials)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite_are_named(bad: float) -> None:
    for interval in (t_interval, bootstrap_interval):
        with pytest.raises(UsageError, match="value 1 of 3"):
            interval(np.array([0.0, bad, 1.0]))


def test_shape_and_confidence_are_checked() -> None:
    with pytest.raises(UsageError, match="between 0 and 1"):
        t_interval(np.array([0.0, 1.0]), confidence=95)
    with pytest.raises(UsageError, match=r"\(2, 2\)"):
        finite_values(np.zeros((2, 2)))
