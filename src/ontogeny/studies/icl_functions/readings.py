"""What is read from trained models: their errors by the number of examples beside those of other learners.

Errors are squared and normalised: over the mean square of the values to be predicted, so that predicting 0 has 1.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import pyarrow as pa
import torch
from torch import Tensor, nn

from ontogeny.instruments import in_context as meter
from ontogeny.models.network import TransformerModel
from ontogeny.references import in_context as reference
from ontogeny.references.in_context import Predictor
from ontogeny.studies.icl_functions.learners import Episodes, learners, squared_errors, tuned_errors
from ontogeny.studies.icl_functions.settings import Settings
from ontogeny.studies.icl_functions.shifts import FAR, Shift, scaled, shifts
from ontogeny.training import Trajectory
from ontogeny.worlds import InContext

TRAINED, NULL, EXACT = "trained", "untrained", "least squares"
RECURRENT, RECURRENT_NULL = "recurrent net", "untrained recurrent net"
Rows = list[dict[str, Any]]


def at(run: Trajectory, step: int) -> Predictor:
    """The model as it was after `step` updates."""
    return meter.predictor(run.load(step), replace(run.world, curriculum=None))


def trained(run: Trajectory) -> Predictor:
    return at(run, run.checkpoints[-1].step)


def curves(run: Trajectory, task: str, settings: Settings) -> pa.Table:
    """The model's errors, untrained and trained, and those of the learners for its class, by number of examples."""
    size = settings.tested if task == "linear" else settings.compared
    test, probe = (meter.episodes(run.world, run.seed, size, split) for split in ("test", "probe"))
    found = {TRAINED: squared_errors(trained(run), test), NULL: squared_errors(at(run, 0), test)}
    for name, variants in learners(task, settings.neurons).items():
        found[name] = tuned_errors(variants, probe, test)
    return _table(task, found, test)


def recurrent(run: Trajectory, settings: Settings) -> pa.Table:
    """The errors of a recurrent net on linear functions, on the episodes of `curves`."""
    test = meter.episodes(run.world, run.seed, settings.tested)
    found = {RECURRENT: squared_errors(trained(run), test), RECURRENT_NULL: squared_errors(at(run, 0), test)}
    return _table("linear", found, test)


def growth(run: Trajectory, settings: Settings) -> pa.Table:
    """Errors on full episodes by checkpoint, the mean over one example and more, of a model and of least squares."""
    test = meter.episodes(run.world, run.seed, settings.tested)
    unit = test[1].double().square().mean()

    def error(predict: Predictor) -> float:
        return (squared_errors(predict, test)[1:].mean() / unit).item()

    curriculum, squares = run.world.curriculum is not None, error(reference.least_squares())
    return pa.Table.from_pylist(
        [
            {"curriculum": curriculum, "step": found.step, "error": error(at(run, found.step)), "squares": squares}
            for found in run.checkpoints
        ]
    )


def _table(task: str, found: Mapping[str, Tensor], test: Episodes) -> pa.Table:
    """Normalised errors of named learners, a row for each number of examples."""
    unit = test[1].double().square().mean()
    return pa.Table.from_pylist(
        [
            {"task": task, "learner": name, "examples": count, "error": error}
            for name, errors in found.items()
            for count, error in enumerate((errors / unit).tolist())
        ]
    )


def inside(run: Trajectory, settings: Settings) -> dict[str, pa.Table]:
    """Everything else that is read from the model of linear functions."""
    found = {
        "course": course(run, settings),
        "shifts": shifted(run, settings),
        "nearest": nearest(run, settings),
        "boundary": boundary(run, settings),
    }
    return {name: pa.Table.from_pylist(rows) for name, rows in found.items()}


