import numpy as np
import pytest

from ontogeny.instruments import lead_over_seeds, lead_time

STEPS = np.arange(0, 2001, 40)


def rise(midpoint: float, noise: float = 0.01, seed: int = 0) -> np.ndarray:
    return 1 / (1 + np.exp(-(STEPS - midpoint) / 60)) + np.random.default_rng(seed).normal(0, noise, len(STEPS))


def test_the_lead_is_the_distance_of_the_midpoints():
    lead = lead_time(STEPS, rise(800, seed=1), rise(1200, seed=2))
    assert lead is not None
    assert lead.low < 400 < lead.high
    assert lead.steps == pytest.approx(400, abs=15)
    assert lead.share == pytest.approx(1 / 3, abs=0.02)


def test_what_comes_after_leads_by_less_than_nothing():
    lead = lead_time(STEPS, rise(1200, seed=1), rise(800, seed=2))
    assert lead is not None
    assert lead.high < 0


def test_no_transition_no_lead():
    flat = np.random.default_rng(0).normal(size=len(STEPS))
    assert lead_time(STEPS, flat, rise(800)) is None
    assert lead_over_seeds([None]) is None


def test_over_seeds_the_share_is_averaged_and_missing_seeds_are_told():
    leads = [lead_time(STEPS, rise(800, seed=s), rise(1200 + 40 * s, seed=s + 9)) for s in range(3)]
    found = lead_over_seeds([*leads, None])
    assert found is not None
    assert found.low < 1 - 800 / 1240 < found.high
    assert found.n == 3
    assert "1 of 4 seeds left out" in found.method
