import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontogeny.errors import UsageError
from ontogeny.worlds.karel.encoding import GridCode
from ontogeny.worlds.karel.grid import Grids, read

SHOWS = ("compact", "cells", "text")


@st.composite
def grids_and_code(draw, show):
    rows, columns, most, size = (draw(st.integers(1, top)) for top in (5, 5, 9, 4))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    walls = random.random((size, rows, columns)) < 0.4
    markers = random.integers(0, most + 1, walls.shape)
    robot = np.stack([random.integers(0, top, size) for top in (rows, columns, 4)], axis=1)
    walls[np.arange(size), robot[:, 0], robot[:, 1]] = False
    grids = Grids(walls, np.where(walls, 0, markers).astype(np.int8), robot.astype(np.int8)).check()
    return grids, GridCode(show, rows, columns, most, first=11)


@pytest.mark.parametrize("show", SHOWS)
@given(data=st.data())
def test_every_grid_is_read_back_as_it_was(show, data):
    grids, code = data.draw(grids_and_code(show))
    again = code.read_features(code.features(grids)) if show == "compact" else code.read_tokens(code.tokens(grids))
    assert again.check().equal(grids).all()


@pytest.mark.parametrize("show", SHOWS)
@given(data=st.data())
def test_sizes_are_as_announced(show, data):
    grids, code = data.draw(grids_and_code(show))
    tokens = code.tokens(grids)
    assert tokens.shape == (len(grids), code.positions)
    assert (tokens[:, 0] == 0).all()
    words = tokens[:, 1:]
    assert ((words >= 11) & (words < 11 + len(code.words))).all()
    if show == "compact":
        assert code.features(grids).shape == (len(grids), code.feature_size)


GRID = read("""
    .  #
    2  >1
""")


def test_compact_features_cell_by_cell():
    code = GridCode("compact", 2, 2, 3, first=8)
    #                wall  1 2 3    N E S W
    clear, wall = [0, 0, 0, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0]
    markers, robot = [0, 0, 1, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 1, 0, 0]
    features = code.features(GRID)
    assert features.dtype == np.uint8
    assert features[0].tolist() == clear + wall + markers + robot
    assert code.tokens(GRID).tolist() == [[0]]


def test_words_cell_by_cell():
    def written(show):
        code = GridCode(show, 2, 2, 3, first=8)
        vocabulary = {0: "<grid>"} | {8 + place: word for place, word in enumerate(code.words)}
        return " ".join(vocabulary[token] for token in code.tokens(GRID)[0])

    assert written("cells") == "<grid> empty:0 wall empty:2 east:1"
    assert written("text") == "<grid> empty 0 wall 0 <row> empty 2 east 1 <row>"


def test_text_is_about_as_long_as_published():
    assert GridCode("text", 6, 6, 11, first=8).positions == 79  # 77 in the published code


def test_what_does_not_fit_is_refused():
    with pytest.raises(UsageError, match="2 x 2 cells given, this world has 3 x 2"):
        GridCode("compact", 3, 2, 3, first=8).check(GRID)
    with pytest.raises(UsageError, match="holds 2 markers, this world shows at most 1"):
        GridCode("compact", 2, 2, 1, first=8).check(GRID)
    with pytest.raises(UsageError, match="read their features"):
        GridCode("compact", 2, 2, 3, first=8).read_tokens(np.zeros((1, 1), np.int64))
