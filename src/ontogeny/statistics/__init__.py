"""How sure we are: intervals, change points, curve fits, equivalence. Plain arrays in, plain values out."""

from ontogeny.statistics.change_points import Transition, change_points, transition, transition_over_seeds
from ontogeny.statistics.correlation import correlation, correlation_over_seeds, r_squared
from ontogeny.statistics.crossing import crossing, half_way
from ontogeny.statistics.equivalence import Equivalence, equivalence, paired_equivalence
from ontogeny.statistics.intervals import Interval, bootstrap_interval, paired_interval, t_interval, wilson_interval
from ontogeny.statistics.overlap import (
    Overlap,
    enrichment,
    permutation_test,
    rank_agreement,
    shuffled,
    top,
    top_agreement,
)
from ontogeny.statistics.sigmoid import Sigmoid, fit_sigmoid

__all__ = [
    "Equivalence",
    "Interval",
    "Overlap",
    "Sigmoid",
    "Transition",
    "bootstrap_interval",
    "change_points",
    "correlation",
    "correlation_over_seeds",
    "crossing",
    "enrichment",
    "equivalence",
    "fit_sigmoid",
    "half_way",
    "paired_equivalence",
    "paired_interval",
    "permutation_test",
    "r_squared",
    "rank_agreement",
    "shuffled",
    "t_interval",
    "top",
    "top_agreement",
    "transition",
    "transition_over_seeds",
    "wilson_interval",
]
