"""How features share the space of hidden units: dimensions a feature takes, interference, polytopes."""

from collections.abc import Mapping
from fractions import Fraction

import numpy as np
from jaxtyping import Float

POLYTOPES: Mapping[Fraction, str] = {
    Fraction(1): "a dimension each",
    Fraction(3, 4): "tetrahedron",
    Fraction(2, 3): "triangle",
    Fraction(1, 2): "opposite pair",
    Fraction(2, 5): "pentagon",
    Fraction(3, 8): "square antiprism",
}
"""Dimensions a feature in arrangements that spread features evenly (Elhage et al. 2022): dimensions / features."""


def dimensionality(
    directions: Float[np.ndarray, "*many neuron feature"],
) -> Float[np.ndarray, "*many feature"]:
    """Dimensions that each feature has for itself: |W_i|^2 / sum_j (W_i / |W_i| . W_j)^2 (Elhage et al. 2022).

    1 for a feature orthogonal to all others, 1/2 for one of an opposite pair, 0 for one that is not represented. In an
    arrangement whose features together fill the space the values add up to its dimensions.
    """
    norms = np.linalg.norm(directions, axis=-2)
    overlaps = np.einsum("...nf,...ng->...fg", directions, directions) ** 2
    shared = overlaps.sum(axis=-1)  # |W_i|^2 times the sum in the formula
    return np.divide(norms**4, shared, out=np.zeros_like(norms), where=shared > 0)


def interference(
    directions: Float[np.ndarray, "*many neuron feature"],
) -> Float[np.ndarray, "*many feature"]:
    """How much the other features write into each one's direction: sum over j != i of (W_i / |W_i| . W_j)^2."""
    norms = np.linalg.norm(directions, axis=-2)
    overlaps = np.einsum("...nf,...ng->...fg", directions, directions) ** 2
    others = overlaps.sum(axis=-1) - norms**4
    return np.divide(others, norms**2, out=np.zeros_like(norms), where=norms > 0)


def represented(
    directions: Float[np.ndarray, "*many neuron feature"], least: float = 0.5
) -> Float[np.ndarray, "*many"]:
    """How many features have a direction longer than `least`."""
    return np.sum(np.linalg.norm(directions, axis=-2) > least, axis=-1).astype(np.float64)


def plateaus(
    values: Float[np.ndarray, " feature"], *, width: float = 0.02, excess: float = 2.0
) -> dict[Fraction, float]:
    """The polytopes' fractions at which values pile up, and by how much more than beside them.

    The share of values within `width` of a fraction, and nearer to it than to any other, is compared with what the two
    flanks, twice as wide each, hold in the same width; where the flanks hold nothing, one value is counted there. A
    fraction is listed from `excess` on, and from five values on. At 1, where values end, there is neither an upper
    flank nor an upper half of the width.
    """
    places = np.array([float(fraction) for fraction in POLYTOPES])
    nearest = places[np.abs(values[:, None] - places).argmin(axis=1)]
    found = {}
    for fraction, place in zip(POLYTOPES, places, strict=True):
        distance = np.abs(values - place)
        inside = int(np.sum((distance <= width) & (nearest == place)))
        flanks = int(np.sum((distance > width) & (distance <= 3 * width)))
        expected = max(flanks, 1) / 2
        if inside >= 5 and inside / expected >= excess:
            found[fraction] = inside / expected
    return found
