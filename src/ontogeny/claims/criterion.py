"""Criteria: what the interval over seeds must clear for a claim to count as reproduced. Fixed before measuring.

Each kind has a main bar and up to two further ones: a weaker `partly`, and a `contradicted` beyond which the evidence
speaks against the claim. A bar is cleared, or missed, only by the whole interval.
"""

from functools import cache
from typing import Annotated, Literal

from annotated_types import Gt, Lt

from ontogeny.configuration import configuration, content_hash
from ontogeny.errors import UsageError

Confidence = Annotated[float, Gt(0), Lt(1)]

_content_hash = cache(content_hash)  # the ledger asks again for every measured seed


class _Criterion:
    """What all kinds share. Each kind adds its bars, its words, and how an interval is held against a bar."""

    partly: float | None
    contradicted: float | None
    confidence: float

    @property
    def hash(self) -> str:
        """16 hexadecimal digits naming the criterion: any change of it changes them."""
        return _content_hash(self)

    @property
    def text(self) -> str:
        """The criterion as a readable sentence."""
        side, other_side = self.words
        text = f"mean over seeds {side.format(self.main)} ({100 * self.confidence:g} % interval)"
        if self.partly is not None:
            text += f"; partly: {side.format(self.partly)}"
        if self.contradicted is not None:
            text += f"; contradicted: {other_side.format(self.contradicted)}"
        return text

    @property
    def main(self) -> float:
        """The bar that must be cleared."""
        raise NotImplementedError

    @property
    def weakest(self) -> float:
        """The bar whose miss means that nothing was reproduced."""
        return self.main if self.partly is None else self.partly

    @property
    def words(self) -> tuple[str, str]:
        """How to say that a bar (the place in each text) is cleared, and that it is missed."""
        raise NotImplementedError

    def clears(self, bar: float, low: float, high: float) -> bool:
        """Is the whole interval on the claim's side of the bar?"""
        raise NotImplementedError

    def misses(self, bar: float, low: float, high: float) -> bool:
        """Is the whole interval on the other side?"""
        raise NotImplementedError

    def _check_order(self, expected: str, *, rising: bool) -> None:
        """A UsageError unless main, partly and contradicted (those given) stand in their order."""
        bars = [bar for bar in (self.main, self.partly, self.contradicted) if bar is not None]
        if bars != sorted(bars, reverse=not rising) or self.partly == self.main:
            raise UsageError(f"criterion: expected {expected}, given {self}")


@configuration
class Above(_Criterion):
    """The mean over seeds lies above `threshold`: the interval's lower bound must.

    Wholly above the lower `partly` is a part of it; wholly below `contradicted` speaks against the claim.
    """

    kind: Literal["above"] = "above"
    threshold: float
    partly: float | None = None
    contradicted: float | None = None
    confidence: Confidence = 0.95

    def __post_init__(self) -> None:
        self._check_order("contradicted <= partly < threshold", rising=False)

    @property
    def main(self) -> float:
        return self.threshold

    @property
    def words(self) -> tuple[str, str]:
        return "above {:g}", "below {:g}"

    def clears(self, bar: float, low: float, high: float) -> bool:
        return low > bar

    def misses(self, bar: float, low: float, high: float) -> bool:
        return high < bar


@configuration
class Below(_Criterion):
    """The mean over seeds lies below `threshold`: the mirror image of `Above`."""

    kind: Literal["below"] = "below"
    threshold: float
    partly: float | None = None
    contradicted: float | None = None
    confidence: Confidence = 0.95

    def __post_init__(self) -> None:
        self._check_order("threshold < partly <= contradicted", rising=True)

    @property
    def main(self) -> float:
        return self.threshold

    @property
    def words(self) -> tuple[str, str]:
        return "below {:g}", "above {:g}"

    def clears(self, bar: float, low: float, high: float) -> bool:
        return high < bar

    def misses(self, bar: float, low: float, high: float) -> bool:
        return low > bar


@configuration
class Within(_Criterion):
    """The mean over seeds equals `centre` up to `margin`: the whole interval lies inside centre +- margin.

    With the 90 % interval this is two one-sided tests at 5 % (statistics.equivalence). `partly` and `contradicted`
    are wider margins: wholly inside the one, wholly outside the other.
    """

    kind: Literal["within"] = "within"
    margin: Annotated[float, Gt(0)]
    centre: float = 0.0
    partly: float | None = None
    contradicted: float | None = None
    confidence: Confidence = 0.90

    def __post_init__(self) -> None:
        self._check_order("margin < partly <= contradicted", rising=True)

    @property
    def main(self) -> float:
        return self.margin

    @property
    def words(self) -> tuple[str, str]:
        return f"within {{:g}} of {self.centre:g}", f"more than {{:g}} from {self.centre:g}"

    def clears(self, bar: float, low: float, high: float) -> bool:
        return self.centre - bar < low and high < self.centre + bar

    def misses(self, bar: float, low: float, high: float) -> bool:
        return high < self.centre - bar or low > self.centre + bar


Criterion = Above | Below | Within
