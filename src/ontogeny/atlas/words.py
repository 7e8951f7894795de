"""Numbers and verdicts in words: the same in the report, the ledger and the terminal."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ontogeny.claims.claim import Verdict

#: A sign for each verdict and the colour it is shown in; the word always stands beside it.
SIGNS: dict[str, tuple[str, str]] = {
    Verdict.REPRODUCED: ("✓", "good"),
    Verdict.PARTLY: ("◐", "middling"),
    Verdict.NOT_REPRODUCED: ("✕", "bad"),
    Verdict.CONTRADICTED: ("⇄", "bad"),
    Verdict.UNDECIDED: ("?", "quiet"),
    Verdict.KERNEL: ("○", "quiet"),
    Verdict.NOT_TESTABLE: ("\N{EN DASH}", "quiet"),
    Verdict.NO_SYSTEM: ("\N{EN DASH}", "quiet"),
}
EN_DASH = "\N{EN DASH}"


def number(value: float | None, digits: int = 3) -> str:
    """A number for a reader, with a true minus; a dash where there is none.

    >>> number(-0.0421, 2), number(1234.5, 0), number(None)
    ('−0.04', '1234', '–')
    """
    if value is None or not math.isfinite(value):
        return EN_DASH
    return f"{value:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def measured(row: Mapping[str, Any]) -> str:
    """Estimate, interval and unit of a ledger row, with as many digits as the interval's width warrants.

    >>> measured({"estimate": 0.91234, "low": 0.8934, "high": 0.9313, "unit": ""})
    '0.912 [0.893, 0.931]'
    """
    estimate, low, high = row["estimate"], row["low"], row["high"]
    unit = f" {row['unit']}" if row.get("unit") else ""
    if estimate is None:
        return EN_DASH
    if low is None or high is None:
        return number(estimate, _digits(abs(estimate) or 1.0)) + unit
    digits = _digits(high - low)
    return f"{number(estimate, digits)} [{number(low, digits)}, {number(high, digits)}]{unit}"


def _digits(width: float) -> int:
    """Decimal places that show two figures of `width`, from 0 to 4."""
    return min(max(1 - math.floor(math.log10(width)), 0), 4) if width > 0 else 3


def verdict_counts(rows: Iterable[Mapping[str, Any]]) -> str:
    """One sentence: how many claims came out how.

    >>> verdict_counts([{"verdict": "reproduced"}, {"verdict": "undecided"}, {"verdict": "reproduced"}])
    'Of 3 claims, 2 are reproduced and 1 is undecided.'
    """
    counts = Counter(str(row["verdict"]) for row in rows)
    if not counts:
        return "No claims are registered."
    total = counts.total()
    if len(counts) == 1:
        verdict = next(iter(counts))
        return f"The only claim is {verdict}." if total == 1 else f"All {total} claims are {verdict}."
    order = [str(verdict) for verdict in Verdict]
    parts = [
        f"{counts[verdict]} {'is' if counts[verdict] == 1 else 'are'} {verdict}" for verdict in order if counts[verdict]
    ]
    return f"Of {total} claims, {', '.join(parts[:-1])} and {parts[-1]}."


def duration(seconds: float) -> str:
    """A time for a reader.

    >>> duration(42), duration(300), duration(8000)
    ('42 s', '5 min', '2 h 13 min')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
