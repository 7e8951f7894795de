"""Settings: bounds, tagged unions, and which steps are kept."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ontogeny.configuration import from_yaml, override, to_yaml, validate
from ontogeny.errors import UsageError
from ontogeny.training import AdamW, Cosine, Muon, Published, Spacing, Training


@settings(deadline=None)
@given(st.integers(1, 5000), st.integers(1, 2000), st.booleans())
def test_first_and_last_steps_are_always_kept(last: int, every: int, logarithmic: bool) -> None:
    steps = Spacing(every=every, logarithmic=logarithmic).steps(last)
    assert steps[0] == 0
    assert steps[-1] == last
    assert list(steps) == sorted(set(steps))
    assert set(range(0, last, every)) <= set(steps)


def test_early_steps_are_powers_of_two_then_regular() -> None:
    assert Spacing(every=10).steps(35) == (0, 1, 2, 4, 8, 10, 20, 30, 35)
    assert Spacing(every=10, logarithmic=False).steps(35) == (0, 10, 20, 30, 35)
    assert Spacing(every=8).steps(16) == (0, 1, 2, 4, 8, 16)
    assert Spacing(every=1000).steps(5) == (0, 1, 2, 4, 5)


def test_yaml_brings_back_the_same_settings() -> None:
    training = Training(steps=10, optimiser=Muon(rest=AdamW(betas=(0.8, 0.9))), schedule=Published(), clip=None)
    assert from_yaml(Training, to_yaml(training)) == training


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ("steps=0", "steps: input should be greater than or equal to 1, given 0"),
        ("optimiser.lr=-1", "optimiser.adamw.lr: input should be greater than 0"),
        ("optimiser.kind=adagrad", "expected tags: 'adamw', 'muon', 'sgd'"),
        ("precision=fp16", "'fp32', 'bf16' or 'measure'"),
        ("optimiser.weight=1", "did you mean 'weight_decay'"),
        ("batches=3", "did you mean 'batch'"),
    ],
)
def test_wrong_settings_are_named(setting: str, named: str) -> None:
    with pytest.raises(UsageError, match=named):
        override(Training(steps=10), [setting])


def test_another_kind_starts_from_its_defaults() -> None:
    assignments = ["optimiser.kind=muon", "optimiser.rest.lr=0.5", "schedule.kind=cosine"]
    changed = override(Training(steps=10, optimiser=AdamW(weight_decay=0.3)), assignments)
    assert changed == Training(steps=10, optimiser=Muon(rest=AdamW(lr=0.5)), schedule=Cosine())


def test_validate_checks_bounds_that_the_constructor_does_not() -> None:
    with pytest.raises(UsageError, match=r"Training: batch: .* given 0"):
        validate(Training(steps=1, batch=0))


def test_settings_are_there_without_torch_or_pydantic() -> None:
    code = "import sys, ontogeny.training; print({'torch', 'pydantic', 'pyarrow'} & set(sys.modules))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.strip() == "set()"
