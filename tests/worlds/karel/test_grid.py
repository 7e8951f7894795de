import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontogeny.errors import UsageError
from ontogeny.worlds.karel.grid import CAPACITY, EAST, NORTH, SOUTH, STEPS, WEST, Grids, join, read, show


@st.composite
def worlds(draw: st.DrawFn) -> Grids:
    rows, columns = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    cells = draw(st.lists(st.integers(-2, 5), min_size=rows * columns, max_size=rows * columns))
    values = np.array(cells).reshape(1, rows, columns)
    robot = draw(st.tuples(st.integers(0, rows - 1), st.integers(0, columns - 1), st.integers(0, 3)))
    walls = values == -1
    walls[0, robot[0], robot[1]] = False
    markers = np.where(walls, 0, np.maximum(values, 0)).astype(np.int8)
    return Grids(walls, markers, np.array([robot], np.int8)).check()


@given(worlds())
def test_a_world_is_read_back_from_its_text(world: Grids) -> None:
    assert read(show(world)).equal(world).all()


def test_the_text_form_is_the_documented_one() -> None:
    world = read(".  #  2\n.  >1 .")
    assert world.walls.tolist() == [[[False, True, False], [False, False, False]]]
    assert world.markers.tolist() == [[[0, 0, 2], [0, 1, 0]]]
    assert world.robot.tolist() == [[1, 1, EAST]]
    assert show(world) == ".  #  2\n.  >1 ."
    assert show(read("^")) == "^"


def test_directions_turn_clockwise_from_the_north_where_row_0_is() -> None:
    assert (NORTH, EAST, SOUTH, WEST) == (0, 1, 2, 3)
    assert STEPS == ((-1, 0), (0, 1), (1, 0), (0, -1))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "at least one line"),
        (". >\n.", "line 2: expected 2 cells as in the first line, found 1"),
        ("\n. x >", "line 2, cell 2: expected .* found 'x'"),
        (". 128 >", "line 1, cell 2: .* up to 127 .* found '128'"),
        ("> >5x", "line 1, cell 2: .* found '5x'"),
        ("> ²", "line 1, cell 2"),
        (". .", "exactly one robot .* found 0"),
        ("> <", "exactly one robot .* found 2"),
    ],
)
def test_a_malformed_text_names_its_place(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read(text)


def arrays(batch: int = 2, rows: int = 3, columns: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    shape = (batch, rows, columns)
    return np.zeros(shape, np.bool_), np.zeros(shape, np.int8), np.zeros((batch, 3), np.int8)


def test_a_batch_knows_its_sizes() -> None:
    grids = Grids(*arrays())
    assert (len(grids), grids.rows, grids.columns) == (2, 3, 4)


@pytest.mark.usefixtures("unchecked_types")
def test_wrong_arrays_are_refused_on_construction() -> None:
    walls, markers, robot = arrays()
    for wrong, message in [
        ((walls.astype(int), markers, robot), "walls: expected bool with 3 axes, given int64"),
        ((walls, markers.astype(np.int16), robot), "markers: expected int8 with 3 axes, given int16"),
        ((walls, markers, robot[0]), r"robot: expected int8 with 2 axes, given int8 \(3,\)"),
        ((walls, [[[0]]], robot), "markers: .* given a list"),
        ((walls, markers[:, :2], robot), r"markers: expected the walls' shape \(2, 3, 4\)"),
        ((walls, markers, robot[:1]), r"robot: expected shape \(2, 3\)"),
        ((walls[:, :0], markers[:, :0], robot), "1 to 127 cells, given 0 rows"),
        (arrays(1, 128, 1), "1 to 127 cells, given 128 rows"),
    ]:
        with pytest.raises(UsageError, match=message):
            Grids(*wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "index", "value", "message"),
    [
        ("robot", (1, 0), 3, "world 1: the robot is outside the 3 x 4 cells"),
        ("robot", (1, 1), -1, "world 1: the robot is outside"),
        ("robot", (0, 2), 4, "world 0: the robot's facing is not 0 to 3"),
        ("walls", (1, 0, 0), True, "world 1: the robot stands on a wall"),
        ("markers", (1, 2, 2), -1, "world 1: a cell holds fewer than 0 markers"),
        ("markers", (0, 1, 1), 5, "world 0: there are markers on a wall"),
    ],
)
def test_check_names_the_first_impossible_world(name: str, index: tuple, value: int, message: str) -> None:
    grids = Grids(*arrays())
    grids.walls[0, 1, 1] = True
    assert grids.check() is grids
    getattr(grids, name)[index] = value
    with pytest.raises(UsageError, match=message):
        grids.check()


def test_equal_looks_at_walls_markers_and_robot() -> None:
    grids = Grids(*arrays(4))
    other = Grids(grids.walls.copy(), grids.markers.copy(), grids.robot.copy())
    assert grids.equal(other).tolist() == [True] * 4
    other.walls[1, 0, 0], other.markers[2, 0, 0], other.robot[3, 2] = True, 1, 1
    assert grids.equal(other).tolist() == [True, False, False, False]
    with pytest.raises(UsageError, match="cannot compare"):
        grids.equal(other[:2])


def test_worlds_are_picked_repeated_and_joined() -> None:
    grids = join([read("> 1 ."), read(". < 2"), read("# ^ .")])
    assert [show(grids, index) for index in range(3)] == ["> 1 .", ". < 2", "# ^ ."]
    assert show(grids[1]) == show(grids[-2]) == ". < 2"
    assert show(grids[-1]) == "# ^ ."
    assert [show(grid) for grid in grids] == ["> 1 .", ". < 2", "# ^ ."]
    for outside in (3, -4):
        with pytest.raises(IndexError, match=f"world {outside} of 3"):
            grids[outside]
    assert len(grids[np.array([2, 2, 0])]) == 3
    assert [show(grids.repeat(2), index) for index in range(4)] == ["> 1 .", "> 1 .", ". < 2", ". < 2"]
    with pytest.raises(UsageError, match="different sizes"):
        join([read(">"), read("> .")])
    with pytest.raises(UsageError, match="at least one"):
        join([])


def test_a_full_cell_fits_the_array() -> None:
    assert np.iinfo(np.int8).max >= CAPACITY
