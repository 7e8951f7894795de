import pytest

from ontogeny.atlas.words import EN_DASH, SIGNS, duration, measured, number, verdict_counts
from ontogeny.claims import Verdict

MINUS = "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("estimate", "low", "high", "text"),
    [
        (0.91234, 0.8934, 0.9313, "0.912 [0.893, 0.931]"),
        (-0.5, -0.75, -0.25, f"{MINUS}0.50 [{MINUS}0.75, {MINUS}0.25]"),
        (1234.0, 1000.0, 1468.0, "1234 [1000, 1468]"),
        (1.0, 1.0, 1.0, "1.000 [1.000, 1.000]"),
        (0.5, None, None, "0.50"),
        (None, None, None, EN_DASH),
    ],
)
def test_digits_follow_the_interval(estimate, low, high, text):
    assert measured({"estimate": estimate, "low": low, "high": high}) == text


def test_the_unit_is_said_once():
    assert measured({"estimate": 91.0, "low": 88.0, "high": 94.0, "unit": "%"}) == "91.0 [88.0, 94.0] %"


def test_no_number_is_a_dash():
    assert number(None) == number(float("nan")) == EN_DASH


@pytest.mark.parametrize(
    ("verdicts", "text"),
    [
        ([], "No claims are registered."),
        (["undecided"], "The only claim is undecided."),
        (["reproduced"] * 3, "All 3 claims are reproduced."),
        (
            ["undecided", "reproduced", "contradicted", "reproduced"],
            "Of 4 claims, 2 are reproduced, 1 is contradicted and 1 is undecided.",
        ),
    ],
)
def test_verdicts_are_counted_in_one_sentence(verdicts, text):
    assert verdict_counts([{"verdict": verdict} for verdict in verdicts]) == text


def test_every_verdict_has_a_sign():
    assert set(SIGNS) == set(map(str, Verdict))


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (89, "89 s"), (90, "2 min"), (3600, "60 min"), (8000, "2 h 13 min")]
)
def test_times_are_for_readers(seconds, text):
    assert duration(seconds) == text
