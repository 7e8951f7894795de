import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontogeny.errors import UsageError
from ontogeny.statistics import crossing, half_way


def test_a_level_is_crossed_between_checkpoints():
    steps, curve = np.array([0, 10, 20]), np.array([0.5, 0.5, 1.0])
    assert crossing(steps, curve, 0.75) == 15
    assert crossing(steps, curve, 0.5) == 0
    assert crossing(steps, curve, 1.1) == np.inf
    with pytest.raises(UsageError, match="2 values and 3 steps"):
        crossing(steps, curve[:2], 0.5)


@given(st.integers(1, 99), st.floats(-5, 5), st.floats(0.1, 5), st.sampled_from((1, -1)))
def test_half_way_of_a_ramp_is_its_middle(start, low, height, sign):
    steps = np.arange(0, 201, 1)
    curve = low + sign * height * np.clip((steps - start) / 100, 0, 1)
    assert half_way(steps, curve) == pytest.approx(start + 50)


def test_a_curve_that_goes_nowhere_is_never_half_way():
    assert half_way(np.array([0, 1, 2]), np.array([1.0, 3.0, 1.0])) == np.inf
