import numpy as np
import pytest
from scipy.integrate import solve_ivp

from ontogeny.errors import UsageError
from ontogeny.references.deep_linear import effective_start, half_time, mode_curve

TIME = np.linspace(0, 6, 2001)


@pytest.mark.parametrize("layers", [1, 2, 3, 5])
def test_curves_solve_the_equation_of_a_decoupled_mode(layers):
    curve = mode_curve(TIME, 2.0, 0.05, layers=layers)
    slopes = np.gradient(curve, TIME)[5:-5]
    np.testing.assert_allclose(slopes, (layers * curve ** (2 - 2 / layers) * (2.0 - curve))[5:-5], atol=0.02)
    assert curve[0] == pytest.approx(0.05)


@pytest.mark.parametrize("layers", [1, 2, 3, 8])
def test_half_of_the_strength_is_reached_at_the_half_time(layers):
    half = half_time(3.0, 0.01, layers=layers)
    assert mode_curve(np.array([0.0, half]), 3.0, 0.01, layers=layers)[-1] == pytest.approx(1.5, rel=1e-6)
    assert half_time(3.0, 2.0, layers=layers) == 0


def test_a_small_random_network_follows_the_curve_from_its_effective_start():
    rng = np.random.default_rng(0)
    strengths, inputs, outputs = np.array([3.0, 1.5]), np.eye(2, 4), np.eye(2, 5)
    first, second = 1e-3 * rng.normal(size=(40, 4)), 1e-3 * rng.normal(size=(5, 40))
    wanted = (outputs.T * strengths) @ inputs

    def flow(_, flat):
        W1, W2 = flat[:160].reshape(40, 4), flat[160:].reshape(5, 40)
        error = wanted - W2 @ W1
        return np.concatenate([(W2.T @ error).ravel(), (error @ W1.T).ravel()])

    found = solve_ivp(flow, (0, 6), np.concatenate([first.ravel(), second.ravel()]), t_eval=TIME, rtol=1e-8)
    starts = effective_start(first, second, inputs, outputs)
    for mode, (strength, start) in enumerate(zip(strengths, starts, strict=True)):
        real = [y[160:].reshape(5, 40)[mode] @ y[:160].reshape(40, 4)[:, mode] for y in found.y.T]
        np.testing.assert_allclose(real, mode_curve(TIME, strength, start), atol=0.02 * strength)


def test_a_mode_needs_a_start():
    with pytest.raises(UsageError, match="start > 0"):
        mode_curve(TIME, 1.0, 0.0)
