"""From a seed's tables to the numbers that decide claims, each with its sham: the same number from a null."""

from collections.abc import Mapping
from math import nan

import pyarrow as pa

from ontogeny.claims import Pairs, Quantity, paired
from ontogeny.studies.pfn.readings import NULL
from ontogeny.studies.pfn.settings import FROM
from ontogeny.studies.pfn.timing import FORWARD, GRID, MEDIANS, OPTIMISED, SAMPLED

Tables = Mapping[str, pa.Table]


def quantities(tables: Tables) -> list[Quantity]:
    """Every quantity of one seed, measured and sham."""
    return paired({**_known(tables), **_unknown(tables["unknown"]), **_times(tables["times"])})


def _from(table: pa.Table) -> list[dict]:
    return [row for row in table.to_pylist() if row["examples"] >= FROM]


def _known(tables: Tables) -> Pairs:
    """Beside the exact process; shams are untrained, and of calibration another data set's answers."""
    rows, levels = _from(tables["known"]), tables["coverage"].to_pylist()

    def worst(kind: str) -> float:
        return max(row[kind] for row in rows)

    def difference(kind: str) -> float:
        return sum(row[f"mean_difference_{kind}"] for row in rows) / sum(row["mean_square"] for row in rows)

    def error(kind: str) -> float:
        return sum(abs(row[kind] - row["level"]) for row in levels) / len(levels)

    return {
        "exact_divergence": (worst("trained"), worst(NULL)),
        "mean_difference": (difference("trained"), difference(NULL)),
        "calibration_error": (error("trained"), error("shuffled")),
    }


def _unknown(table: pa.Table) -> Pairs:
    """Beside exact inference over kernels; shams: untrained, and trained on one kernel alone."""
    rows = _from(table)

    def total(kind: str) -> float:
        return sum(row[kind] for row in rows)

    return {
        "hyperprior_divergence": (max(row["trained"] for row in rows), max(row[NULL] for row in rows)),
        "kernel_share": (total("trained") / total("medians"), total("known") / total("medians")),
    }


def _times(table: pa.Table) -> Pairs:
    """How many times a forward pass other ways take; where it should be many, the sham infers nothing of the kernel.

    Sampling and grid have the smallest budget at which they come as near as the forward pass, nan where none does; the
    sham of the grid is the longest sampling.
    """
    rows = table.to_pylist()
    one = {row["method"]: row for row in rows}
    forward = one[FORWARD]

    def ratio(row: dict) -> float:
        return row["seconds"] / forward["seconds"]

    def as_near(method: str) -> float:
        near = [row for row in rows if row["method"] == method and row["divergence"] <= forward["divergence"]]
        return min((ratio(row) for row in near), default=nan)

    longest = max((row for row in rows if row["method"] == SAMPLED), key=lambda row: row["budget"])
    return {
        "optimising_ratio": (ratio(one[OPTIMISED]), ratio(one[MEDIANS])),
        "sampling_ratio": (as_near(SAMPLED), ratio(one[MEDIANS])),
        "grid_ratio": (as_near(GRID), ratio(longest)),
    }
