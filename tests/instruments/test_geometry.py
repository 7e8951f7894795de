from fractions import Fraction

import numpy as np
import pytest

from ontogeny.instruments import dimensionality, interference, plateaus, represented


def polygon(corners: int) -> np.ndarray:
    angles = 2 * np.pi * np.arange(corners) / corners
    return np.stack([np.cos(angles), np.sin(angles)])


@pytest.mark.parametrize(("corners", "dimensions"), [(3, 2 / 3), (4, 1 / 2), (5, 2 / 5)])
def test_corners_of_a_polygon_share_its_plane(corners, dimensions):
    np.testing.assert_allclose(dimensionality(polygon(corners)), dimensions)


def test_orthogonal_features_have_a_dimension_each_and_no_interference():
    directions = np.stack([np.diag([1.0, 0.5, 0.0]), np.diag([2.0, 1.0, 1.0])])
    np.testing.assert_allclose(dimensionality(directions), [[1, 1, 0], [1, 1, 1]])
    np.testing.assert_allclose(interference(directions), 0)
    np.testing.assert_allclose(represented(directions), [1, 3])


def test_an_opposite_pair_interferes_by_its_whole_length():
    np.testing.assert_allclose(interference(np.array([[2.0, -2.0]])), 4)


def test_values_that_pile_up_at_a_fraction_are_found_and_even_ones_are_not():
    rng = np.random.default_rng(0)
    piled = np.concatenate([rng.normal(0.5, 0.005, 60), rng.normal(2 / 3, 0.005, 30), rng.uniform(0, 1, 60)])
    assert set(plateaus(piled)) == {Fraction(1, 2), Fraction(2, 3)}
    assert plateaus(rng.uniform(0, 1, 5000)) == {}
    assert set(plateaus(np.ones(20))) == {Fraction(1)}


def test_a_pile_between_two_fractions_counts_for_the_nearer_one_alone():
    assert set(plateaus(np.full(40, 0.385))) == {Fraction(3, 8)}
    assert set(plateaus(np.full(40, 0.39))) == {Fraction(2, 5)}


def test_even_values_are_as_many_at_1_as_beside_it():
    even = np.linspace(0, 1, 10_001)
    found = plateaus(even, excess=0.0)
    assert [found[fraction] for fraction in (Fraction(1), Fraction(1, 2))] == pytest.approx([1.0, 1.0], abs=0.01)
