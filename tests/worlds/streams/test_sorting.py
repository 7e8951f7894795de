from itertools import combinations

import numpy as np
import pytest

from ontogeny.errors import UsageError
from ontogeny.worlds import Sorting


def test_the_same_numbers_come_again_in_order():
    world = Sorting(numbers=6, items=3, blocks=2)
    batch = world.batch(0, 0, 200)
    for row in batch.tokens.reshape(-1, 6).tolist():
        assert sorted(row[:3]) == row[3:]
        assert len(set(row)) == 3
    assert world.answers(batch).nonzero()[1].tolist() == [2, 3, 4, 8, 9, 10] * 200


@pytest.mark.parametrize(("numbers", "items"), [(6, 3), (12, 5), (4, 4), (7, 1)])
def test_chance_is_that_of_the_likeliest_number_of_each_rank(numbers, items):
    drawn = np.array(list(combinations(range(numbers), items)))
    best = [np.bincount(rank).max() / len(drawn) for rank in drawn.T]
    assert Sorting(numbers=numbers, items=items).chance == pytest.approx(np.mean(best))


def test_errors_say_what_was_expected():
    with pytest.raises(UsageError, match="items: expected at most numbers = 3, given 4"):
        Sorting(numbers=3, items=4)
