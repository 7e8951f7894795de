"""From a seed's tables to the numbers that decide claims, each with its sham: the same number from a null."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from ontogeny.claims import Pairs, Quantity, paired
from ontogeny.studies.icl_gd.readings import BEST, NULL

Tables = Mapping[str, pa.Table]


def quantities(tables: Tables) -> list[Quantity]:
    """Every quantity of one seed, measured and sham."""
    return paired(
        {
            **_one_layer(tables),
            **_elsewhere(tables),
            **_learners(tables["learners"]),
            **_behind_mlp(tables["behind_mlp"]),
            **_in_turns(tables["in_turns"]),
        }
    )


def _by(table: pa.Table, key: str) -> dict[str, dict[str, Any]]:
    return {row[key]: row for row in table.to_pylist()}


def _one_layer(tables: Tables) -> Pairs:
    """The trained layer beside the gradient step; shams are untrained."""
    course, construction = tables["course"].sort_by("step").to_pylist(), _by(tables["construction"], "kind")
    start, end = course[0], course[-1]
    return {
        "construction_error": (construction["constructed"]["error"], construction[NULL]["error"]),
        "sensitivity_cosine": (end["cosine"], start["cosine"]),
        "prediction_difference": (end["difference"], start["difference"]),
        "interpolation_bump": (_bump(tables["interpolation"], "aligned"), _bump(tables["interpolation"], "turned")),
    }


def _bump(table: pa.Table, kind: str) -> float:
    """By how much the way between two sets of weights rises above its higher end, relative to that."""
    rows = sorted((row for row in table.to_pylist() if row["kind"] == kind), key=lambda row: row["share"])
    losses = [row["loss"] for row in rows]
    return max(losses) / max(losses[0], losses[-1]) - 1


def _elsewhere(tables: Tables) -> Pairs:
    """Under shifts, and among other algorithms; shams are untrained."""
    shifts, nearest = tables["shifts"].to_pylist(), _by(tables["nearest"], "algorithm")

    def gap(kind: str) -> float:
        return max(abs(float(np.log(row[kind] / row["descent"]))) for row in shifts)

    def share(kind: str) -> float:
        others = [row[kind] for name, row in nearest.items() if name != "1 step"]
        return nearest["1 step"][kind] / min(others)

    return {"shift_gap": (gap("trained"), gap(NULL)), "nearest_share": (share("trained"), share(NULL))}


def _learners(table: pa.Table) -> Pairs:
    """Final losses beside those of descent.

    The expected loss of the one layer is estimated by its difference from that of the gradient step, whose expectation
    is known: both are measured on the same episodes, whose luck drops out.

    Shams: untrained models; for what deep models should beat, one layer; for what they should equal, plain descent;
    for what softmax and a prior mean should cost, linear attention without one.
    """
    rows = _by(table, "learner")

    def ratio(name: str, of: str = "loss", to: str = "descent") -> float:
        return rows[name][of] / rows[name][to]

    one = rows["one layer"]
    pairs = {
        "trained_loss": (BEST + one["loss"] - one["descent"], BEST + one[NULL] - one["descent"]),
        "loss_ratio": (ratio("one layer"), ratio("one layer", NULL)),
        "softmax_ratio": (ratio("softmax"), ratio("one layer")),
        "prior_mean_ratio": (ratio("prior mean"), ratio("one layer")),
    }
    for name, learner in (("deep", "layers"), ("looped", "looped")):
        pairs[f"{name}_gain"] = (1 - ratio(learner), 1 - one["loss"] / rows[learner]["descent"])
        pairs[f"{name}_corrected_ratio"] = (ratio(learner, "loss", "corrected"), ratio(learner, "descent", "corrected"))
    return pairs


def _behind_mlp(table: pa.Table) -> Pairs:
    """A layer behind an MLP beside a step on the features it sees, and on the inputs; shams are untrained."""
    start, *_, end = table.sort_by("step").to_pylist()
    return {
        "features_difference": (end["difference"], start["difference"]),
        "features_loss": (end["loss"] / end["straight"], start["loss"] / start["straight"]),
        "sine_told": (end["sine"], start["sine"]),
    }


def _in_turns(table: pa.Table) -> Pairs:
    """Copying, whose sham is untrained, and the loss beside the gradient step's, whose sham is a single layer."""
    rows = table.sort_by("step").to_pylist()
    start, end = ([row for row in rows if row["learner"] == "two layers"][place] for place in (0, -1))
    alone = [row for row in rows if row["learner"] == "one layer"][-1]
    return {
        "copying": (end["copying"], start["copying"]),
        "in_turns_ratio": (end["loss"] / end["descent"], alone["loss"] / alone["descent"]),
    }
