"""From a seed's tables to the numbers that decide claims, each with its sham: the same number from a null."""

from collections.abc import Mapping, Sequence
from math import nan

import pyarrow as pa

from ontogeny.claims import Pairs, Quantity, paired
from ontogeny.studies.pfn.learners import PLAIN, TUNED
from ontogeny.studies.pfn.networks import PRIOR, VARIATIONAL
from ontogeny.studies.pfn.readings import NULL
from ontogeny.studies.pfn.settings import FROM
from ontogeny.studies.pfn.tables import MODEL, REAL
from ontogeny.studies.pfn.timing import FORWARD, GRID, MEDIANS, OPTIMISED, SAMPLED

Tables = Mapping[str, pa.Table]


def process_quantities(tables: Tables) -> list[Quantity]:
    """Every quantity of one seed of models of Gaussian processes, measured and sham."""
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


def network_quantities(tables: Tables) -> list[Quantity]:
    """Every quantity of one seed of the model of Bayesian networks; shams: untrained, and a time that infers nothing.

    Sampling has the smallest budget of as high a likelihood as the forward pass, nan where none has.
    """
    rows, times = _from(tables["networks"]), tables["network_times"].to_pylist()
    forward = next(row for row in times if row["method"] == FORWARD)

    def worst(kind: str, other: str) -> float:
        """By how much a likelihood falls short of another, at the number of examples where it does most."""
        return max(row[other] - row[kind] for row in rows)

    def ratios(method: str) -> list[tuple[float, float]]:
        """Likelihood and time, the latter in forward passes, by budget."""
        found = [row for row in times if row["method"] == method]
        return [(row["likelihood"], row["seconds"] / forward["seconds"]) for row in found]

    as_high = [ratio for likelihood, ratio in ratios(SAMPLED) if likelihood >= forward["likelihood"]]
    (_, nothing), (_, fitted) = ratios(PRIOR)[0], ratios(VARIATIONAL)[-1]
    return paired(
        {
            "network_sampling_lost": (worst("trained", SAMPLED), worst(NULL, SAMPLED)),
            "network_variational_lost": (worst("trained", VARIATIONAL), worst(NULL, VARIATIONAL)),
            "network_sampling_ratio": (min(as_high, default=nan), nothing),
            "network_variational_ratio": (fitted, nothing),
        }
    )


def table_quantities(tables: Tables) -> list[Quantity]:
    """Every quantity of one seed of the model of small tables, beside the tuned learner that does best on real ones.

    Learners are tuned for what they are judged by: for the likelihood by it, for all else by the share of right
    answers. Shams are the untrained model; of time the nearest neighbour, which there is nothing to be tuned of.
    """
    rows, likely = (
        [row for row in tables[name].to_pylist() if row["table"] in REAL] for name in ("tables", "likely_learners")
    )

    def mean(learner: str, column: str, rows: Sequence[dict] = rows) -> float:
        return sum(row[column] for row in rows if row["learner"] == learner) / len(REAL)

    def margin(column: str, tuned: Sequence[dict]) -> tuple[float, float]:
        best = max(mean(learner, column, tuned) for learner in TUNED)
        return mean(MODEL, column) - best, mean(NULL, column) - best

    best = max(TUNED, key=lambda learner: mean(learner, "accuracy"))
    times = [mean(learner, "seconds") / mean(MODEL, "seconds") for learner in (best, PLAIN)]
    return paired(
        {
            "table_accuracy_margin": margin("accuracy", rows),
            "table_likelihood_margin": margin("likelihood", likely),
            "table_time_ratio": (times[0], times[1]),
        }
    )