def course(run: Trajectory, settings: Settings) -> Rows:
    """Errors with d / 2, d and 2 d examples, by checkpoint."""
    features, test = run.world.inputs.features, meter.episodes(run.world, run.seed, settings.tested)
    unit = test[1].double().square().mean()
    rows: Rows = []
    for checkpoint in run.checkpoints:
        errors = squared_errors(at(run, checkpoint.step), test) / unit
        rows += [
            {"step": checkpoint.step, "examples": count, "error": errors[count].item()}
            for count in (features // 2, features, 2 * features)
        ]
    return rows


def shifted(run: Trajectory, settings: Settings) -> Rows:
    """Errors under each shift, by number of examples, of the model and of least squares."""
    predictors = {TRAINED: trained(run), NULL: at(run, 0), "squares": reference.least_squares()}
    rows = []
    for name, shift in shifts(run.world).items():
        found = _by_count(predictors, shift, run.seed, settings.tested)
        rows += [{"shift": name, "kind": shift.kind, "examples": count, **errors} for count, errors in found.items()]
    return rows


def _by_count(predictors: Mapping[str, Predictor], shift: Shift, seed: int, size: int) -> dict[int, dict[str, float]]:
    """Normalised errors by number of examples. Where the query is another, each number has episodes of its own."""
    world = shift.world
    if shift.kind != "query":
        test = meter.episodes(world, seed, size)
        unit = test[1].double().square().mean()
        found = {name: (squared_errors(predict, test) / unit).tolist() for name, predict in predictors.items()}
        return {count: {name: found[name][count] for name in found} for count in range(world.examples)}
    return {
        count: _last(predictors, replace(world, examples=count + 1), seed, size) for count in range(1, world.examples)
    }


def _last(predictors: Mapping[str, Predictor], world: InContext, seed: int, size: int) -> dict[str, float]:
    """Normalised errors at the last example."""
    inputs, outputs = meter.episodes(world, seed, size)
    wanted = outputs[:, -1:].double()
    with torch.no_grad():
        found = {name: predict(inputs, outputs, last=True) - wanted for name, predict in predictors.items()}
    return {name: (left.square().mean() / wanted.square().mean()).item() for name, left in found.items()}


def nearest(run: Trajectory, settings: Settings) -> Rows:
    """How differently other algorithms predict with 2 d examples, relative to the size of their predictions."""
    world = replace(run.world, examples=2 * run.world.inputs.features + 1, curriculum=None)
    test = meter.episodes(world, run.seed, settings.tested)
    grid: dict[str, Predictor] = {
        EXACT: reference.least_squares(),
        **{f"ridge {penalty:g}": reference.ridge(penalty) for penalty in (0.1, 1.0, 10.0)},
        "averaging": reference.averaging(),
        **{f"{count} nearest": reference.nearest_neighbours(count) for count in (1, 3)},
    }
    own, null = (meter.nearest(predict, grid, *test) for predict in (trained(run), at(run, 0)))
    return [{"algorithm": name, TRAINED: own[name], NULL: null[name]} for name in grid]


def boundary(run: Trajectory, settings: Settings) -> Rows:
    """How large predictions become with 2 d examples where inputs, and with them the values, are ever larger.

    `bound`: what the model cannot exceed, by its weights alone (see `largest_answer`).
    """
    model = cast(TransformerModel, run.load(run.checkpoints[-1].step))
    rows = []
    for factor in FAR:
        test = meter.episodes(scaled(run.world, factor), run.seed, settings.tested)
        given, wanted = _answers(trained(run), test), test[1][:, 2 * run.world.inputs.features]
        rows.append(
            {
                "factor": factor,
                "predicted": given.square().mean().sqrt().item(),
                "true": wanted.square().mean().sqrt().item(),
                "largest": given.abs().max().item(),
                "largest_true": wanted.abs().max().item(),
                "bound": largest_answer(model),
            }
        )
    return rows


def _answers(predict: Predictor, test: Episodes) -> Tensor:
    """Predictions with 2 d examples."""
    with torch.no_grad():
        return predict(*test)[:, 2 * test[0].shape[2]]


def largest_answer(model: TransformerModel) -> float:
    """The largest number that a model of one output can give, whatever it is shown.

    The last norm leaves a vector of mean 0 and length at most sqrt(width) before its gain g and bias b, so that the
    answer is w . b plus at most sqrt(width) times the length of w * g without its mean.
    """
    weights, norm = model.head.weight[0].detach(), cast(nn.LayerNorm, model.final_norm)
    gained = weights * norm.weight.detach()
    spread = gained - gained.mean()
    return len(weights) ** 0.5 * spread.norm().item() + abs((weights @ norm.bias.detach()).item())
