import pytest

from ontogeny.errors import UsageError
from ontogeny.worlds import Majority


def test_the_answer_is_the_more_frequent_bit():
    world = Majority(bits=3, blocks=4)
    batch = world.batch(0, 0, 200)
    for *bits, answer in batch.tokens.reshape(-1, 4).tolist():
        assert bits.count(answer) > bits.count(1 - answer)
    assert world.answers(batch).nonzero()[1].tolist() == [2, 6, 10, 14] * 200
    assert batch.tokens[:, 3::4].mean() == pytest.approx(world.chance, abs=0.05)


def test_a_tie_is_refused():
    with pytest.raises(UsageError, match="bits: expected an odd number, so that there is a majority, given 4"):
        Majority(bits=4)
