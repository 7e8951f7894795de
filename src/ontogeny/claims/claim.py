"""Claims: one published sentence, the quantity that tests it, and how the numbers of the seeds decide it."""

from dataclasses import dataclass
from enum import StrEnum
from math import nan

import numpy as np
from jaxtyping import Real

from ontogeny.claims.criterion import Criterion
from ontogeny.configuration import configuration
from ontogeny.errors import UsageError
from ontogeny.statistics.intervals import Interval, t_interval

MINIMUM_SEEDS = 3

NOT_MEASURED = "not measured"
"""The reason for a verdict on a claim without a single value."""


class Verdict(StrEnum):
    """What can be said of a claim after holding it against the evidence."""

    REPRODUCED = "reproduced"
    PARTLY = "partly reproduced"
    NOT_REPRODUCED = "not reproduced at this scale"
    CONTRADICTED = "contradicted"
    UNDECIDED = "undecided"
    KERNEL = "kernel tested"
    NOT_TESTABLE = "not testable here"
    NO_SYSTEM = "no system to build"


UNTESTED_VERDICTS = (Verdict.UNDECIDED, Verdict.KERNEL, Verdict.NOT_TESTABLE, Verdict.NO_SYSTEM)


@configuration
class Untested:
    """Why a claim is registered without a measurement of its own.

    It was not yet run (undecided); it is a position of which other claims test a kernel, which `reason` names; it is
    not testable here; or there is no system to build.
    """

    verdict: Verdict
    reason: str

    def __post_init__(self) -> None:
        if self.verdict not in UNTESTED_VERDICTS:
            raise UsageError(
                f"a claim without a measurement is one of: {', '.join(UNTESTED_VERDICTS)}; given {self.verdict!s}"
            )


@configuration
class Claim:
    """One sentence in our words, where it was published, and how it is tested.

    `quantity` is computed once a seed, in the condition `arm`. With `against` the value judged is the difference
    arm - against, seed by seed. `published` is the published figure as it was written, None if there is none.
    `presets` are the scales at which the claim can be tested. `beyond` marks what the publication did not ask.
    """

    id: str
    statement: str
    source: str
    published: str | None = None
    quantity: str = ""
    criterion: Criterion | None = None
    presets: tuple[str, ...] = ()
    arm: str = "main"
    against: str | None = None
    unit: str = ""
    beyond: bool = False
    untested: Untested | None = None

    def __post_init__(self) -> None:
        testable = bool(self.quantity and self.criterion and self.presets)
        if self.untested is None and not testable:
            raise UsageError(
                f"claim {self.id!r}: needs a quantity, a criterion and presets, or `untested` with the reason why not"
            )

    @property
    def test(self) -> str:
        """What is fixed before measuring, in one line: arms, quantity and the criterion's hash; empty if untested."""
        if self.criterion is None or self.untested is not None:
            return ""
        return f"{' - '.join(self.arms)}: {self.quantity}: {self.criterion.hash}"

    @property
    def arms(self) -> tuple[str, ...]:
        """The conditions that must have been measured: `arm`, and `against` if given."""
        return (self.arm,) if self.against is None else (self.arm, self.against)


@dataclass(frozen=True)
class Judgement:
    """The verdict on one claim with what it rests on: mean over seeds, its interval, the seeds that have a value."""

    estimate: float
    low: float
    high: float
    seeds: int
    verdict: Verdict
    reason: str


