"""Exact learning curves of deep linear networks (Saxe, McClelland & Ganguli 2013, arXiv 1312.6120).

Under gradient flow on half the squared error with whitened inputs, a mode of strength s that starts decoupled from the
others with strength a, equal in all `layers` weight matrices, follows da/dt = layers * a^(2 - 2 / layers) * (s - a).
One step of gradient descent at rate lr on the whole squared error is a time of 2 * lr.
"""

import numpy as np
from jaxtyping import Float

from ontogeny.errors import UsageError


def mode_curve(
    time: Float[np.ndarray, " checkpoint"], strength: float, start: float, *, layers: int = 2
) -> Float[np.ndarray, " checkpoint"]:
    """The strength of one mode over time, from `start` (above 0) towards `strength`.

    One layer: an exponential. Two: the logistic s / (1 + (s / a - 1) exp(-2 s t)), the paper's equation (12). More:
    the equation above, integrated.
    """
    _check(strength, start, layers)
    if layers == 1:
        return strength + (start - strength) * np.exp(-time)
    if layers == 2:
        return strength / (1 + (strength / start - 1) * np.exp(-2 * strength * time))
    from scipy.integrate import solve_ivp

    power = 2 - 2 / layers
    found = solve_ivp(
        lambda _, a: layers * a**power * (strength - a),
        (0.0, float(time[-1])),
        [start],
        t_eval=time,
        method="LSODA",
        rtol=1e-9,
        atol=1e-12 * strength,
    )
    return found.y[0]


def half_time(strength: float, start: float, *, layers: int = 2) -> float:
    """When half of the strength is reached: ln(s / a - 1) / (2 s) for two layers."""
    _check(strength, start, layers)
    if start >= strength / 2:
        return 0.0
    if layers == 1:
        return float(np.log((strength - start) / (strength / 2)))
    if layers == 2:
        return float(np.log(strength / start - 1) / (2 * strength))
    from scipy.integrate import quad

    power = 2 - 2 / layers  # in x = ln a the integrand has no pole near the start
    area, _ = quad(
        lambda x: np.exp(x * (1 - power)) / (layers * (strength - np.exp(x))), np.log(start), np.log(strength / 2)
    )
    return float(area)


def effective_start(
    first: Float[np.ndarray, "neuron feature"],
    second: Float[np.ndarray, "output neuron"],
    inputs: Float[np.ndarray, "mode feature"],
    outputs: Float[np.ndarray, "mode output"],
) -> Float[np.ndarray, " mode"]:
    """Where each mode of a two-layer network effectively starts: |W1 v + W2^T u|^2 / 4.

    Small random weights are neither balanced nor decoupled. While they are small, the halves W1 v and W2^T u of a mode
    follow a linear equation whose growing solution is their mean; the mode soon is as if it had started balanced with
    that mean's squared length. Follows from the paper's equations (5) and (6) linearised at zero.
    """
    means = (first @ inputs.T + second.T @ outputs.T) / 2  # [neuron mode]
    return np.sum(means**2, axis=0)


def _check(strength: float, start: float, layers: int) -> None:
    if not (0 < start < strength or 0 < strength <= start) or layers < 1:
        raise UsageError(
            f"a mode needs strength > 0, start > 0 and layers >= 1, given {strength:g}, {start:g} and {layers}"
        )
