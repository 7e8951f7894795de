"""Hidden progress: does a measure of the inside move before what can be seen from outside, and by how much?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Real

from ontogeny.statistics import Interval, Transition, t_interval, transition
from ontogeny.statistics.axis import Scale


@dataclass(frozen=True)
class Lead:
    """How many steps before the visible transition the hidden one happens; negative where it comes after.

    `low` and `high` bound the lead of this one curve; `share` is the lead as a share of the time until the visible
    transition, which can be compared between trainings of different length.
    """

    hidden: Transition
    visible: Transition
    steps: float
    low: float
    high: float

    @property
    def share(self) -> float:
        return self.steps / self.visible.step


def lead_time(
    steps: Real[np.ndarray, " checkpoint"],
    hidden: Real[np.ndarray, " _checkpoint"],
    visible: Real[np.ndarray, " _checkpoint"],
    *,
    scale: Scale = "linear",
    confidence: float = 0.95,
    seed: int = 0,
) -> Lead | None:
    """The lead of the hidden curve's one transition over the visible one's; None where either curve has none.

    Both are found by the same detector (`statistics.transition`). Their errors are taken as independent, so that the
    distances from the estimates to the ends of the two intervals add up as squares.
    """
    found = [transition(steps, curve, scale=scale, confidence=confidence, seed=seed) for curve in (hidden, visible)]
    before, after = found
    if before is None or after is None:
        return None
    lead = after.step - before.step
    low = lead - float(np.hypot(after.step - after.low, before.high - before.step))
    high = lead + float(np.hypot(after.high - after.step, before.step - before.low))
    return Lead(before, after, lead, low, high)


def lead_over_seeds(leads: Sequence[Lead | None], *, confidence: float = 0.95) -> Interval | None:
    """The typical seed's lead as a share of the time until the visible transition, with the t interval over seeds.

    Seeds without a lead are left out, counted in `method`; None where no seed has one.
    """
    shares = np.array([lead.share for lead in leads if lead is not None])
    if len(shares) == 0:
        return None
    found = t_interval(shares, confidence=confidence)
    missing = len(leads) - len(shares)
    note = f", {missing} of {len(leads)} seeds left out: no transition" if missing else ""
    return Interval(found.estimate, found.low, found.high, found.n, f"t over seeds{note}")
