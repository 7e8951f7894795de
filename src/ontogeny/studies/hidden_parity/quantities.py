"""From a seed's tables to the numbers that decide claims, each with its sham: the same number from a null."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float

from ontogeny.claims import Pairs, Quantity, paired
from ontogeny.randomness import generator
from ontogeny.studies.hidden_parity.settings import Settings

Tables = Mapping[str, pa.Table]


def quantities(tables: Tables, settings: Settings, seed: int) -> list[Quantity]:
    """Every quantity of one seed, measured and sham."""
    pairs = {
        **_abruptness(tables["times"], settings),
        **_growth(tables["times"], seed),
        **_luck(tables["times"], settings, seed),
        **_progress(tables),
    }
    return paired(pairs)


def _abruptness(times: pa.Table, settings: Settings) -> Pairs:
    """The share of the time until a network knows during which it still guesses; the sham learns a single bit."""

    def plateau(kind: str) -> float:
        rows = times.filter(pc.field("kind") == kind)
        if kind == "mlp":
            rows = _of(rows, settings.main.bits, settings.main.degree)
        knows = rows["knows"].to_numpy()
        shares = rows["leaves"].to_numpy()[np.isfinite(knows)] / knows[np.isfinite(knows)]
        return float(np.median(shares)) if 2 * len(shares) > len(knows) else float("nan")  # most did not learn

    null = plateau("single bit")
    return {f"plateau_{kind}": (plateau(kind), null) for kind in ("mlp", "neuron", "transformer")}


def _of(times: pa.Table, bits: int, degree: int) -> pa.Table:
    return times.filter((pc.field("bits") == bits) & (pc.field("degree") == degree))


def _of_degree(times: pa.Table, degree: int) -> pa.Table:
    return times.filter((pc.field("kind") == "mlp") & (pc.field("degree") == degree))


def typical_times(times: pa.Table, degree: int) -> tuple[list[int], Float[np.ndarray, " bits"]]:
    """The median time until a network knows, for each number of bits; inf where most do not get there."""
    rows = _of_degree(times, degree)
    sizes = sorted(set(rows["bits"].to_pylist()))
    return sizes, np.array([np.median(_of(rows, bits, degree)["knows"].to_numpy()) for bits in sizes])


def _growth(times: pa.Table, seed: int) -> Pairs:
    """Exponents of time against bits, for parities of two and three.

    In the shams the numbers of bits are shuffled; for the share of what trying all sets of three needs, as many
    searches without memory are made, each time over all sets.
    """

    def exponents(degree: int, sizes: list[int], found: Float[np.ndarray, " bits"]) -> tuple[float, float]:
        shuffled = found[generator(seed, "shuffled bits", degree).permutation(len(found))]
        return _exponent(sizes, found), _exponent(sizes, shuffled)

    pairs, (sizes, found) = typical_times(times, 2), typical_times(times, 3)
    networks = _of_degree(times, 3)
    searches = [
        np.median(generator(seed, "search of all sets", bits).exponential(bits**3, len(_of(networks, bits, 3))))
        for bits in sizes
    ]
    two, three = exponents(2, *pairs), exponents(3, sizes, found)
    return {
        "exponent_2": two,
        "exponent_3": three,
        "exponent_gain": (three[0] - two[0], three[1] - two[1]),
        "exponent_share": (three[0] / 3, _exponent(sizes, np.array(searches)) / 3),
    }


def _exponent(sizes: list[int], found: Float[np.ndarray, " bits"]) -> float:
    if len(sizes) < 2 or not np.isfinite(found).all():
        return float("nan")
    return float(np.polyfit(np.log(sizes), np.log(found), 1)[0])


def _luck(times: pa.Table, settings: Settings, seed: int) -> Pairs:
    """How widely times are spread, relative to their mean; a search without memory has 1, as in the sham."""
    knows = _of(times.filter(pc.field("kind") == "mlp"), settings.main.bits, settings.main.degree)["knows"].to_numpy()
    if not np.isfinite(knows).all():
        return {"time_spread": (float("nan"), 1.0)}
    guessed = generator(seed, "random search").exponential(knows.mean(), len(knows))
    return {"time_spread": (_spread(knows), _spread(guessed))}


def _spread(values: Float[np.ndarray, " model"]) -> float:
    return float(np.std(values, ddof=1) / np.mean(values))


def _progress(tables: Tables) -> Pairs:
    """Whether the inside moves first; shams: accuracy on other examples, and bits that are not hidden."""
    leads, start = tables["leads"], tables["start"]

    def mean(column: str) -> float:
        values = leads[column].to_numpy()
        present = values[np.isfinite(values)]
        return float(np.mean(present)) if 2 * len(present) >= len(values) else float("nan")

    return {
        "lead": (mean("lead"), mean("null")),
        "start_excess": (float(np.mean(start["excess"].to_numpy())), float(np.mean(start["other"].to_numpy()))),
    }
