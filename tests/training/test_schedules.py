"""Learning-rate factors against their formulas."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ontogeny.training.schedules import Constant, Cosine, Linear, Published, Schedule, Trapezoid

steps_and_warmup = st.integers(1, 500).flatmap(lambda steps: st.tuples(st.just(steps), st.integers(0, steps)))


@settings(deadline=None)
@given(steps_and_warmup, st.sampled_from([Constant, Linear, Cosine, Trapezoid, Published]))
def test_factor_lies_between_0_and_1(sizes: tuple[int, int], kind: type) -> None:
    steps, warmup = sizes
    schedule: Schedule = kind(warmup=warmup)
    assert all(0 <= schedule.factor(step, steps) <= 1 for step in range(steps))


@pytest.mark.parametrize("schedule", [Constant(warmup=10), Linear(warmup=10), Cosine(warmup=10), Trapezoid(warmup=10)])
def test_warmup_rises_in_equal_parts_to_the_full_rate(schedule: Schedule) -> None:
    factors = [schedule.factor(step, 10_000) for step in range(10)]
    assert factors == pytest.approx([(step + 1) / 10 for step in range(10)])


def test_linear_and_cosine_end_at_their_final_factor() -> None:
    for schedule in (Linear(final=0.1), Cosine(final=0.1)):
        assert schedule.factor(0, 100) == 1
        assert schedule.factor(50, 100) == pytest.approx(0.55)
        assert schedule.factor(100, 100) == pytest.approx(0.1)
    assert Cosine().factor(25, 100) == pytest.approx((1 + math.sqrt(0.5)) / 2)


def test_trapezoid_is_flat_until_its_decay() -> None:
    schedule = Trapezoid(warmup=5, decay=0.2)
    assert [schedule.factor(step, 100) for step in (5, 50, 80)] == [1, 1, 1]
    assert [schedule.factor(step, 100) for step in (85, 90, 99)] == pytest.approx([0.75, 0.5, 0.05])


def test_published_schedule_has_warmup_and_length_multiplied_by_accumulation() -> None:
    schedule = Published()
    assert schedule.factor(0, 80_000) == 0
    assert schedule.factor(24_000, 80_000) == 0.5
    assert schedule.factor(48_000, 80_000) == 1
    assert schedule.factor(80_000, 80_000) == pytest.approx(560 / 592)
