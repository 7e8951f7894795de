import numpy as np
import pyarrow as pa

from ontogeny import atlas

TABLES = [
    pa.table({"step": [0, 0, 10, 10], "who": ["a", "b", "a", "b"], "loss": [3.0, 2.0, float(seed), 0.0]})
    for seed in range(3)
]


def test_a_column_is_stacked_over_seeds_for_the_chosen_rows():
    np.testing.assert_array_equal(atlas.stacked(TABLES, "loss", who="a"), [[3, 0], [3, 1], [3, 2]])
    np.testing.assert_array_equal(atlas.stacked(TABLES, "loss", who="a", step=10), [[0], [1], [2]])
    assert atlas.stacked(TABLES, "loss").shape == (3, 4)


def test_a_line_has_a_row_for_each_seed():
    line = atlas.line_of(TABLES, "loss", "step", "loss", control=True)
    assert (line.label, line.control) == ("loss", True)
    np.testing.assert_array_equal(line.x, [0, 0, 10, 10])
    np.testing.assert_array_equal(line.values, atlas.stacked(TABLES, "loss"))
