"""Readings of curves: when half is reached, when a task is learned, what the detector says of noisy readings."""

from typing import cast

import numpy as np
import pyarrow as pa
import torch
from jaxtyping import Float, Int

from ontogeny.models import Bank
from ontogeny.randomness import generator
from ontogeny.statistics import transition
from ontogeny.training import Trajectory


def half_times(
    steps: Int[np.ndarray, " checkpoint"],
    curves: Float[np.ndarray, "checkpoint mode"],
    strengths: Float[np.ndarray, " mode"],
) -> Float[np.ndarray, " mode"]:
    """The step at which each curve first reaches half of its mode's strength, between checkpoints by a smooth
    interpolation that keeps rising curves rising; nan where it does not get there."""
    from scipy.interpolate import PchipInterpolator

    found = np.full(len(strengths), np.nan)
    fine = np.linspace(steps[0], steps[-1], 40 * len(steps))
    for mode, strength in enumerate(strengths):
        above = np.flatnonzero(PchipInterpolator(steps, curves[:, mode])(fine) >= strength / 2)
        if len(above):
            found[mode] = fine[above[0]]
    return found


def settling(run: Trajectory, share: float) -> pa.Table:
    """The step at which each network's loss falls below `share` of its first one, for good; inf where it does not.

    Between checkpoints the logarithm of the loss is taken as straight.
    """
    batch = run.world.batch(run.seed, 0, run.training.batch)
    arrays = [torch.from_numpy(array) for array in (batch.inputs, batch.targets, batch.weights)]
    steps = [checkpoint.step for checkpoint in run.checkpoints]
    with torch.no_grad():
        losses = np.stack([cast(Bank, run.load(step)).losses(*arrays).numpy() for step in steps]).astype(np.float64)
    with np.errstate(all="ignore"):  # networks whose rate is too high
        logs = np.nan_to_num(np.log(losses / losses[0]), nan=np.inf)
    found = []
    for curve in logs.T:
        high = np.flatnonzero(curve > np.log(share))
        last = int(high[-1])
        if last + 1 == len(steps):
            found.append(np.inf)
            continue
        before, after = min(curve[last], 50.0), max(curve[last + 1], -50.0)
        part = (before - np.log(share)) / (before - after)
        found.append(steps[last] + part * (steps[last + 1] - steps[last]))
    return pa.table({"steps": np.array(found)})


def calibrate(
    steps: Int[np.ndarray, " checkpoint"],
    curve: Float[np.ndarray, " checkpoint"],
    noise: float,
    key: tuple[int | str, ...],
) -> dict[str, float]:
    """What the detector says of one noisy reading: its step and interval; nan where it sees no transition."""
    read = curve + noise * generator("readings", *key).normal(size=len(curve))
    found = transition(steps, read)
    if found is None:
        return {"found": np.nan, "low": np.nan, "high": np.nan}
    return {"found": found.step, "low": found.low, "high": found.high}
