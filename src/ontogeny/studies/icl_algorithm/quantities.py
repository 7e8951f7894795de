"""From a seed's tables to the numbers that decide claims, each with its sham: the same number from a null."""

from collections.abc import Mapping, Sequence
from math import nan
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ontogeny.claims import Pairs, Quantity, paired
from ontogeny.studies.icl_algorithm.probing import BENT, FIXED, LINEAR
from ontogeny.studies.icl_algorithm.readings import EXACT, NULL, STEP, TRAINED

Tables = Mapping[str, pa.Table]


def quantities(tables: Tables) -> list[Quantity]:
    """Every quantity of one seed, measured and sham."""
    pairs = {
        **_programs(tables["programs"]),
        **_grid(tables),
        **_penalties(tables),
        **_probes(tables["probes"]),
        **_pools(tables["pools"]),
    }
    return paired(pairs)


def _rows(table: pa.Table, **chosen: Any) -> list[dict[str, Any]]:
    return [row for row in table.to_pylist() if all(row[name] == value for name, value in chosen.items())]


def _depths(table: pa.Table) -> tuple[int, int]:
    """The least and the greatest."""
    return pc.min(table["layers"]).as_py(), pc.max(table["layers"]).as_py()


def _programs(table: pa.Table) -> Pairs:
    """Shams have the shape alone."""
    errors = {(row["program"], row["kind"]): row["error"] for row in table.to_pylist()}
    return {
        f"{name}_program_error": (errors[name, "constructed"], errors[name, "untrained"])
        for name in ("descent", "ridge")
    }


def _grid(tables: Tables) -> Pairs:
    """How near the deepest models come to the best, and what the shallowest and the deepest do without noise.

    Shams: untrained models; for the shallowest the deepest one.
    """
    table = tables["algorithms"]
    shallow, deep = _depths(table)
    most = pc.max(table["examples"]).as_py()
    best = _rows(tables["optimum"], layers=deep)

    def share(layers: int, kind: str, of: str, to: str) -> float:
        rows = {row["algorithm"]: row[kind] for row in _rows(table, layers=layers, noise=0.0, examples=most)}
        return rows[of] / rows[to]

    return {
        "bayes_difference": (max(row[TRAINED] for row in best), max(row[NULL] for row in best)),
        "shallow_share": (share(shallow, TRAINED, STEP, EXACT), share(deep, TRAINED, STEP, EXACT)),
        "deep_share": (share(deep, TRAINED, EXACT, STEP), share(deep, NULL, EXACT, STEP)),
    }


def nearest_penalty(rows: Sequence[Mapping[str, Any]], kind: str) -> float:
    """Where the difference is least: the vertex of the parabola, in the penalty's logarithm, around the grid's best."""
    ordered = sorted(rows, key=lambda row: row["penalty"])
    found, places = [row[kind] for row in ordered], np.log2([row["penalty"] for row in ordered])
    best = int(np.argmin(found))
    if not 0 < best < len(found) - 1:
        return float(ordered[best]["penalty"])
    before, here, after = found[best - 1 : best + 2]
    shift = (before - after) / (before - 2 * here + after) / 2
    return float(2 ** (places[best] + shift * (places[best + 1] - places[best])))


def _penalties(tables: Tables) -> Pairs:
    """The penalties of the ridge regressions that predict most like the deepest models, beside the noise's variance.

    Shams: untrained; for what the right penalty gains over none, the model that was trained without noise.
    """
    table = tables["penalties"]
    _, deep = _depths(table)
    noises = sorted(set(table["noise"].to_pylist()))
    variances = np.square(noises)

    def nearest(kind: str) -> np.ndarray:
        return np.array([nearest_penalty(_rows(table, layers=deep, noise=noise), kind) for noise in noises])

    def slope(kind: str) -> float:
        return float(np.polyfit(variances, nearest(kind), 1)[0])

    def octaves(kind: str) -> float:
        return float(np.abs(np.log2(nearest(kind)[1:] / variances[1:])).max())

    def suited(rows: list[dict[str, Any]]) -> float:
        ordered = sorted(rows, key=lambda row: row["penalty"])
        right = next(row for row in ordered if np.isclose(row["penalty"], variances[-1]))
        return right[TRAINED] / ordered[0][TRAINED]

    return {
        "penalty_slope": (slope(TRAINED), slope(NULL)),
        "penalty_octaves": (octaves(TRAINED), octaves(NULL)),
        "regularised_share": (
            suited(_rows(table, layers=deep, noise=noises[-1])),
            suited(tables["unsuited"].to_pylist()),
        ),
    }


def reading(table: pa.Table, source: str, target: str, probe: str) -> float:
    """The share read at the layer and position that are best in validation; the mean over d to 2 d examples."""
    rows = _rows(table, source=source, target=target, probe=probe)
    least = max(row["examples"] for row in rows) // 2
    places: dict[tuple[int, str], list[tuple[float, float]]] = {}
    for row in rows:
        if row["examples"] >= least:
            places.setdefault((row["layer"], row["at"]), []).append((row["validation"], row["test"]))
    return float(max((np.mean(found, axis=0).tolist() for found in places.values()), key=lambda means: means[0])[1])


def _probes(table: pa.Table) -> Pairs:
    """What is read of the model beyond what is read of the control task, and what neurons read beyond a linear probe.

    Shams: the untrained model; shuffled targets.
    """

    def selectivity(target: str, source: str) -> float:
        return reading(table, source, target, BENT) - reading(table, FIXED, target, BENT)

    def bent(target: str) -> float:
        return reading(table, TRAINED, target, BENT) - reading(table, TRAINED, target, LINEAR)

    return {
        "weights_selectivity": (selectivity("weights", TRAINED), selectivity("weights", NULL)),
        "moment_selectivity": (selectivity("moment", TRAINED), selectivity("moment", NULL)),
        "weights_bent": (bent("weights"), bent("shuffled weights")),
    }


def pool_share(row: Mapping[str, Any], kind: str = TRAINED) -> float:
    """0 where predictions are those of ridge regression, 1 where they are the pool's best; 1/2 half way.

    nan where these two are nearer to one another than to the predictions: whatever is far from both is about half way.
    """
    ridge, pool = row[f"{kind}_to_ridge"], row[f"{kind}_to_pool"]
    return ridge / (ridge + pool) if min(ridge, pool) <= row["pool_to_ridge"] else nan


def _pools(table: pa.Table) -> Pairs:
    """On new functions. Shams: for few tasks, a model that was never shown one twice; for many, averaging."""
    fewest, *_, most = sorted(_rows(table, functions="new"), key=lambda row: row["tasks"])
    return {
        "few_tasks": (pool_share(fewest), pool_share(fewest, "diverse")),
        "many_tasks": (pool_share(most), pool_share(most, "averaging")),
    }