class Publication:
    """A paper whose claims are tested at these presets: called, it gives one of them."""

    def __init__(self, source: str, presets: tuple[str, ...]) -> None:
        self._source, self._presets = source, presets

    def __call__(
        self,
        claim: str,
        statement: str,
        quantity: str,
        criterion: Criterion,
        published: str | None = None,
        *,
        arm: str = "main",
        beyond: bool = False,
    ) -> Claim:
        """The claim with this id, tested in this arm; one `beyond` the paper is this laboratory's own."""
        return Claim(
            id=claim,
            statement=statement,
            source="this laboratory" if beyond else self._source,
            published=published,
            quantity=quantity,
            criterion=criterion,
            presets=self._presets,
            arm=arm,
            beyond=beyond,
        )

    def not_run(
        self, claim: str, statement: str, reason: str, published: str | None = None, *, beyond: bool = False
    ) -> Claim:
        """A claim that is registered and has yet to be tested: `reason` says what is missing."""
        return Claim(
            id=claim,
            statement=statement,
            source="this laboratory" if beyond else self._source,
            published=published,
            beyond=beyond,
            untested=Untested(verdict=Verdict.UNDECIDED, reason=f"not yet run: {reason}"),
        )

    def position(self, claim: str, statement: str, kernel: str) -> Claim:
        """A claim for which no experiment was published: a kernel of it is tested by other claims of the study."""
        return Claim(
            id=claim,
            statement=f"{statement} Kernel tested: {kernel}",
            source=self._source,
            untested=Untested(verdict=Verdict.KERNEL, reason=f"a position without an experiment; tested is: {kernel}"),
        )


def judge(claim: Claim, values: Real[np.ndarray, " seed"], *, minimum_seeds: int = MINIMUM_SEEDS) -> Judgement:
    """Hold one value a seed against the claim's criterion.

    A value that is not finite marks a seed on which the quantity could not be computed. The interval is then over the
    other seeds and the verdict is undecided, whatever they show: what made it fail may be what the claim is about.
    """
    if minimum_seeds < 2:
        raise UsageError(f"an interval over seeds needs 2 or more; given minimum_seeds={minimum_seeds}")
    if claim.untested is not None:
        return Judgement(nan, nan, nan, 0, claim.untested.verdict, claim.untested.reason)
    assert claim.criterion is not None  # Claim admits none only where `untested` is given
    values = np.asarray(values, dtype=np.float64)
    present = values[np.isfinite(values)]
    interval = t_interval(present, confidence=claim.criterion.confidence)
    if len(values) == 0:
        verdict, reason = Verdict.UNDECIDED, NOT_MEASURED
    elif len(present) < len(values):
        missing = len(values) - len(present)
        verdict, reason = Verdict.UNDECIDED, f"{missing} of {len(values)} seeds gave no value of {claim.quantity}"
    elif len(values) < minimum_seeds:
        few = "1 seed is" if len(values) == 1 else f"{len(values)} seeds are"
        verdict, reason = Verdict.UNDECIDED, f"{few} too few: at least {minimum_seeds} are needed"
    else:
        verdict, reason = _hold_against(claim.criterion, interval)
    return Judgement(interval.estimate, interval.low, interval.high, interval.n, verdict, reason)


def _hold_against(criterion: Criterion, interval: Interval) -> tuple[Verdict, str]:
    """The verdict for a complete interval, and the reason in words."""
    low, high = interval.low, interval.high
    side, other_side = criterion.words
    whole = f"the whole {100 * criterion.confidence:g} % interval lies"
    if criterion.clears(criterion.main, low, high):
        return Verdict.REPRODUCED, f"{whole} {side.format(criterion.main)}"
    if criterion.partly is not None and criterion.clears(criterion.partly, low, high):
        short = f"but not {side.format(criterion.main)}"
        return Verdict.PARTLY, f"{whole} {side.format(criterion.partly)}, {short}"
    if criterion.contradicted is not None and criterion.misses(criterion.contradicted, low, high):
        return Verdict.CONTRADICTED, f"{whole} {other_side.format(criterion.contradicted)}"
    if criterion.misses(criterion.weakest, low, high):
        return Verdict.NOT_REPRODUCED, f"{whole} {other_side.format(criterion.weakest)}"
    bar = side.format(criterion.weakest)
    return Verdict.UNDECIDED, f"the {100 * criterion.confidence:g} % interval reaches both sides of the bar ({bar})"
