import numpy as np
import pytest

from ontogeny.errors import UsageError
from ontogeny.worlds import FunctionTables

WORLD = FunctionTables(inputs=5, values=3, tables=6, blocks=8)


def test_every_value_stands_in_as_many_tables_at_each_input():
    pool = WORLD.pool(3)
    assert all(np.bincount(column).tolist() == [2, 2, 2] for column in pool.T)
    assert not np.array_equal(pool, WORLD.pool(4))
    assert WORLD.chance == pytest.approx(1 / 3)


def test_examples_of_a_sequence_are_of_one_table():
    batch = WORLD.batch(3, 0, 200)
    for row in batch.tokens:
        inputs, values = row[::2], row[1::2]
        assert (WORLD.pool(3)[:, inputs] == values).all(axis=1).any()
    assert WORLD.answers(batch).nonzero()[1].tolist() == list(range(2, 16, 2)) * 200


def test_with_as_many_tables_as_values_one_example_tells_the_table():
    world = FunctionTables()
    batch, pool = world.batch(0, 0, 100), world.pool(0)
    for row in batch.tokens:
        (table,) = np.flatnonzero(pool[:, row[0]] == row[1])
        np.testing.assert_array_equal(pool[table, row[::2]], row[1::2])


def test_errors_say_what_was_expected():
    with pytest.raises(UsageError, match="tables: expected a multiple of values = 8, given 12"):
        FunctionTables(tables=12)
