"""The ledger: one row a claim, with what was published, what was measured, the verdict, and the sham's verdict."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import isfinite
from typing import Any

import numpy as np
from jaxtyping import Float

from ontogeny.claims.claim import MINIMUM_SEEDS, UNTESTED_VERDICTS, Claim, Judgement, Verdict, judge
from ontogeny.claims.evidence import Evidence, Kind, moved_criteria


def ledger_rows(study_id: str, claims: Sequence[Claim], evidence: Evidence | None) -> list[dict[str, Any]]:
    """One row of plain data (ready for JSON; None where there is no number) for each claim, in their order.

    Without evidence every testable claim is undecided. At a preset that a claim does not name, its numbers are given
    and its verdict stays undecided; its sham is judged all the same.
    """
    moved = moved_criteria(evidence, claims) if evidence is not None else []
    return [_row(study_id, claim, evidence, claim.id in moved) for claim in claims]


def once_each(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """One row a claim, for counting: that of the largest preset that decides it, else that of the largest measured.

    A claim's rows come from the smallest preset to the largest, as `study_ledger` gives them.
    """
    kept: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in rows:
        claim = (row["study"], row["claim"])
        if claim not in kept or row["verdict"] != Verdict.UNDECIDED or kept[claim]["verdict"] == Verdict.UNDECIDED:
            kept[claim] = row
    return list(kept.values())


def check_shams(rows: Iterable[dict[str, Any]]) -> list[str]:
    """What is wrong with the shams, one sentence each; empty when every criterion has shown that it can fail.

    A sham must not come out as reproduced, nor as partly reproduced where the claim is no more than that. A decided
    claim needs a sham over as many seeds as a verdict takes. A sham on which the quantity could not be computed (nan)
    was measured: what does not exist is not reproduced.
    """
    problems = []
    for row in rows:
        name = f"{row['study']}/{row['claim']}"
        if row["sham_verdict"] == Verdict.REPRODUCED or row["sham_verdict"] == row["verdict"] == Verdict.PARTLY:
            problems.append(f"{name}: its sham comes out as {row['sham_verdict']} ({row['sham_reason']})")
        elif row["verdict"] not in UNTESTED_VERDICTS and row["sham_seeds"] < MINIMUM_SEEDS:
            problems.append(f"{name}: decided, but its sham was measured on {row['sham_seeds']} seeds only")
    return problems


def _row(study_id: str, claim: Claim, evidence: Evidence | None, moved: bool) -> dict[str, Any]:
    measured = judge(claim, _values(claim, evidence, "measured"))
    sham = judge(claim, _values(claim, evidence, "sham"))
    if evidence is not None and claim.test and evidence.preset not in claim.presets:
        reason = f"this claim is decided at {' or '.join(claim.presets)}, not at {evidence.preset}"
        measured = replace(measured, verdict=Verdict.UNDECIDED, reason=reason)
    return {
        "study": study_id,
        "claim": claim.id,
        "statement": claim.statement,
        "source": claim.source,
        "published": claim.published,
        "beyond": claim.beyond,
        "quantity": claim.quantity,
        "unit": claim.unit,
        "arm": claim.arm,
        "against": claim.against,
        "criterion": claim.criterion.text if claim.criterion else "",
        "moved": moved,
        "preset": evidence.preset if evidence else None,
        **_columns(measured),
        **{f"sham_{name}": value for name, value in _columns(sham).items()},
        "sham_seeds": _sham_seeds(claim, evidence),
    }


def _columns(judgement: Judgement) -> dict[str, Any]:
    numbers = {"estimate": judgement.estimate, "low": judgement.low, "high": judgement.high}
    return {
        **{name: number if isfinite(number) else None for name, number in numbers.items()},
        "seeds": judgement.seeds,
        "verdict": str(judgement.verdict),
        "reason": judgement.reason,
    }


def _sham_seeds(claim: Claim, evidence: Evidence | None) -> int:
    """On how many seeds the sham was measured in every arm of the claim, whether it gave a value or nan."""
    if evidence is None or not claim.test:
        return 0
    return min(evidence.times_measured(claim.quantity, arm=arm, kind="sham") for arm in claim.arms)


def _values(claim: Claim, evidence: Evidence | None, kind: Kind) -> Float[np.ndarray, " seed"]:
    """The claim's value for each seed; with `against`, differences over the seeds that both arms have run."""
    if evidence is None or not claim.test:
        return np.empty(0)
    seeds, values = evidence.values(claim.quantity, arm=claim.arm, kind=kind)
    if claim.against is None:
        return values
    other_seeds, others = evidence.values(claim.quantity, arm=claim.against, kind=kind)
    _, here, there = np.intersect1d(seeds, other_seeds, return_indices=True)
    return values[here] - others[there]
