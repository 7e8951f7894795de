import numpy as np
import pytest

from ontogeny.errors import UsageError
from ontogeny.instruments import distance_moved, fourier_gap, mode_strengths
from ontogeny.worlds import Hierarchy, Teacher


def test_the_wanted_map_has_the_wanted_strengths():
    modes = Teacher(singular_values=(3.0, 1.0)).modes(0)
    np.testing.assert_allclose(mode_strengths(np.stack([modes.map, 0.5 * modes.map]), modes), [[3, 1], [1.5, 0.5]])


def test_a_map_that_tells_no_branches_apart_carries_out_the_shared_mode_alone():
    world = Hierarchy()
    same = np.repeat(world.properties.mean(axis=1, keepdims=True), world.items, axis=1)
    strengths = mode_strengths(same, world.modes())
    assert strengths[0] == pytest.approx(np.sqrt(15))
    np.testing.assert_allclose(strengths[1:], 0, atol=1e-12)


def test_distance_is_that_of_each_model():
    np.testing.assert_allclose(
        distance_moved(np.zeros((2, 2, 2)), np.array([[[3.0, 0], [0, 4]], [[0, 0], [0, 1]]])), [5, 1]
    )


def test_the_fourier_gap_is_positive_where_the_relevant_coordinates_stand_out():
    amplitudes = np.array([[4.0, -2.0, 1.0, 0.5], [1.0, 4.0, -2.0, 0.0], [0.0, 0.0, 0.0, 0.0]])
    relevant = np.array([[0, 1], [0, 1], [2, 3]])
    np.testing.assert_allclose(fourier_gap(amplitudes, relevant), [(2 - 1) / 4, (1 - 2) / 4, 0])


def test_a_gap_needs_something_to_stand_out_from():
    with pytest.raises(UsageError, match="fewer relevant coordinates than 2, given 2"):
        fourier_gap(np.ones((1, 2)), np.array([[0, 1]]))
