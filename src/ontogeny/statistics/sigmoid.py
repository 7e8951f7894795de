"""The logistic sigmoid, fitted to a curve over training: from one level to another, through a midpoint."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Real

from ontogeny.statistics.axis import Scale, curve_on_axis, to_steps

FEWEST = 8
# Checkpoints that must lie on either side of a midpoint: a level seen once is no level.
EACH_SIDE = 2
MIDPOINTS, WIDTHS = 240, 24
# A logistic rises from 10 % to 90 % within this many of its time constants.
TEN_TO_NINETY = 2 * np.log(9)


@dataclass(frozen=True)
class Sigmoid:
    """A fitted transition from the level `before` to the level `after`.

    `midpoint`: the step at which half of the change is done. `error`: its standard error in steps, as if the noise were
    independent; nan where the fit cannot tell (a change between two checkpoints). `begin` and `end`: the steps at which
    10 % and 90 % of the change are done.
    """

    midpoint: float
    error: float
    begin: float
    end: float
    before: float
    after: float

    @property
    def width(self) -> float:
        """Steps between 10 % and 90 % of the change."""
        return self.end - self.begin


def fit_sigmoid(
    steps: Real[np.ndarray, " checkpoint"], values: Real[np.ndarray, " _checkpoint"], *, scale: Scale = "linear"
) -> Sigmoid:
    """The sigmoid nearest to the curve in the least-squares sense, rising or falling, with its midpoint inside.

    With scale "log" it is a sigmoid in log(1 + step). It fits every curve somehow: `transition` says whether there is
    anything to fit. Raises UsageError for fewer than 8 checkpoints, values that are not finite, or unordered steps.
    """
    places, values = curve_on_axis(steps, values, scale, fewest=FEWEST)
    search = SigmoidSearch(places)
    starts = settle([search], values[None], np.zeros((1, len(values))), sweeps=1)
    [fit], _ = refine(places, values, [search], starts)
    return fit.in_steps(scale)


@dataclass(frozen=True)
class Fit:
    """A sigmoid on the training axis, with the standard error of its midpoint.

    It goes from the level `base` up or down by `height`; `rise` is how far it is at each checkpoint.
    """

    midpoint: float
    constant: float
    error: float
    base: float
    height: float
    rise: Float[np.ndarray, " checkpoint"]

    @property
    def span(self) -> tuple[float, float]:
        """Where on the axis 10 % and 90 % of the change are done."""
        reach = self.constant * TEN_TO_NINETY / 2
        return self.midpoint - reach, self.midpoint + reach

    def in_steps(self, scale: Scale) -> Sigmoid:
        """The same in optimiser steps; the error by the slope of the axis at the midpoint."""
        begin, end = (to_steps(place, scale) for place in self.span)
        midpoint = to_steps(self.midpoint, scale)
        slope = 1 + midpoint if scale == "log" else 1.0
        return Sigmoid(midpoint, self.error * slope, begin, end, self.base, self.base + self.height)


class SigmoidSearch:
    """All sigmoids over given places, as unit vectors: least squares is then the largest projection.

    For a given midpoint and time constant both levels follow in closed form, so a curve, or hundreds of resampled ones
    in one matrix product, are fitted without a starting point that could mislead.
    """

    def __init__(
        self, places: Float[np.ndarray, " checkpoint"], within: tuple[float, float] = (-np.inf, np.inf)
    ) -> None:
        """`within` bounds the midpoints further than by the checkpoints on either side of them."""
        self.places = places
        middles = (places[1:] + places[:-1]) / 2
        first, last = max(middles[EACH_SIDE - 1], within[0]), min(middles[-EACH_SIDE], within[1])
        self.midpoints = np.linspace(first, last, MIDPOINTS)
        # From a jump between two checkpoints to a change that fills the whole training.
        widest = (places[-1] - places[0]) / TEN_TO_NINETY
        self.constants = np.geomspace(np.min(np.diff(places)) / 8, widest, WIDTHS)
        shapes = logistic(places, self.midpoints[:, None, None], self.constants[:, None])
        self.shapes = as_directions(shapes.reshape(-1, len(places)))

    def best(self, curves: Float[np.ndarray, "sample checkpoint"]) -> Int[np.ndarray, " sample"]:
        """For each curve the index of the sigmoid nearest to it."""
        return np.argmax((curves @ self.shapes.T) ** 2, axis=1)

    def projected(
        self, curves: Float[np.ndarray, "sample checkpoint"], index: Int[np.ndarray, " sample"]
    ) -> Float[np.ndarray, "sample checkpoint"]:
        """Each curve's part along the sigmoid of this index, without its mean."""
        chosen = self.shapes[index]
        return np.sum(curves * chosen, axis=1, keepdims=True) * chosen

    def places_of(
        self, curves: Float[np.ndarray, "sample checkpoint"], index: Int[np.ndarray, " sample"]
    ) -> Float[np.ndarray, "2 sample"]:
        """Midpoints and time constants of these sigmoids; a parabola through neighbouring fits refines the midpoint."""
        middle = np.clip(index // WIDTHS, 1, MIDPOINTS - 2) * WIDTHS + index % WIDTHS
        left, here, right = (np.sum(curves * self.shapes[middle + move], axis=1) ** 2 for move in (-WIDTHS, 0, WIDTHS))
        bend = np.minimum(left - 2 * here + right, -np.finfo(float).tiny)
        offset = np.where(middle == index, np.clip((left - right) / (2 * bend), -0.5, 0.5), 0)
        spacing = self.midpoints[1] - self.midpoints[0]
        return np.stack([self.midpoints[index // WIDTHS] + offset * spacing, self.constants[index % WIDTHS]])


def settle(
    searches: Sequence[SigmoidSearch],
    curves: Float[np.ndarray, "sample checkpoint"],
    rises: Float[np.ndarray, "sigmoid checkpoint"],
    *,
    sweeps: int,
) -> list[Float[np.ndarray, "2 sample"]]:
    """Sums of sigmoids for many curves: each sigmoid in turn is fitted to what the others leave, until none moves.

    `rises` are the sigmoids to begin with. Returns, for each search, midpoint and time constant for each curve.
    """
    parts = np.repeat((rises - rises.mean(axis=1, keepdims=True))[:, None], len(curves), axis=1)
    found = [np.full(len(curves), -1) for _ in searches]
    places = [np.empty((2, len(curves))) for _ in searches]
    for _ in range(sweeps if len(searches) > 1 else 1):
        before = list(found)
        for i, search in enumerate(searches):
            rest = curves - np.delete(parts, i, axis=0).sum(axis=0)
            found[i] = search.best(rest)
            places[i] = search.places_of(rest, found[i])
            parts[i] = search.projected(rest, found[i])
        if all(np.array_equal(old, new) for old, new in zip(before, found, strict=True)):
            break
    return places


def refine(
    places: Float[np.ndarray, " checkpoint"],
    values: Float[np.ndarray, " checkpoint"],
    searches: Sequence[SigmoidSearch],
    starts: Sequence[Float[np.ndarray, "2 1"]],
) -> tuple[list[Fit], Float[np.ndarray, " checkpoint"]]:
    """A sum of sigmoids fitted by least squares, from what `settle` found, within the searches' bounds.

    Levels follow in closed form from midpoints and time constants, so only these are searched for (variable projection;
    Golub & Pereyra 1973). Returns the sigmoids in order, and their curve.
    """
    from scipy.optimize import least_squares

    def residuals(parameters: Float[np.ndarray, " parameter"]) -> Float[np.ndarray, " checkpoint"]:
        base, rises = _levelled(places, values, parameters[::2], np.exp(parameters[1::2]))
        return values - base - rises.sum(axis=0)

    start = np.concatenate([[midpoint, np.log(constant)] for [midpoint], [constant] in starts])
    # The slack keeps starts that lie on a bound inside it.
    lower = np.array([(search.midpoints[0], np.log(search.constants[0])) for search in searches]).ravel() - 1e-9
    upper = np.array([(search.midpoints[-1], np.log(search.constants[-1])) for search in searches]).ravel() + 1e-9
    unit = [searches[0].constants[-1], 1.0] * len(searches)
    found = least_squares(residuals, start, bounds=(lower, upper), x_scale=unit)
    midpoints, constants = found.x[::2], np.exp(found.x[1::2])
    base, rises = _levelled(places, values, midpoints, constants)
    errors = _standard_errors(found.jac, found.fun)[::2]
    fits, level = [], base
    for midpoint, constant, error, rise in zip(midpoints, constants, errors, rises, strict=True):
        height = float(rise[-1] / logistic(places[-1:], midpoint, constant)[0])
        fits.append(Fit(float(midpoint), float(constant), float(error), level, height, rise))
        level += height
    return fits, base + rises.sum(axis=0)


def _levelled(
    places: Float[np.ndarray, " checkpoint"],
    values: Float[np.ndarray, " checkpoint"],
    midpoints: Float[np.ndarray, " sigmoid"],
    constants: Float[np.ndarray, " sigmoid"],
) -> tuple[float, Float[np.ndarray, "sigmoid checkpoint"]]:
    """The best level before all sigmoids of these midpoints and time constants, and the rise of each from it."""
    shapes = logistic(places, midpoints[:, None], constants[:, None])
    base, *heights = np.linalg.lstsq(np.vstack([np.ones_like(places), shapes]).T, values, rcond=None)[0]
    return float(base), np.array(heights)[:, None] * shapes


def logistic(
    places: Float[np.ndarray, " checkpoint"],
    midpoint: float | Float[np.ndarray, "..."],
    constant: float | Float[np.ndarray, "..."],
) -> Float[np.ndarray, "... checkpoint"]:
    """1 / (1 + exp(-(place - midpoint) / constant)), written so that it does not overflow."""
    return 0.5 * (1 + np.tanh((places - midpoint) / (2 * constant)))


def as_directions(shapes: Float[np.ndarray, "shape checkpoint"]) -> Float[np.ndarray, "shape checkpoint"]:
    """Shapes without their mean and of length 1: what a curve shares with one is then a dot product."""
    centred = shapes - shapes.mean(axis=1, keepdims=True)
    return centred / np.linalg.norm(centred, axis=1, keepdims=True)


def _standard_errors(
    jacobian: Float[np.ndarray, "checkpoint parameter"], residuals: Float[np.ndarray, " checkpoint"]
) -> Float[np.ndarray, " parameter"]:
    """Of each parameter, from the curvature at the best fit; nan where it is flat."""
    checkpoints, parameters = jacobian.shape
    curvature = jacobian.T @ jacobian
    if np.linalg.cond(curvature) > 1e12:
        return np.full(parameters, np.nan)
    # Beside each pair of parameters a height was fitted, and one level to begin with.
    free = checkpoints - parameters - parameters // 2 - 1
    return np.sqrt(residuals @ residuals / free * np.diag(np.linalg.inv(curvature)))
