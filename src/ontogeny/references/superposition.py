"""What the toy model of superposition can do at best with two features and one hidden unit, and which is best.

The toy model (Elhage et al. 2022, arXiv 2209.10652) gives back relu(W^T W x + b). With two features and one unit it can
drop the less or the more important one, or keep both in opposite directions. Which has the least loss is the paper's
theoretical phase diagram.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

STRATEGIES = ("only the first", "only the second", "both, opposite")
_NODES, _NODE_WEIGHTS = np.polynomial.legendre.leggauss(24)
_NODES, _NODE_WEIGHTS = (_NODES + 1) / 2, _NODE_WEIGHTS / 2  # on (0, 1)


def expected_loss(
    directions: Float[np.ndarray, "neuron 2"], biases: Float[np.ndarray, "2"], density: float, importance: float
) -> float:
    """The mean over all inputs of sum_i importance^i (x_i - relu(W^T W x + b)_i)^2, for two features.

    A feature is present with probability `density`, then uniform on (0, 1). Gauss-Legendre quadrature with 24 nodes a
    feature: the kinks of the relu leave errors of about 1e-4 relative.
    """
    x, y = np.meshgrid(_NODES, _NODES)
    weights = np.outer(_NODE_WEIGHTS, _NODE_WEIGHTS)
    zero = np.zeros_like(x)
    cases = [
        ((1 - density) ** 2, zero, zero),
        (density * (1 - density), x, zero),
        (density * (1 - density), zero, y),
        (density**2, x, y),
    ]
    gram, counts = directions.T @ directions, np.array([1.0, importance])
    total = 0.0
    for probability, first, second in cases:
        shown = np.stack([first, second])
        given = np.maximum(0, np.einsum("ij,jab->iab", gram, shown) + biases[:, None, None])
        errors = np.einsum("i,iab->ab", counts, (shown - given) ** 2)
        total += probability * float(np.sum(weights * errors))
    return total


def best_losses(density: float, importance: float) -> Float[np.ndarray, " strategy"]:
    """The least loss of each of `STRATEGIES`, over lengths and biases."""
    from scipy.optimize import minimize

    def loss(point: Float[np.ndarray, "4"], signs: Sequence[int]) -> float:
        return expected_loss(np.array([signs]) * point[:2], point[2:], density, importance)

    found = []
    mean = density / 2  # of a feature: what a bias alone can give back
    for signs, start in (((1, 0), (1, 0, 0, mean)), ((0, 1), (0, 1, mean, 0)), ((1, -1), (1, 1, 0, 0))):
        best = minimize(loss, np.array(start, float), args=(signs,), method="Nelder-Mead", options={"xatol": 1e-4})
        found.append(float(best.fun))
    return np.array(found)
