from itertools import product

import numpy as np
import pytest

from ontogeny.errors import UsageError
from ontogeny.worlds import Addition

WORLD = Addition(base=5, digits=2, blocks=4)


def test_digits_of_a_sum_follow_those_of_its_terms():
    batch = WORLD.batch(0, 0, 300)
    for row in batch.tokens.reshape(-1, WORLD.block).tolist():
        one, two, total = (
            [digit * 5**place for place, digit in enumerate(part)] for part in (row[:2], row[2:4], row[4:])
        )
        assert sum(one) + sum(two) == sum(total)
    assert WORLD.answers(batch).sum(axis=1).tolist() == [12] * 300


@pytest.mark.parametrize("world", [WORLD, Addition(base=3, digits=1), Addition(base=2, digits=3)])
def test_chance_is_that_of_the_best_guess_at_each_digit(world):
    numbers = world.base**world.digits
    sums = [one + two for one, two in product(range(numbers), repeat=2)]
    digits = np.array(sums)[:, None] // world.base ** np.arange(world.digits + 1) % world.base
    best = [np.bincount(digit).max() / len(sums) for digit in digits.T]
    assert world.chance == pytest.approx(np.mean(best))


def test_sums_are_those_that_64_bits_hold():
    (row,) = Addition(base=10, digits=17, blocks=1).batch(0, 0, 1).tokens
    one, two, total = (sum(int(d) * 10**n for n, d in enumerate(part)) for part in (row[:17], row[17:34], row[34:]))
    assert one + two == total
    for base, digits in ((10, 18), (2, 62), (10**6, 10**9)):
        with pytest.raises(UsageError, match=f"base={base} and digits={digits} give sums that 64 bits do not hold"):
            Addition(base=base, digits=digits)
