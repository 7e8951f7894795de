import numpy as np
import pytest

from ontogeny.errors import UsageError
from ontogeny.worlds.karel.language import OPERATIONS
from ontogeny.worlds.karel.meanings import MEANINGS, translate

# The published table as it is printed: what is carried out for pick, put, right, left, move.
WRITTEN = "pick_marker put_marker turn_right turn_left move".split()  # noqa: SIM905
TABLE = {
    "flip": "put_marker pick_marker turn_left turn_right move",
    "map3": "turn_right turn_left move turn_right turn_left",
    "map5": "put_marker pick_marker move turn_right turn_left",
    "map8": "put_marker pick_marker turn_right move turn_left",
    "map11": "put_marker pick_marker turn_left move turn_right",
}


@pytest.mark.parametrize("meaning", TABLE)
def test_operations_mean_what_the_published_table_says(meaning):
    programs = np.arange(5, dtype=np.int8)[None]
    translated = translate(programs, meaning)
    carried_out = dict(zip(WRITTEN, TABLE[meaning].split(), strict=True))
    assert [OPERATIONS[code] for code in translated[0]] == [carried_out[name] for name in OPERATIONS]


@pytest.mark.parametrize("meaning", MEANINGS)
def test_guards_and_padding_stay(meaning):
    programs = np.array([[5, 0, 12, 4, -1, -1]], dtype=np.int8)
    translated = translate(programs, meaning)
    np.testing.assert_array_equal(translated[0, [0, 2, 4, 5]], programs[0, [0, 2, 4, 5]])
    assert translated.dtype == np.int8


def test_the_true_meaning_comes_first_and_changes_nothing():
    programs = np.array([[0, 1, 2, 3, 4, -1]], dtype=np.int8)
    assert MEANINGS[0] == "original"
    np.testing.assert_array_equal(translate(programs, "original"), programs)


def test_an_unknown_meaning_suggests_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'flip'"):
        translate(np.zeros((1, 1), np.int8), "flipp")
