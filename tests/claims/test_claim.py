import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontogeny.claims import Above, Below, Claim, Publication, Untested, Verdict, Within, judge
from ontogeny.configuration import content_hash, from_plain, to_plain
from ontogeny.errors import UsageError
from ontogeny.statistics import t_interval

CLAIM = Claim(
    id="accuracy",
    statement="The model solves unseen tasks.",
    source="Somebody 2024",
    quantity="accuracy",
    criterion=Above(threshold=0.9, partly=0.5, contradicted=0.2),
    presets=("laptop",),
)
FULL = {
    "above": Above(threshold=0.9, partly=0.5, contradicted=0.2),
    "below": Below(threshold=-0.9, partly=-0.5, contradicted=-0.2),
}


def around(centre: float, reach: float, confidence: float = 0.95) -> np.ndarray:
    """Three values whose t interval at this confidence is centre +- reach."""
    unit = np.array([-1.0, 0.0, 1.0])
    return centre + unit * reach / (t_interval(unit, confidence=confidence).high)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.91, 0.99, Verdict.REPRODUCED),
        (0.89, 0.99, Verdict.PARTLY),
        (0.55, 0.60, Verdict.PARTLY),
        (0.45, 0.55, Verdict.UNDECIDED),
        (0.45, 0.95, Verdict.UNDECIDED),
        (0.25, 0.45, Verdict.NOT_REPRODUCED),
        (0.15, 0.45, Verdict.NOT_REPRODUCED),
        (0.15, 0.55, Verdict.UNDECIDED),
        (0.10, 0.15, Verdict.CONTRADICTED),
    ],
)
def test_the_whole_interval_must_clear_a_bar_and_below_mirrors_above(low: float, high: float, verdict: Verdict) -> None:
    values = around((low + high) / 2, (high - low) / 2)
    above = judge(CLAIM, values)
    assert above.verdict is verdict
    assert (above.low, above.high, above.seeds) == (pytest.approx(low), pytest.approx(high), 3)
    assert judge(replace(CLAIM, criterion=FULL["below"]), -values).verdict is verdict


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.46, 0.54, Verdict.REPRODUCED),
        (0.42, 0.54, Verdict.PARTLY),
        (0.35, 0.54, Verdict.UNDECIDED),
        (0.62, 0.68, Verdict.NOT_REPRODUCED),
        (0.62, 0.85, Verdict.NOT_REPRODUCED),
        (0.81, 0.85, Verdict.CONTRADICTED),
        (0.10, 0.15, Verdict.CONTRADICTED),
    ],
)
def test_within_is_an_equivalence_test_with_a_90_percent_interval(low: float, high: float, verdict: Verdict) -> None:
    criterion = Within(margin=0.05, centre=0.5, partly=0.1, contradicted=0.3)
    values = around((low + high) / 2, (high - low) / 2, confidence=0.9)
    assert judge(replace(CLAIM, criterion=criterion), values).verdict is verdict


def test_without_the_optional_bars_there_is_neither_partly_nor_contradicted() -> None:
    claim = replace(CLAIM, criterion=Above(threshold=0.9))
    assert judge(claim, around(0.0, 0.1)).verdict is Verdict.NOT_REPRODUCED
    assert judge(claim, around(0.9, 0.1)).verdict is Verdict.UNDECIDED


def test_a_bar_is_cleared_only_beyond_it() -> None:
    equal = np.array([0.9, 0.9, 0.9])
    assert judge(replace(CLAIM, criterion=Above(threshold=0.9)), equal).verdict is Verdict.UNDECIDED
    assert judge(replace(CLAIM, criterion=Above(threshold=0.8)), equal).verdict is Verdict.REPRODUCED


def test_too_few_seeds_decide_nothing() -> None:
    two = judge(CLAIM, np.array([0.99, 0.99]))
    assert (two.verdict, two.reason) == (Verdict.UNDECIDED, "2 seeds are too few: at least 3 are needed")
    assert two.estimate == 0.99
    one = judge(CLAIM, np.array([0.99]))
    assert (one.verdict, one.estimate) == (Verdict.UNDECIDED, 0.99)
    assert one.reason == "1 seed is too few: at least 3 are needed"
    assert math.isnan(one.low)
    none = judge(CLAIM, np.array([]))
    assert (none.verdict, none.reason, none.seeds) == (Verdict.UNDECIDED, "not measured", 0)
    assert judge(CLAIM, np.array([0.99, 0.99]), minimum_seeds=2).verdict is Verdict.REPRODUCED
    with pytest.raises(UsageError, match="2 or more"):
        judge(CLAIM, np.array([0.99]), minimum_seeds=1)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_seed_without_a_value_is_said_and_decides_nothing(bad: float) -> None:
    judgement = judge(CLAIM, np.array([0.99, 0.98, 0.99, bad]))
    assert judgement.verdict is Verdict.UNDECIDED
    assert judgement.seeds == 3
    assert judgement.estimate == pytest.approx(0.98667, abs=1e-4)
    assert judgement.reason == "1 of 4 seeds gave no value of accuracy"


