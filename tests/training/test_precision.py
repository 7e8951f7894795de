"""The choice between fp32 and bf16."""

import time

import pytest

from ontogeny.training.precision import Precision, measure


@pytest.mark.parametrize(("fp32", "bf16", "chosen"), [(0.02, 0.002, "bf16"), (0.002, 0.02, "fp32")])
def test_the_faster_is_chosen(fp32: float, bf16: float, chosen: str) -> None:
    def attempt(precision: Precision) -> None:
        time.sleep(fp32 if precision == "fp32" else bf16)

    precision, milliseconds = measure(attempt)
    assert precision == chosen
    assert milliseconds["fp32"] >= 1000 * fp32
    assert milliseconds["bf16"] >= 1000 * bf16


def test_the_first_pass_of_each_does_not_count() -> None:
    passes: list[Precision] = []

    def attempt(precision: Precision) -> None:
        if precision not in passes:
            time.sleep(0.05)
        passes.append(precision)

    _, milliseconds = measure(attempt)
    assert passes == ["fp32"] * 4 + ["bf16"] * 4
    assert max(milliseconds.values()) < 50
