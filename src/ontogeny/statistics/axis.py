"""The training axis: steps as they are, or their logarithm where checkpoints are log-spaced."""

from typing import Literal

import numpy as np
from jaxtyping import Float, Real

from ontogeny.errors import UsageError
from ontogeny.statistics.intervals import finite_values

Scale = Literal["linear", "log"]


def to_axis(steps: Real[np.ndarray, " checkpoint"], scale: Scale) -> Float[np.ndarray, " checkpoint"]:
    """Steps on the axis that curves are fitted on: log(1 + step), so that step 0 has a place, or the step itself."""
    return np.log1p(steps) if scale == "log" else np.asarray(steps, dtype=np.float64)


def to_steps(places: float, scale: Scale) -> float:
    """The step at a place of the axis: the inverse of `to_axis`."""
    return float(np.expm1(places)) if scale == "log" else float(places)


def curve_on_axis(
    steps: Real[np.ndarray, " checkpoint"], values: Real[np.ndarray, " _checkpoint"], scale: Scale, *, fewest: int
) -> tuple[Float[np.ndarray, " checkpoint"], Float[np.ndarray, " checkpoint"]]:
    """The curve as float64 with its steps on the axis; a UsageError unless it is finite, rising in step and long."""
    steps, values = finite_values(steps), finite_values(values)
    if len(steps) != len(values) or len(steps) < fewest:
        raise UsageError(
            f"expected one value for each of {fewest} or more checkpoints, given {len(values)} for {len(steps)}"
        )
    if steps[0] < 0 or np.any(np.diff(steps) <= 0):
        raise UsageError("the steps of a curve start at 0 or later and rise from checkpoint to checkpoint")
    return to_axis(steps, scale), values
