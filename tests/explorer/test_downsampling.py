import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ontogeny.explorer.downsampling import extremes

CURVES = arrays(np.float64, st.integers(0, 400), elements=st.floats(-1e6, 1e6))


@given(CURVES, st.integers(10, 50))
def test_ends_and_extremes_stay_in_order_and_there_are_few(values, points):
    kept = extremes(values, points)
    assert len(kept) <= max(points, 1)
    assert (np.diff(kept) > 0).all()
    if len(values):
        assert {0, len(values) - 1} <= set(kept.tolist())
        assert values[kept].max() == values.max()
        assert values[kept].min() == values.min()


def test_a_short_curve_stays_whole():
    assert extremes(np.arange(5.0), 10).tolist() == [0, 1, 2, 3, 4]


def test_what_is_no_number_hides_no_peak():
    values = np.full(1000, np.nan)
    values[500] = 7.0
    assert 500 in extremes(values, 10)
