"""How one seed is measured, top to bottom."""

from functools import partial
from typing import Literal, cast

import numpy as np
import pyarrow as pa
import torch
from jaxtyping import Float

from ontogeny.instruments import mode_strengths
from ontogeny.lab.lab import Lab
from ontogeny.lab.results import SeedResult
from ontogeny.models import Bank, Perceptrons
from ontogeny.references.deep_linear import effective_start, half_time, mode_curve
from ontogeny.studies.deep_linear.quantities import quantities
from ontogeny.studies.deep_linear.readings import calibrate, half_times, settling
from ontogeny.studies.deep_linear.settings import Settings, training
from ontogeny.training import Trajectory
from ontogeny.worlds import Hierarchy, Teacher


def measure_seed(lab: Lab, settings: Settings, seed: int) -> SeedResult:
    """Follow the modes of a known spectrum and of a hierarchy, time networks of growing depth, test the detector."""
    followed = _follow(lab, settings, settings.spectrum, "linear", seed)
    tables = {
        "modes": lab.measure(followed, "modes", settings.modes, lambda: against_theory(followed)),
        "calibration": lab.measure(
            followed, "calibration", settings.calibration, lambda: calibration(followed, settings)
        ),
        "differentiation": pa.concat_tables(
            lab.measure(run, "differentiation", settings.modes, partial(differentiation, run, activation))
            for activation, run in _differentiating(lab, settings, seed)
        ),
        "depths": pa.Table.from_pylist(depths(lab, settings, seed)),
    }
    return SeedResult(quantities(tables, settings, seed), tables)


Activation = Literal["linear", "relu"]


def _differentiating(lab: Lab, settings: Settings, seed: int) -> list[tuple[Activation, Trajectory]]:
    kinds: tuple[Activation, ...] = ("linear", "relu")
    return [(kind, _follow(lab, settings, settings.hierarchy, kind, seed)) for kind in kinds]


def _follow(lab: Lab, settings: Settings, world: Teacher | Hierarchy, activation: Activation, seed: int) -> Trajectory:
    """Networks with one hidden layer, from small random weights."""
    modes = settings.modes
    model = Perceptrons(
        models=modes.models, hidden=(modes.width,), activation=activation, biases="none", gain=modes.gain
    )
    return lab.train(
        "deep_linear", model, world, training(modes.lr, modes.steps, modes.every, world.feature_size), seed
    )


def strengths(run: Trajectory) -> tuple[list[int], Float[np.ndarray, "checkpoint model mode"]]:
    """The steps, and how strongly each network carries out each mode of its task there.

    A network's map is read from its answers to the examples, whose correlation matrix is the identity.
    """
    world = run.world
    shown = world.batch(run.seed, 0, world.feature_size).inputs
    steps, maps = [], []
    for checkpoint in run.checkpoints:
        with torch.no_grad():
            given = run.load(checkpoint.step)(torch.from_numpy(shown)).numpy()  # [model output batch]
        steps.append(checkpoint.step)
        maps.append(given @ shown[0].T / world.feature_size)
    return steps, mode_strengths(np.stack(maps).astype(np.float64), world.modes(run.seed))


def against_theory(run: Trajectory) -> pa.Table:
    """Every mode of every network over training, beside the closed form from the same initial weights."""
    steps, measured = strengths(run)
    modes = run.world.modes(run.seed)
    time = 2 * run.training.optimiser.lr * np.array(steps)
    first, second = (weights.detach().numpy().astype(np.float64) for weights in cast(Bank, run.load(0)).weights)
    rows = []
    for model in range(measured.shape[1]):
        starts = effective_start(first[model], second[model], modes.inputs, modes.outputs)
        halves = half_times(np.array(steps), measured[:, model], modes.strengths)
        for mode, (strength, start) in enumerate(zip(modes.strengths, starts, strict=True)):
            expected = half_time(strength, start) / (2 * run.training.optimiser.lr)
            curve = mode_curve(time, strength, start)
            rows += [
                {
                    "model": model,
                    "mode": mode,
                    "strength": strength,
                    "half": halves[mode],
                    "predicted half": expected,
                    "step": step,
                    "measured": measured[index, model, mode],
                    "theory": curve[index],
                }
                for index, step in enumerate(steps)
            ]
    return pa.Table.from_pylist(rows)


def calibration(run: Trajectory, settings: Settings) -> pa.Table:
    """The detector's interval for noisy readings of each mode of each network, and the true half-time."""
    steps, measured = strengths(run)
    modes = run.world.modes(run.seed)
    rows = []
    for model in range(measured.shape[1]):
        truths = half_times(np.array(steps), measured[:, model], modes.strengths)
        for mode, strength in enumerate(modes.strengths):
            for noise in settings.calibration.noises:
                key = (run.seed, model, mode, str(noise))
                found = calibrate(np.array(steps), measured[:, model, mode] / strength, noise, key)
                rows.append({"model": model, "mode": mode, "noise": noise, "truth": truths[mode], **found})
    return pa.Table.from_pylist(rows)


def differentiation(run: Trajectory, activation: str) -> pa.Table:
    """How far each level of the tree is told apart over training: mean over networks and modes, as a share."""
    steps, measured = strengths(run)
    world = run.world
    shares = measured / world.modes().strengths
    rows = []
    for level in range(world.levels + 1):
        chosen = shares[:, :, world.mode_levels == level].mean(axis=(1, 2))
        half = half_times(np.array(steps), chosen[:, None], np.ones(1))[0]
        rows += [
            {"network": activation, "level": level, "step": step, "share": share, "half": half}
            for step, share in zip(steps, chosen, strict=True)
        ]
    return pa.Table.from_pylist(rows)


def depths(lab: Lab, settings: Settings, seed: int) -> list[dict[str, float | int | str]]:
    """The fewest steps in which networks of each depth learn, over all learning rates tried, by initial weights."""
    chosen = settings.depths
    kinds: tuple[Literal["orthogonal", "normal"], ...] = ("orthogonal", "normal")
    rows: list[dict[str, float | int | str]] = []
    for initial in kinds:
        for layers in chosen.layers:
            model = Perceptrons(
                models=chosen.rates,
                hidden=(chosen.width,) * (layers - 1),
                activation="linear",
                biases="none",
                initial=initial,
                rates=tuple(chosen.factor**i for i in range(chosen.rates)),
            )
            settings_of = training(chosen.slowest / layers, chosen.steps, chosen.every, chosen.world.inputs)
            run = lab.train("deep_linear_depths", model, chosen.world, settings_of, seed)
            found = lab.measure(run, "settling", chosen, partial(settling, run, chosen.learned))
            steps = found["steps"].to_numpy()
            best = int(np.argmin(steps))
            rows.append({"initial": initial, "layers": layers, "steps": float(steps[best]), "rate": best})
    return rows
