"""How sure we are: intervals, change points, curve fits, equivalence. Plain arrays in, plain values out."""

from ontogeny.statistics.correlation import correlation, correlation_over_seeds, r_squared
from ontogeny.statistics.equivalence import Equivalence, equivalence, paired_equivalence
from ontogeny.statistics.intervals import (
    Interval,
    bootstrap_interval,
    paired_interval,
    t_interval,
    wilson_interval,
)

__all__ = [
    "Equivalence",
    "Interval",
    "bootstrap_interval",
    "correlation",
    "correlation_over_seeds",
    "equivalence",
    "paired_equivalence",
    "paired_interval",
    "r_squared",
    "t_interval",
    "wilson_interval",
]
