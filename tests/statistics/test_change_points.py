import math
import sys

import numpy as np
import pytest
from scipy.optimize import curve_fit

from ontogeny.errors import UsageError
from ontogeny.statistics import Transition, change_points, t_interval, transition, transition_over_seeds

STEPS = np.linspace(0, 1000, 30)


def sigmoid(x: np.ndarray, midpoint: float, width: float) -> np.ndarray:
    """From 0 to 1; `width` is the distance from 10 % to 90 %."""
    return 0.5 * (1 + np.tanh((x - midpoint) * math.log(9) / width))


def noise(seed: int, size: int = 30) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=size)


def test_a_clear_transition_is_found_by_both_methods() -> None:
    found = transition(STEPS, sigmoid(STEPS, 420, 150) + 0.02 * noise(1))
    assert found is not None
    assert found.low < 420 < found.high
    assert found.high - found.low < 30
    assert found.step == pytest.approx(420, abs=10)
    assert found.step == found.sigmoid.midpoint
    assert found.agrees


@pytest.mark.parametrize("seed", range(4))
def test_midpoint_and_interval_are_those_of_least_squares(seed: int) -> None:
    def model(x, midpoint, width, before, after):
        return before + (after - before) * sigmoid(x, midpoint, width)

    curve = sigmoid(STEPS, 420, 150) + 0.02 * noise(seed)
    fitted, covariance = curve_fit(model, STEPS, curve, p0=[420, 150, 0, 1])
    found = transition(STEPS, curve)
    assert found is not None
    assert found.step == pytest.approx(fitted[0], abs=0.5)
    assert found.high - found.low == pytest.approx(2 * 1.96 * covariance[0, 0] ** 0.5, rel=0.3)


@pytest.mark.parametrize(
    "curve",
    [
        np.full(30, 0.5),
        0.1 * noise(0),
        STEPS / 1000 + 0.05 * noise(1),
        1 - np.exp(-STEPS / 200) + 0.02 * noise(2),
        np.exp(STEPS / 250) / 50 + 0.02 * noise(3),
        (STEPS / 1000 + 0.02) ** -0.5 + 0.02 * noise(4),
    ],
    ids=["constant", "noise", "line", "saturating", "taking off", "power law"],
)
def test_a_curve_without_a_transition_has_none(curve: np.ndarray) -> None:
    assert transition(STEPS, curve) is None
    assert change_points(STEPS, curve, 2) == ()


def test_a_jump_between_two_checkpoints_is_known_to_these() -> None:
    found = transition(STEPS, (STEPS > 500).astype(float) + 0.01 * noise(0))
    assert found is not None
    before, after = STEPS[STEPS <= 500][-1], STEPS[STEPS > 500][0]
    assert found.low <= before < after <= found.high
    assert found.high - found.low < 4 * (after - before)


def test_units_of_steps_and_values_do_not_matter() -> None:
    curve = sigmoid(STEPS, 420, 150) + 0.05 * noise(1)
    one, other = transition(STEPS, curve), transition(STEPS * 10, 3 - 100 * curve)
    assert one is not None
    assert other is not None
    for name in ("step", "low", "high"):
        assert getattr(other, name) == pytest.approx(10 * getattr(one, name), rel=1e-3)
    assert other.agrees == one.agrees


def test_the_same_seed_gives_the_same_interval() -> None:
    curve = sigmoid(STEPS, 420, 150) + 0.05 * noise(1)
    assert transition(STEPS, curve, seed=1) == transition(STEPS, curve, seed=1)
    assert transition(STEPS, curve, seed=1) != transition(STEPS, curve, seed=2)


def test_log_spaced_checkpoints_are_judged_on_their_own_axis() -> None:
    steps = np.array([0, *np.geomspace(1, 10_000, 24)])
    curve = sigmoid(np.log1p(steps), math.log1p(200), 2) + 0.02 * noise(1, 25)
    found = transition(steps, curve, scale="log")
    assert found is not None
    assert found.low < 200 < found.high < 300
    assert found.low > 130


def test_two_transitions_come_in_order_with_their_levels() -> None:
    curve = 0.3 * sigmoid(STEPS, 280, 120) + 0.7 * sigmoid(STEPS, 700, 120) + 0.01 * noise(1)
    first, second = change_points(STEPS, curve, 2)
    assert first.low < 280 < first.high < second.low < 700 < second.high
    assert first.agrees
    assert second.agrees
    levels = [first.sigmoid.before, first.sigmoid.after, second.sigmoid.before, second.sigmoid.after]
    np.testing.assert_allclose(levels, [0, 0.3, 0.3, 1], atol=0.03)
    assert first.sigmoid.after == pytest.approx(second.sigmoid.before)
    assert change_points(STEPS, curve, 3) == ()
    assert transition(STEPS, curve) is not None


def test_one_transition_is_not_two() -> None:
    assert change_points(STEPS, sigmoid(STEPS, 500, 300) + 0.02 * noise(0), 2) == ()


@pytest.mark.slow
def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    held, found = 0, 0
    for seed in range(100):
        generator = np.random.default_rng(seed)
        truth, width = generator.uniform(300, 700), generator.uniform(50, 500)
        curve = sigmoid(STEPS, truth, width) + 0.05 * generator.normal(size=30)
        result = transition(STEPS, curve, resamples=200, seed=seed)
        if result is not None:
            found += 1
            held += result.low <= truth <= result.high
    assert found >= 90
    assert held / found >= 0.9


@pytest.mark.slow
def test_noise_is_seldom_taken_for_a_transition() -> None:
    assert sum(transition(STEPS, noise(seed), resamples=2) is not None for seed in range(100)) <= 2


def test_seeds_are_the_unit_of_analysis() -> None:
    found = [transition(STEPS, sigmoid(STEPS, middle, 150) + 0.02 * noise(0)) for middle in (400, 420, 470)]
    steps = np.array([result.step for result in found if isinstance(result, Transition)])
    interval, t = transition_over_seeds(found), t_interval(steps)
    assert interval is not None
    assert (interval.estimate, interval.low, interval.high, interval.n) == (t.estimate, t.low, t.high, 3)
    with_missing = transition_over_seeds([*found, None])
    assert with_missing is not None
    assert with_missing.n == 3
    assert with_missing.method.endswith("1 of 4 seeds left out: no transition")
    assert transition_over_seeds([None, None]) is None


def test_requests_that_cannot_be_met_are_refused() -> None:
    with pytest.raises(UsageError, match="count: expected 1"):
        change_points(STEPS, noise(0), 0)
    with pytest.raises(UsageError, match="12 or more checkpoints"):
        change_points(STEPS[:10], noise(0)[:10], 2)
    with pytest.raises(UsageError, match="between 0 and 1"):
        transition(STEPS, noise(0), confidence=95)


def test_half_of_a_sigmoid_is_an_approach_and_no_transition(monkeypatch: pytest.MonkeyPatch) -> None:
    # A standstill over the first, logarithmic checkpoints, then saturation: no level before the rise is seen.
    steps = np.array([0, 1, 2, 4, 8, 16, 32, 64, 128, *range(150, 6001, 150)])
    early, whole = (sigmoid(steps, middle, 2300) + 0.005 * noise(0, len(steps)) for middle in (1.5, 3000))
    assert transition(steps, early) is None
    assert transition(steps, whole) is not None
    monkeypatch.setattr(sys.modules["ontogeny.statistics.change_points"], "_seen_whole", lambda fit, places: True)
    assert transition(steps, early) is not None
