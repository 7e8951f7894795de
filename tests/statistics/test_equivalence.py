import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from ontogeny.errors import UsageError
from ontogeny.statistics import equivalence, paired_equivalence

seeds = st.lists(st.integers(-100, 100).map(lambda i: i / 100), min_size=2, max_size=10).map(np.array)


@given(values=seeds, margin=st.floats(0.01, 2), centre=st.floats(-1, 1))
def test_p_is_the_larger_of_two_one_sided_t_tests(values: np.ndarray, margin: float, centre: float) -> None:
    assume(np.ptp(values) > 0)
    above = stats.ttest_1samp(values, centre - margin, alternative="greater").pvalue
    below = stats.ttest_1samp(values, centre + margin, alternative="less").pvalue
    assert equivalence(values, margin, centre=centre).p_value == pytest.approx(max(above, below), abs=1e-9)


@given(values=seeds, margin=st.floats(0.01, 2), centre=st.floats(-1, 1), level=st.floats(0.01, 0.2))
def test_equivalent_exactly_when_the_interval_lies_inside_the_margin(
    values: np.ndarray, margin: float, centre: float, level: float
) -> None:
    outcome = equivalence(values, margin, centre=centre, level=level)
    assume(abs(outcome.p_value - level) > 1e-9 and np.ptp(values) > 0)
    inside = centre - margin < outcome.interval.low and outcome.interval.high < centre + margin
    assert outcome.equivalent == inside


def test_equal_values_are_equivalent_exactly_inside_the_margin() -> None:
    assert equivalence(np.full(3, 0.5), 0.1, centre=0.45).p_value == 0
    for centre in (0.25, 0.0):
        outcome = equivalence(np.full(3, 0.5), 0.25, centre=centre)
        assert (outcome.p_value, outcome.equivalent) == (1, False)


def test_one_seed_shows_nothing() -> None:
    outcome = equivalence(np.array([0.0]), 0.1)
    assert not outcome.equivalent
    assert math.isnan(outcome.p_value)


def test_no_difference_is_not_equivalence_when_seeds_vary() -> None:
    assert not equivalence(np.array([-1.0, 0.0, 1.0]), 0.5).equivalent


def test_arms_are_paired_by_seed() -> None:
    first = np.array([0.1, 0.9, 0.5])
    assert paired_equivalence(first, first + np.array([0.01, 0.02, 0.01]), 0.05).equivalent
    assert not paired_equivalence(first, first[::-1].copy(), 0.05).equivalent


@pytest.mark.parametrize(("margin", "level"), [(0, 0.05), (-0.1, 0.05), (0.1, 0.5), (0.1, 0)])
def test_margin_and_level_are_checked(margin: float, level: float) -> None:
    with pytest.raises(UsageError, match="given"):
        equivalence(np.zeros(3), margin, level=level)