@given(
    values=st.lists(st.floats(-2, 2), min_size=3, max_size=8).map(np.array),
    shift=st.floats(0, 2),
    kind=st.sampled_from(["above", "below"]),
)
def test_moving_every_seed_the_claims_way_never_worsens_the_verdict(
    values: np.ndarray, shift: float, kind: str
) -> None:
    # An undecided interval may become decided either way it lies, so only the decided ones are ordered.
    order = [Verdict.CONTRADICTED, Verdict.NOT_REPRODUCED, Verdict.PARTLY, Verdict.REPRODUCED]
    claim, sign = replace(CLAIM, criterion=FULL[kind]), 1 if kind == "above" else -1
    before, after = judge(claim, values).verdict, judge(claim, values + sign * shift).verdict
    if before in order and after in order:
        assert order.index(after) >= order.index(before)


def test_a_criterion_reads_as_a_sentence() -> None:
    assert Above(threshold=0.9).text == "mean over seeds above 0.9 (95 % interval)"
    assert (
        Below(threshold=0, partly=0.1, contradicted=0.5).text
        == "mean over seeds below 0 (95 % interval); partly: below 0.1; contradicted: above 0.5"
    )
    assert (
        Within(margin=0.05, centre=0.5, contradicted=0.2).text
        == "mean over seeds within 0.05 of 0.5 (90 % interval); contradicted: more than 0.2 from 0.5"
    )


def test_any_change_of_a_criterion_changes_its_hash() -> None:
    criteria = [
        Above(threshold=0.9),
        Below(threshold=0.9),
        Above(threshold=0.8),
        Above(threshold=0.9, partly=0.5),
        Above(threshold=0.9, contradicted=0.5),
        Above(threshold=0.9, confidence=0.9),
        Within(margin=0.9),
        Within(margin=0.9, centre=0.1),
    ]
    assert len({criterion.hash for criterion in criteria}) == len(criteria)
    assert Above(threshold=0.9).hash == Above(threshold=0.9).hash


def test_what_is_tested_covers_quantity_and_arms() -> None:
    changed = [
        CLAIM,
        replace(CLAIM, quantity="other"),
        replace(CLAIM, arm="prefix"),
        replace(CLAIM, against="prefix"),
        replace(CLAIM, criterion=Above(threshold=0.8)),
    ]
    assert len({claim.test for claim in changed}) == len(changed)
    assert replace(CLAIM, statement="In other words.").test == CLAIM.test


@pytest.mark.parametrize(
    "make",
    [
        lambda: Above(threshold=0.9, partly=0.95),
        lambda: Above(threshold=0.9, partly=0.9),
        lambda: Above(threshold=0.9, partly=0.5, contradicted=0.6),
        lambda: Below(threshold=0.1, partly=0.05),
        lambda: Below(threshold=0.1, contradicted=0.05),
        lambda: Within(margin=0.1, partly=0.05),
    ],
)
def test_bars_out_of_order_are_refused(make) -> None:
    with pytest.raises(UsageError, match="criterion: expected"):
        make()


@pytest.mark.parametrize("verdict", [Verdict.UNDECIDED, Verdict.KERNEL, Verdict.NOT_TESTABLE, Verdict.NO_SYSTEM])
def test_an_untested_claim_says_why_whatever_the_values(verdict: Verdict) -> None:
    claim = Claim(id="a", statement="b", source="c", untested=Untested(verdict=verdict, reason="needs a cluster"))
    judgement = judge(claim, np.array([1.0, 1.0, 1.0]))
    assert (judgement.verdict, judgement.reason, judgement.seeds) == (verdict, "needs a cluster", 0)
    assert claim.test == ""


def test_a_claim_is_testable_or_says_why_not() -> None:
    with pytest.raises(UsageError, match="'a': needs a quantity"):
        Claim(id="a", statement="b", source="c")
    with pytest.raises(UsageError, match="needs a quantity"):
        replace(CLAIM, presets=())
    with pytest.raises(UsageError, match="given reproduced"):
        Untested(verdict=Verdict.REPRODUCED, reason="trust me")


@pytest.mark.parametrize("criterion", [*FULL.values(), Within(margin=0.1)])
def test_claims_and_criteria_survive_their_plain_form(criterion) -> None:
    claim = replace(CLAIM, criterion=criterion)
    again = from_plain(Claim, to_plain(claim))
    assert again == claim
    assert content_hash(again) == content_hash(claim)
    assert again.test == claim.test


def test_a_claim_of_a_publication_that_was_not_run_is_undecided_and_says_why() -> None:
    nobody = Publication("A. Nobody (2026)", ("laptop",))
    claim = nobody.not_run("text", "It holds on text.", "no world of text", "3 of 4")
    found = judge(claim, np.array([]))
    assert (claim.source, claim.published, claim.beyond) == ("A. Nobody (2026)", "3 of 4", False)
    assert (found.verdict, found.reason) == (Verdict.UNDECIDED, "not yet run: no world of text")


def test_of_a_position_a_kernel_is_tested_and_named() -> None:
    nobody = Publication("A. Nobody (2026)", ("laptop",))
    claim = nobody.position("text", "Texts have purposes.", "some texts end as they began.")
    found = judge(claim, np.array([]))
    assert claim.statement == "Texts have purposes. Kernel tested: some texts end as they began."
    assert (claim.source, claim.test, claim.beyond) == ("A. Nobody (2026)", "", False)
    assert found.verdict is Verdict.KERNEL
    assert found.reason == "a position without an experiment; tested is: some texts end as they began."
