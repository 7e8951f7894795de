import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontogeny.errors import UsageError
from ontogeny.instruments.heads import repeated_tokens


@given(st.integers(4, 40), st.integers(8, 40), st.integers(0, 2**32), st.booleans())
def test_every_sequence_repeats_a_segment_without_repetition(vocab, length, seed, with_begin):
    begin = 2 if with_begin else None
    rows = repeated_tokens(vocab, length=length, count=3, seed=seed, begin=begin)
    assert rows.shape == (3, length)
    assert rows.min() >= 0
    assert rows.max() < vocab
    for row in rows:
        if with_begin:
            assert row[0] == 2
            row = row[1:]
            assert 2 not in row
        period = len(np.unique(row))
        assert 3 <= period <= len(row) // 2
        assert np.array_equal(row[period:], row[:-period])


def test_periods_differ_and_the_seed_decides():
    rows = repeated_tokens(50, length=40, count=50, seed=0)
    assert len({len(np.unique(row)) for row in rows}) > 5
    assert np.array_equal(rows, repeated_tokens(50, length=40, count=50, seed=0))
    assert not np.array_equal(rows, repeated_tokens(50, length=40, count=50, seed=1))


@pytest.mark.parametrize(("vocab", "length", "begin"), [(2, 20, None), (3, 20, 0), (9, 5, None), (9, 6, 0)])
def test_too_little_room_is_said(vocab, length, begin):
    with pytest.raises(UsageError, match=f"vocabulary of {vocab} and {length} positions"):
        repeated_tokens(vocab, length=length, count=1, seed=0, begin=begin)
