"""From a seed's tables to the numbers that decide claims, each with its sham: the same number from a null."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float

from ontogeny.claims import Pairs, Quantity, paired
from ontogeny.randomness import generator
from ontogeny.studies.deep_linear.settings import Settings

Tables = Mapping[str, pa.Table]


def quantities(tables: Tables, settings: Settings, seed: int) -> list[Quantity]:
    """Every quantity of one seed, measured and sham."""
    pairs = {
        **_modes(tables["modes"], seed),
        **depth_times(tables["depths"], settings.depths.steps, seed),
        **_differentiation(tables["differentiation"], seed),
        **_calibration(tables["calibration"], seed),
    }
    return paired(pairs)


def grid(table: pa.Table, column: str, *axes: str) -> Float[np.ndarray, "..."]:
    """A column as an array over the values of `axes`, in ascending order of each."""
    keys = [np.unique(table[axis].to_numpy(), return_inverse=True) for axis in axes]
    values = np.full([len(names) for names, _ in keys], np.nan)
    values[tuple(index for _, index in keys)] = table[column].to_numpy()
    return values


def _modes(table: pa.Table, seed: int) -> Pairs:
    """Curves and half-times against the closed form; in the shams, against that of another mode."""
    measured, theory = (grid(table, column, "model", "mode", "step") for column in ("measured", "theory"))
    first = table.filter(pc.field("step") == 0)
    half, expected, strength = (
        grid(first, column, "model", "mode") for column in ("half", "predicted half", "strength")
    )
    other = np.roll(np.arange(measured.shape[1]), 1 + seed % max(1, measured.shape[1] - 1))
    shuffled = generator(seed, "shuffled modes").permutation(measured.shape[1])

    def fit(curves: Float[np.ndarray, "model mode step"]) -> float:
        left = np.sum((measured - curves) ** 2, axis=2)
        return float(np.mean(1 - left / np.sum((measured - measured.mean(axis=2, keepdims=True)) ** 2, axis=2)))

    def slope(strengths: Float[np.ndarray, "model mode"]) -> float:
        lines = [np.polyfit(-np.log(s), np.log(t), 1)[0] for s, t in zip(strengths, half, strict=True)]
        return float(np.mean(lines))

    return {
        "curve_fit": (fit(theory), fit(theory[:, other])),
        "half_time_error": (
            float(np.mean(np.abs(half / expected - 1))),
            float(np.mean(np.abs(half / expected[:, other] - 1))),
        ),
        "half_time_slope": (slope(strength), slope(strength[:, shuffled])),
    }


def depth_times(table: pa.Table, budget: int, seed: int) -> Pairs:
    """The deepest networks' learning time over that of others.

    Where the deepest never learn only a bound is known: they need more than all steps there were. It says nothing
    beside networks half as deep, which take most of those steps. The shams are the same for Gaussian weights, and both
    kinds of weights exchanged at every depth or not, by chance.
    """
    kinds = [table.filter(pc.field("initial") == kind).sort_by("layers") for kind in ("orthogonal", "normal")]
    steps = np.array([rows["steps"].to_numpy() for rows in kinds])  # [initial, depth]
    exchanged = generator(seed, "exchanged weights").random(steps.shape[1]) < 0.5
    mixed = np.where(exchanged, steps[::-1], steps)

    def ratio(times: Float[np.ndarray, " depth"]) -> float:
        return float(min(times[-1], budget) / times[0]) if np.isfinite(times[0]) else float("nan")

    def saturation(times: Float[np.ndarray, " depth"]) -> float:
        return float(times[-1] / times[-2]) if np.isfinite(times[-2:]).all() else float("nan")

    def excess(orthogonal: Float[np.ndarray, " depth"], normal: Float[np.ndarray, " depth"]) -> float:
        return float(np.log(ratio(normal) / ratio(orthogonal)))

    return {
        "depth_ratio": (ratio(steps[0]), ratio(steps[1])),
        "depth_saturation": (saturation(steps[0]), saturation(steps[1])),
        "gaussian_excess": (excess(*steps), excess(*mixed)),
    }


def _differentiation(table: pa.Table, seed: int) -> Pairs:
    """The smallest step in log time from one level of the tree to the next; in the sham, levels are shuffled."""
    found = {}
    for network, name in (("linear", "differentiation"), ("relu", "differentiation_relu")):
        rows = table.filter((pc.field("network") == network) & (pc.field("step") == 0)).sort_by("level")
        halves = np.log(rows["half"].to_numpy())
        # An order other than the true one, so that the null is one.
        order = np.roll(np.arange(len(halves)), 1 + seed % (len(halves) - 1))
        found[name] = (float(np.min(np.diff(halves))), float(np.min(np.diff(halves[order]))))
    return found


def _calibration(table: pa.Table, seed: int) -> Pairs:
    """How often the detector's intervals hold the truth, and its error; in the shams, the truth of another mode."""
    truth = table["truth"].to_numpy()
    found, low, high = (table[name].to_numpy() for name in ("found", "low", "high"))
    modes = table["mode"].to_numpy()
    by_mode = {(m, k): t for m, k, t in zip(table["model"].to_numpy(), modes, truth, strict=True)}
    count = modes.max() + 1
    shift = 1 + seed % max(1, count - 1)
    others = np.array([by_mode[m, (k + shift) % count] for m, k in zip(table["model"].to_numpy(), modes, strict=True)])

    def held(true: Float[np.ndarray, " reading"]) -> float:
        return float(np.mean((low <= true) & (true <= high)))  # no transition seen: not held

    def error(true: Float[np.ndarray, " reading"]) -> float:
        return float(np.nanmean(np.abs(found / true - 1)))

    return {
        "coverage": (held(truth), held(others)),
        "detector_error": (error(truth), error(others)),
    }
