"""From a seed's tables to the numbers that decide claims, each with its sham: the same number from a null."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ontogeny.claims import Pairs, Quantity, paired
from ontogeny.studies.icl_functions.readings import EXACT, NULL, RECURRENT, RECURRENT_NULL, TRAINED
from ontogeny.studies.icl_functions.settings import Settings

Tables = Mapping[str, pa.Table]


def quantities(tables: Tables, settings: Settings) -> list[Quantity]:
    """Every quantity of one seed, measured and sham."""
    pairs = {
        **_linear(tables["curves"], settings.linear.features),
        **_nearest(tables["nearest"]),
        **_classes(tables["curves"], settings),
        **_growth(tables["growth"], tables["growth_again"]),
        **_shifts(tables["shifts"], settings.linear.features),
        **_boundary(tables["boundary"]),
    }
    return paired(pairs)


def _errors(curves: pa.Table, task: str, learner: str) -> np.ndarray:
    """A learner's errors, [examples before]."""
    chosen = curves.filter((pc.field("task") == task) & (pc.field("learner") == learner))
    return chosen.sort_by("examples")["error"].to_numpy()


def _linear(curves: pa.Table, features: int) -> Pairs:
    """The distance from least squares on the same episodes; shams are untrained."""

    def away(learner: str) -> np.ndarray:
        return np.abs(_errors(curves, "linear", learner) - _errors(curves, "linear", EXACT))

    late = {name: away(name)[2 * features] for name in (TRAINED, NULL, RECURRENT, RECURRENT_NULL)}
    return {
        "excess": (late[TRAINED], late[NULL]),
        "early_gap": (away(TRAINED)[:features].max(), away(NULL)[:features].max()),
        "recurrent_excess": (late[RECURRENT] - late[TRAINED], late[RECURRENT_NULL] - late[NULL]),
    }


def _nearest(table: pa.Table) -> Pairs:
    """The difference from least squares over the least one from averaging and nearest neighbours; sham: untrained.

    Ridge regression with a small penalty is least squares but in name, and is left out.
    """
    rows = {row["algorithm"]: row for row in table.to_pylist()}
    others = [name for name in rows if name != EXACT and not name.startswith("ridge")]

    def share(kind: str) -> float:
        return rows[EXACT][kind] / min(rows[name][kind] for name in others)

    return {"nearest_share": (share(TRAINED), share(NULL))}


def _classes(curves: pa.Table, settings: Settings) -> Pairs:
    """Errors over those of the learner for the class.

    Of sparse functions, whose number of examples is still below that of the weights, the mean over 1 to d examples; of
    networks and trees, that from 2 d examples on. Shams: untrained models; for what sparsity gains over least squares
    and for what equals the Lasso, least squares.
    """

    def ratio(task: str, learner: str, to: str, counts: slice) -> float:
        return float(_errors(curves, task, learner)[counts].mean() / _errors(curves, task, to)[counts].mean())

    early = slice(1, settings.sparse.features + 1)
    pairs = {
        "sparse_over_squares": (ratio("sparse", TRAINED, EXACT, early), ratio("sparse", NULL, EXACT, early)),
        "sparse_over_lasso": (ratio("sparse", TRAINED, "lasso", early), ratio("sparse", EXACT, "lasso", early)),
    }
    for name, task, other in (
        ("networks_ratio", "networks", "trained networks"),
        ("trees_ratio", "trees", "greedy tree"),
        ("boosted_ratio", "trees", "boosted trees"),
    ):
        late = slice(2 * getattr(settings, task).features, None)
        pairs[name] = (ratio(task, TRAINED, other, late), ratio(task, NULL, other, late))
    return pairs


def _growth(table: pa.Table, again: pa.Table) -> Pairs:
    """The error after training with a curriculum over that without; sham: without one, too, but with another seed."""

    def last(rows: pa.Table) -> float:
        return rows.sort_by("step")["error"].to_pylist()[-1]

    grown, plain = (last(table.filter(pc.field("curriculum") == curriculum)) for curriculum in (True, False))
    return {"curriculum_ratio": (grown / plain, last(again) / plain)}


def _shifts(table: pa.Table, features: int) -> Pairs:
    """The largest excess over least squares with 2 d examples, d - 1 before an orthogonal query; shams are untrained.

    Of scales, those of 1/2 and 2.
    """
    rows = [
        row
        for row in table.to_pylist()
        if row["examples"] == (features - 1 if row["shift"] == "orthogonal query" else 2 * features)
    ]

    def largest(kind: str, predictor: str) -> float:
        counted = [row for row in rows if row["kind"] == kind]
        if kind == "scale":
            counted = [row for row in counted if row["shift"].endswith((" 0.5", " 2"))]
        return max(row[predictor] - row["squares"] for row in counted)

    return {f"{kind}_excess": (largest(kind, TRAINED), largest(kind, NULL)) for kind in ("prompt", "query", "scale")}


def _boundary(table: pa.Table) -> Pairs:
    """The size of predictions over that of the values where inputs are largest; sham: where they are as in training."""
    rows = sorted(table.to_pylist(), key=lambda row: row["factor"])
    first, *_, last = (row["predicted"] / row["true"] for row in rows)
    return {"far_size": (last, first)}
