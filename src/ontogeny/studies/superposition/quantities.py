"""From a seed's tables to the numbers that decide claims, each with its sham: the same number from a null."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ontogeny.claims import Pairs, Quantity, paired
from ontogeny.instruments import dimensionality, plateaus
from ontogeny.instruments.probes import normalise
from ontogeny.randomness import generator
from ontogeny.studies.superposition.settings import Settings

Tables = Mapping[str, pa.Table]
SPARSE = 0.03
"""Densities up to this one are called sparse."""
CLEAR = 0.05
"""The theory is asked where its best strategy beats the next by this share of the loss."""


def quantities(tables: Tables, settings: Settings, seed: int) -> list[Quantity]:
    """Every quantity of one seed, measured and sham."""
    pairs = {
        **_counts(tables, settings),
        "phases_beyond_commonest": phase_agreement(tables["phases"], seed),
        **_geometry(tables, settings, seed),
        **_absolute(tables["absolute"], settings),
    }
    return paired(pairs)


def _counts(tables: Tables, settings: Settings) -> Pairs:
    """Features held beyond the dimensions; the shams are the linear twin, and sparse features where dense are asked."""
    relu, linear = tables["counts"], tables["linear"]
    hidden = settings.toy.hidden

    def sparse(table: pa.Table, column: str) -> float:
        return float(np.mean(table.filter(pc.field("density") <= SPARSE)[column].to_numpy()))

    def dense(column: str) -> float:
        return float(relu.filter(pc.field("density") == 1)[column][0].as_py())

    most = float(np.max(linear["features"].to_numpy())) - hidden
    return {
        "extra_features": (sparse(relu, "features") - hidden, sparse(linear, "features") - hidden),
        "dense_features": (dense("features") - hidden, sparse(relu, "features") - hidden),
        "dense_interference": (dense("interference"), sparse(relu, "interference")),
        "linear_extra": (most, float(np.max(relu["features"].to_numpy())) - hidden),
    }


def phase_agreement(table: pa.Table, seed: int) -> tuple[float, float]:
    """In how many of the clear cases training does what the theory says: 1 for all, 0 for as many as the commonest.

    Always to do what is best in most cases is right in that many; in the sham, cases are shuffled.
    """
    clear = table.filter(pc.field("margin") > CLEAR)
    trained, theory = clear["strategy"].to_numpy(), clear["theory"].to_numpy()
    shuffled = theory[generator(seed, "shuffled cases").permutation(len(theory))]
    commonest = float(np.unique(theory, return_counts=True)[1].max()) / len(theory)

    def beyond(strategies: np.ndarray) -> float:
        return normalise(float(np.mean(trained == strategies)), commonest)

    return beyond(theory), beyond(shuffled)


def _geometry(tables: Tables, settings: Settings, seed: int) -> Pairs:
    """Fractions at which dimensions pile up, and the price; shams: random directions, and shuffled densities."""
    sizes = settings.geometry
    random = generator(seed, "random directions").normal(size=(sizes.models, sizes.hidden, sizes.features))
    prices = tables["prices"]
    per_dimension, harmed = prices["per_dimension"].to_numpy(), prices["vulnerability"].to_numpy()
    shuffled = generator(seed, "shuffled densities").permutation(len(harmed))

    def correlation(values: np.ndarray) -> float:
        return float(np.corrcoef(per_dimension, values)[0, 1])

    return {
        "plateaus": (
            float(len(plateaus(tables["dimensions"]["dimensions"].to_numpy()))),
            float(len(plateaus(dimensionality(random).ravel()))),
        ),
        "vulnerability": (correlation(harmed), correlation(harmed[shuffled])),
    }


def _absolute(table: pa.Table, settings: Settings) -> Pairs:
    """What sparsity adds: features a neuron; absolute values beyond one for two neurons, sides of them beyond one each.

    Shams: the same networks untrained.
    """
    hidden = settings.absolute.hidden

    def read(trained: bool) -> tuple[float, float, float]:
        rows = table.filter(pc.field("trained") == trained).sort_by([("density", "descending")])
        served, computed, sides = (rows[name].to_numpy() for name in ("served", "computed", "sides"))
        return float(served[-1] - served[0]), float(computed[-1] - hidden / 2), float(sides[-1] - hidden)

    names = ("polysemantic_gain", "computed_beyond", "sides_beyond")
    return {name: (found, null) for name, found, null in zip(names, read(True), read(False), strict=True)}
