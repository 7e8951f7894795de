"""Change points: where a curve over training passes from one phase to the next, how surely, or that it does not.

A curve that only drifts has no transition, nor has one whose sigmoid begins before the first checkpoint or ends after
the last (10 % and 90 % of its change). The gradual alternatives are a constant, a straight line, and exponential or
power-law approaches and take-offs; a transition must be better than the best of them by a clear margin of the Bayesian
information criterion (BIC), where the number of checkpoints is reduced for noise that persists from one to the next.

On simulated curves of 12 to 60 checkpoints the 95 % interval held the midpoint of a sigmoid in 94 to 98 % of cases
under independent noise, in 81 to 87 % under persistent noise (r = 0.5 to 0.7), and in 72 % for two changes that
overlap: trust the interval over seeds more. A transition was seen in no curve of independent noise, in 1 to 2 % of
persistent noise (r = 0.8), and in 3 to 9 % of random walks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Real

from ontogeny.errors import UsageError
from ontogeny.randomness import generator
from ontogeny.statistics.axis import Scale, curve_on_axis, to_axis, to_steps
from ontogeny.statistics.intervals import Interval, check_confidence, t_interval
from ontogeny.statistics.sigmoid import EACH_SIDE, FEWEST, Fit, Sigmoid, SigmoidSearch, as_directions, refine, settle

# "Very strong" evidence on the scale of Kass & Raftery (1995).
MARGIN = 10.0


@dataclass(frozen=True)
class Transition:
    """Where one phase ends and the next begins, in optimiser steps, with a confidence interval for this one curve.

    `step` is the midpoint of the fitted `sigmoid`. `agrees`: the best cut of the curve into phases of constant level
    (ruptures) falls where 10 % to 90 % of the sigmoid's change happen.
    """

    step: float
    low: float
    high: float
    method: str
    agrees: bool
    sigmoid: Sigmoid


@dataclass(frozen=True)
class Staircase:
    """A sum of sigmoids fitted to a curve, in order; `searches` and `cuts` are what each was found with and near."""

    fits: list[Fit]
    searches: list[SigmoidSearch]
    cuts: list[int]
    curve: Float[np.ndarray, " checkpoint"]

    @property
    def parameters(self) -> int:
        """A level to begin with; for each change a height, a duration, and a place, which counts as two: see
        Zhang & Siegmund (2007).
        """
        return 1 + 4 * len(self.fits)


def transition(
    steps: Real[np.ndarray, " checkpoint"],
    values: Real[np.ndarray, " _checkpoint"],
    *,
    scale: Scale = "linear",
    confidence: float = 0.95,
    resamples: int = 400,
    seed: int = 0,
) -> Transition | None:
    """The one transition of a curve, or None where a curve without one describes it as well: `change_points` with 1."""
    found = change_points(steps, values, 1, scale=scale, confidence=confidence, resamples=resamples, seed=seed)
    return found[0] if found else None


def change_points(
    steps: Real[np.ndarray, " checkpoint"],
    values: Real[np.ndarray, " _checkpoint"],
    count: int,
    *,
    scale: Scale = "linear",
    confidence: float = 0.95,
    resamples: int = 400,
    seed: int = 0,
) -> tuple[Transition, ...]:
    """The `count` transitions of a curve in order, or () unless so many or one more are clearly better than fewer.

    The best cuts into phases of constant level (ruptures) place as many sigmoids, which are fitted in turn until they
    settle, then together; their midpoints are the transitions. With scale "log" all happens on log(1 + step).

    Intervals come from refitting curves with resampled residuals. Where fewer than two checkpoints lie within a change,
    its interval reaches at least to those that enclose it: the data say no more.
    Raises UsageError for fewer than 8 checkpoints (or 4 a phase), values that are not finite, or unordered steps.
    """
    check_confidence(confidence)
    if count < 1:
        raise UsageError(f"count: expected 1 transition or more, given {count}")
    places, values = curve_on_axis(steps, values, scale, fewest=max(FEWEST, 4 * (count + 1)))
    if np.ptp(values) == 0:
        return ()
    stairs = _staircase(places, values, count)
    fewer = [_staircase(places, values, number) for number in range(1, count)]
    rivals = [_gradual(places, values), *((rival.curve, rival.parameters) for rival in fewer)]
    if not _supported(values, stairs, rivals, MARGIN):
        # A curve with more phases than asked for still has these, although the rest of it then looks like noise.
        enough = len(values) >= 4 * (count + 2)
        if not enough or not _supported(values, _staircase(places, values, count + 1), rivals, 2 * MARGIN):
            return ()
    if not all(_seen_whole(fit, places) for fit in stairs.fits):
        return ()
    resampled = _resampled(stairs.curve, values, stairs.parameters - count, resamples, seed)
    intervals = _midpoint_intervals(places, stairs, resampled, confidence)
    found = []
    for fit, cut, interval in zip(stairs.fits, stairs.cuts, intervals, strict=True):
        agrees = bool(places[cut - 1] <= fit.span[1] and fit.span[0] <= places[cut])
        step, low, high = (to_steps(place, scale) for place in (fit.midpoint, *interval))
        found.append(Transition(step, low, high, "sigmoid", agrees, fit.in_steps(scale)))
    return tuple(found)


def transition_over_seeds(
    transitions: Sequence[Transition | None], *, scale: Scale = "linear", confidence: float = 0.95
) -> Interval | None:
    """The step of the typical seed's transition: the t interval over seeds (of log(1 + step) with scale "log").

    Seeds without a transition are left out, counted in `method`; None where no seed has one.
    """
    steps = np.array([found.step for found in transitions if found is not None], dtype=np.float64)
    if len(steps) == 0:
        return None
    t = t_interval(to_axis(steps, scale), confidence=confidence)
    estimate, low, high = (to_steps(place, scale) for place in (t.estimate, t.low, t.high))
    missing = len(transitions) - len(steps)
    note = f", {missing} of {len(transitions)} seeds left out: no transition" if missing else ""
    return Interval(estimate, low, high, t.n, f"t over seeds{note}")


def _staircase(
    places: Float[np.ndarray, " checkpoint"], values: Float[np.ndarray, " checkpoint"], count: int
) -> Staircase:
    """The curve as a level and `count` sigmoids, each between the cuts before and after its own."""
    cuts = _cuts(values, count)
    edges = np.array([-np.inf, *((places[cut - 1] + places[cut]) / 2 for cut in cuts), np.inf])
    searches = [SigmoidSearch(places, (edges[i], edges[i + 2])) for i in range(count)]
    jumps = np.diff([phase.mean() for phase in np.split(values, cuts)])
    steps = (np.arange(len(values)) >= np.array(cuts)[:, None]) * jumps[:, None]
    starts = settle(searches, values[None], steps, sweeps=50)
    fits, curve = refine(places, values, searches, starts)
    return Staircase(fits, searches, cuts, curve)


def _cuts(values: Float[np.ndarray, " checkpoint"], count: int) -> list[int]:
    """The first checkpoint of each phase but the first, by least squares over all ways to cut."""
    import ruptures

    return ruptures.KernelCPD(kernel="linear", min_size=EACH_SIDE).fit(values[:, None]).predict(n_bkps=count)[:-1]


def _seen_whole(fit: Fit, places: Float[np.ndarray, " checkpoint"]) -> bool:
    """Does the sigmoid leave one level and arrive at the other while it is watched? Half of one is an approach."""
    begin, end = fit.span
    return bool(places[0] <= begin and end <= places[-1])


def _midpoint_intervals(
    places: Float[np.ndarray, " checkpoint"],
    stairs: Staircase,
    curves: Float[np.ndarray, "sample checkpoint"],
    confidence: float,
) -> list[tuple[float, float]]:
    """The interval of each midpoint, on the axis, from the midpoints of resampled curves."""
    rises = np.array([fit.rise for fit in stairs.fits])
    # Shifts are from where the search puts the fitted curve itself, so that what it rounds does not move the interval.
    found = settle(stairs.searches, np.vstack([stairs.curve, curves]), rises, sweeps=5)
    tail, intervals = (1 - confidence) / 2, []
    for fit, (midpoints, _) in zip(stairs.fits, found, strict=True):
        low, high = fit.midpoint + np.quantile(midpoints[1:] - midpoints[0], [tail, 1 - tail])
        begin, end = fit.span
        if np.sum((places > begin) & (places < end)) < 2:
            low = min(low, np.max(places[places <= begin], initial=places[0]))
            high = max(high, np.min(places[places >= end], initial=places[-1]))
        intervals.append((float(low), float(high)))
    return intervals


def _gradual(
    places: Float[np.ndarray, " checkpoint"], values: Float[np.ndarray, " checkpoint"]
) -> tuple[Float[np.ndarray, " checkpoint"], int]:
    """The best curve without a transition by BIC, and its number of parameters."""
    along = (places - places[0]) / (places[-1] - places[0])
    candidates = [(np.full_like(values, values.mean()), 1)]
    for shapes, parameters in _gradual_shapes(along):
        directions = as_directions(shapes)
        shares = directions @ values
        best = int(np.argmax(shares**2))
        candidates.append((values.mean() + shares[best] * directions[best], parameters))
    return min(candidates, key=lambda curve: _bic(values, curve[0], curve[1], len(values)))


def _gradual_shapes(
    along: Float[np.ndarray, " checkpoint"],
) -> list[tuple[Float[np.ndarray, "shape checkpoint"], int]]:
    """Lines, exponentials and power laws over 0 to 1, approaching or taking off, with their numbers of parameters."""
    line, both = along[None], np.stack([along, 1 - along])[:, None]
    exponentials = np.exp(-both / np.geomspace(0.03, 3, 25)[:, None])
    offsets, powers = np.geomspace(0.001, 1, 20)[:, None, None], np.array([0.1, 0.25, 0.5, 1.0, 2.0])[:, None]
    power_laws = (both[:, None] + offsets) ** -powers
    return [(line, 2), (exponentials.reshape(-1, len(along)), 3), (power_laws.reshape(-1, len(along)), 4)]


def _supported(
    values: Float[np.ndarray, " checkpoint"],
    stairs: Staircase,
    rivals: list[tuple[Float[np.ndarray, " checkpoint"], int]],
    margin: float,
) -> bool:
    """Are the sigmoids better than every rival by the margin?

    Noise of persistence r tells as much as (1 - r) / (1 + r) times as many independent checkpoints.
    """
    r = _persistence(values - stairs.curve)
    informative = max(4.0, len(values) * (1 - r) / (1 + r))
    ours = _bic(values, stairs.curve, stairs.parameters, informative)
    return all(_bic(values, rival, number, informative) - ours > margin for rival, number in rivals)


def _persistence(residuals: Float[np.ndarray, " checkpoint"]) -> float:
    """The noise's correlation r from one checkpoint to the next, between 0 and 0.9.

    With Kendall's (1954) correction (1 + 4 r) / n, since residuals of a fit look less persistent than their noise.
    """
    power = residuals @ residuals
    if power == 0:
        return 0.0
    r = residuals[1:] @ residuals[:-1] / power
    return float(np.clip(r + (1 + 4 * r) / len(residuals), 0, 0.9))


def _bic(
    values: Float[np.ndarray, " checkpoint"],
    curve: Float[np.ndarray, " checkpoint"],
    parameters: int,
    informative: float,
) -> float:
    # A perfect fit would be infinitely good: errors below a millionth of the spread count as that.
    noise = np.mean((values - curve) ** 2) + 1e-12 * np.var(values)
    return float(informative * np.log(noise) + parameters * np.log(informative))


def _resampled(
    curve: Float[np.ndarray, " checkpoint"],
    values: Float[np.ndarray, " checkpoint"],
    parameters: int,
    resamples: int,
    seed: int,
) -> Float[np.ndarray, "sample checkpoint"]:
    """The curve with its residuals drawn anew, stretched for what the fit took from them and for their persistence.

    The stretch is sqrt(n / (n - parameters)) t / z (few checkpoints have heavy tails) times sqrt((1 + r) / (1 - r)),
    what persistent noise adds to the error of a mean. On simulated sigmoids it held the midpoint more often than blocks
    of neighbouring residuals did, which are too few and too short on curves of some dozens of checkpoints.
    """
    from scipy.special import ndtri, stdtrit

    n, residuals = len(values), values - curve
    r, free = _persistence(residuals), max(1, n - parameters)
    tails = stdtrit(free, 0.975) / ndtri(0.975)
    stretch = np.sqrt(n / free) * tails * np.sqrt((1 + r) / (1 - r))
    chosen = generator(seed, "residuals").integers(n, size=(resamples, n))
    return curve + stretch * (residuals - residuals.mean())[chosen]
