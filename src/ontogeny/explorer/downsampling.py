"""Long curves made short without losing their extremes."""

import numpy as np
from jaxtyping import Float, Int


def extremes(values: Float[np.ndarray, " point"], points: int) -> Int[np.ndarray, " kept"]:
    """Which at most `points` points to keep, ascending: of each stretch its lowest and highest, and both ends.

    Every peak of the whole curve is then a peak of the short one. Points that are not numbers are kept only where
    their stretch has nothing else.
    """
    if len(values) <= points:
        return np.arange(len(values))
    stretches = np.array_split(np.arange(1, len(values) - 1), max(1, (points - 2) // 2))
    kept = {0, len(values) - 1}
    for stretch in stretches:
        inside = values[stretch]
        kept.add(int(stretch[np.argmin(np.where(np.isnan(inside), np.inf, inside))]))
        kept.add(int(stretch[np.argmax(np.where(np.isnan(inside), -np.inf, inside))]))
    return np.array(sorted(kept))
