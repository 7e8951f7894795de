import json
from dataclasses import replace

import pytest

from ontogeny.claims import (
    Above,
    Claim,
    Evidence,
    Quantity,
    Untested,
    Verdict,
    check_shams,
    ledger_rows,
    once_each,
)

CLAIM = Claim(
    id="accuracy",
    statement="It solves unseen tasks.",
    source="Somebody 2024",
    published="92.4 %",
    quantity="accuracy",
    criterion=Above(threshold=0.9),
    presets=("laptop", "overnight"),
)


def evidence_of(values: list[float], shams: list[float], *, arm: str = "main", preset: str = "laptop", base=None):
    evidence = base or Evidence.empty("karel", preset)
    for seed, value in enumerate(values):
        quantities = [
            Quantity("accuracy", value),
            *(Quantity("accuracy", sham, "sham") for sham in shams[seed : seed + 1]),
        ]
        evidence = evidence.with_seed(arm, seed, quantities, {}, {}, claims=[CLAIM])
    return evidence


GOOD = evidence_of([0.95, 0.96, 0.97], [0.1, 0.1, 0.12])


def test_a_row_holds_claim_measurement_and_sham() -> None:
    [row] = ledger_rows("karel", [CLAIM], GOOD)
    needed = "study claim statement source published criterion estimate low high seeds preset verdict sham_verdict"
    assert set(needed.split()) <= set(row)
    assert (row["study"], row["claim"], row["preset"], row["seeds"]) == ("karel", "accuracy", "laptop", 3)
    assert row["estimate"] == pytest.approx(0.96)
    assert row["low"] == pytest.approx(0.96 - 4.302653 * 0.01 / 3**0.5, abs=1e-6)
    assert (row["verdict"], row["sham_verdict"]) == ("reproduced", "not reproduced at this scale")
    assert row["moved"] is False
    assert check_shams([row]) == []
    assert json.loads(json.dumps(row, allow_nan=False)) == row


def test_a_sham_that_comes_out_as_reproduced_is_reported() -> None:
    rows = ledger_rows("karel", [CLAIM], evidence_of([0.95, 0.96, 0.97], [0.95, 0.96, 0.97]))
    [problem] = check_shams(rows)
    assert "karel/accuracy" in problem
    assert "reproduced" in problem


def test_a_sham_as_partly_reproduced_as_the_claim_is_reported() -> None:
    claim = replace(CLAIM, criterion=Above(threshold=0.99, partly=0.9))
    [problem] = check_shams(ledger_rows("karel", [claim], evidence_of([0.95, 0.96, 0.97], [0.95, 0.96, 0.97])))
    assert "partly reproduced" in problem
    assert check_shams(ledger_rows("karel", [claim], evidence_of([0.995, 0.996, 0.997], [0.95, 0.96, 0.97]))) == []


def test_a_decided_claim_needs_a_sham_over_enough_seeds() -> None:
    [problem] = check_shams(ledger_rows("karel", [CLAIM], evidence_of([0.95, 0.96, 0.97], [0.1])))
    assert "1 seeds only" in problem
    undecided = ledger_rows("karel", [CLAIM], evidence_of([0.95, 0.96], []))
    assert undecided[0]["verdict"] == "undecided"
    assert check_shams(undecided) == []


def test_a_sham_without_a_value_was_measured_and_is_not_reproduced() -> None:
    [row] = ledger_rows("karel", [CLAIM], evidence_of([0.95, 0.96, 0.97], [float("nan")] * 3))
    assert (row["sham_seeds"], row["sham_estimate"], row["sham_verdict"]) == (3, None, "undecided")
    assert check_shams([row]) == []


def test_without_evidence_every_claim_is_undecided() -> None:
    [row] = ledger_rows("karel", [CLAIM], None)
    assert (row["verdict"], row["reason"], row["estimate"], row["preset"]) == ("undecided", "not measured", None, None)


@pytest.mark.parametrize(
    ("verdicts", "counted"),
    [
        (["reproduced", "undecided"], 0),
        (["undecided", "contradicted"], 1),
        (["reproduced", "contradicted"], 1),
        (["undecided", "undecided"], 1),
        (["contradicted", "reproduced", "undecided"], 1),
    ],
)
def test_a_claim_counts_once_by_the_largest_preset_that_decides_it(verdicts, counted) -> None:
    [row] = ledger_rows("karel", [CLAIM], GOOD)
    rows = [{**row, "preset": str(place), "verdict": verdict} for place, verdict in enumerate(verdicts)]
    assert once_each(rows) == [rows[counted]]
    others = [{**row, "claim": "other"}, {**row, "study": "other"}]
    assert once_each([*rows, *others]) == [rows[counted], *others]


def test_at_a_preset_the_claim_does_not_name_numbers_are_shown_and_not_judged() -> None:
    evidence = evidence_of([0.95, 0.96, 0.97], [0.95, 0.96, 0.97], preset="smoke")
    [row] = ledger_rows("karel", [CLAIM], evidence)
    assert row["verdict"] == "undecided"
    assert row["reason"] == "this claim is decided at laptop or overnight, not at smoke"
    assert row["estimate"] == pytest.approx(0.96)
    assert check_shams([row]) != []


def test_a_claim_against_another_arm_is_judged_on_differences_of_common_seeds() -> None:
    both = evidence_of([0.5, 0.7, 0.3, 0.1], [], arm="prefix", base=GOOD)
    claim = replace(CLAIM, against="prefix", criterion=Above(threshold=0.1))
    [row] = ledger_rows("karel", [claim], both)
    assert row["estimate"] == pytest.approx((0.45 + 0.26 + 0.67) / 3)
    assert (row["seeds"], row["against"]) == (3, "prefix")
    assert ledger_rows("karel", [replace(claim, against="never run")], both)[0]["reason"] == "not measured"


def test_a_moved_criterion_and_an_untested_claim_show_in_their_rows() -> None:
    lowered = replace(CLAIM, criterion=Above(threshold=0.5))
    untested = Claim(
        id="scale", statement="s", source="s", untested=Untested(verdict=Verdict.NOT_TESTABLE, reason="needs a cluster")
    )
    moved, not_run = ledger_rows("karel", [lowered, untested], GOOD)
    assert moved["moved"] is True
    assert (not_run["verdict"], not_run["reason"], not_run["moved"]) == ("not testable here", "needs a cluster", False)
    assert check_shams([not_run]) == []
