"""What is read from the models of the grid: which algorithm predicts as they do, at which penalty, how near the best.

Differences are mean squares, in units of the mean square of the Bayes-optimal predictions on the same episodes.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pyarrow as pa
import torch
from torch import Tensor

from ontogeny.instruments import in_context as meter
from ontogeny.references import in_context as reference
from ontogeny.references.in_context import Predictor
from ontogeny.studies.icl_algorithm.settings import Settings
from ontogeny.training import Trajectory
from ontogeny.worlds import InContext

TRAINED, NULL = "trained", "untrained"
EXACT, STEP = "least squares", "1 step"
PENALTIES = [2 ** (quarter / 4) for quarter in range(-28, 17)]
"""Of ridge regression, from 1/128 to 16."""
Rows = list[dict[str, Any]]


def at(run: Trajectory, step: int) -> Predictor:
    """The model as it was after `step` updates."""
    return meter.predictor(run.load(step), run.world)


def trained(run: Trajectory) -> Predictor:
    return at(run, run.checkpoints[-1].step)


def bayes(world: InContext) -> Predictor:
    """The best there is for weights of variance 1: ridge regression with the noise's variance as its penalty."""
    return reference.ridge(world.noise**2) if world.noise else reference.least_squares()


def cell(run: Trajectory, settings: Settings) -> dict[str, pa.Table]:
    """Everything that is read from one model of the grid."""
    place = {"layers": run.model_config.layers, "noise": run.world.noise}
    found = {
        "algorithms": algorithms(run, settings),
        "penalties": penalised(run, run.world, settings.tested).to_pylist(),
        "optimum": [optimum(run, settings)],
    }
    return {name: pa.Table.from_pylist([{**place, **row} for row in rows]) for name, rows in found.items()}


def answers(predict: Predictor, episodes: tuple[Tensor, Tensor]) -> Tensor:
    """Predictions from one example on: before it nothing is known."""
    with torch.no_grad():
        return predict(*episodes)[:, 1:].double()


def optimum(run: Trajectory, settings: Settings) -> dict[str, float]:
    """Differences from the Bayes-optimal predictions over all numbers of examples, and squared errors."""
    test = meter.episodes(run.world, run.seed, settings.tested)
    best, wanted = answers(bayes(run.world), test), test[1][:, 1:].double()
    unit, variance = best.square().mean(), wanted.square().mean()
    row = {"bayes_error": ((best - wanted).square().mean() / variance).item()}
    for kind, predict in ((TRAINED, trained(run)), (NULL, at(run, 0))):
        given = answers(predict, test)
        row[kind] = ((given - best).square().mean() / unit).item()
        row[f"{kind}_error"] = ((given - wanted).square().mean() / variance).item()
    return row


def penalised(run: Trajectory, world: InContext, size: int) -> pa.Table:
    """Differences from ridge regression over all numbers of examples, by its penalty, on episodes of a world."""
    test = meter.episodes(world, run.seed, size)
    unit = answers(bayes(world), test).square().mean()
    models = {TRAINED: answers(trained(run), test), NULL: answers(at(run, 0), test)}
    rows = []
    for penalty in PENALTIES:
        other = answers(reference.ridge(penalty), test)
        found = {kind: ((given - other).square().mean() / unit).item() for kind, given in models.items()}
        rows.append({"penalty": penalty, **found})
    return pa.Table.from_pylist(rows)


@lru_cache(maxsize=32)
def grid(world: InContext, seed: int, size: int) -> Mapping[str, Predictor]:
    """What a model might be doing, with rates tuned on other episodes."""
    probe = meter.episodes(world, seed, size, "probe")
    found: dict[str, Predictor] = {"averaging": reference.averaging()}
    for steps in (1, 2, 4):
        rates, _ = reference.tune_descent(*probe, steps, shared=True)
        found[STEP if steps == 1 else f"{steps} steps"] = reference.gradient_descent(rates)
    found |= {f"ridge {penalty:g}": reference.ridge(penalty) for penalty in (1 / 16, 1 / 4, 1.0, 4.0)}
    found |= {EXACT: reference.least_squares()}
    found |= {f"{count} nearest": reference.nearest_neighbours(count) for count in (1, 3)}
    return found


def algorithms(run: Trajectory, settings: Settings) -> Rows:
    """Differences of predictions from those of each algorithm with d and 2 d examples; with 2 d, of weights too."""
    rows = []
    for count in (settings.features, 2 * settings.features):
        world = replace(run.world, examples=count + 1)
        test = meter.episodes(world, run.seed, settings.tested)
        with torch.no_grad():
            unit = bayes(world)(*test, last=True).square().mean().item()
        models = {TRAINED: trained(run), NULL: at(run, 0)}
        apart = _weights_apart(run, world, settings) if count == 2 * settings.features else None
        for name, other in grid(world, run.seed, settings.tested).items():
            found = {
                kind: meter.prediction_difference(predict, other, *test) / unit for kind, predict in models.items()
            }
            weights = apart(other) if apart else None
            rows.append({"examples": count, "algorithm": name, **found, "weights": weights})
    return rows


def _weights_apart(run: Trajectory, world: InContext, settings: Settings) -> Callable[[Predictor], float]:
    """How far another predictor's implicit weights are from the model's, in units of the Bayes-optimal ones' square."""
    test = meter.episodes(world, run.seed, max(1, settings.tested // 4))
    queries = meter.episodes(world, run.seed, 2 * settings.features, "probe")[0][:, -1]

    def weights(predict: Predictor) -> Tensor:
        return meter.implicit_weights(predict, *test, queries)[0]

    own, unit = weights(trained(run)), weights(bayes(world)).square().sum(dim=1).mean()
    return lambda other: ((weights(other) - own).square().sum(dim=1).mean() / unit).item()
