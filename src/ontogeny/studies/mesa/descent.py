"""The loss that a forward pass leaves on the examples it is shown, read out after every layer."""

import pyarrow as pa
import torch
from torch import Tensor, nn

from ontogeny.instruments import in_context as meter
from ontogeny.references import in_context as reference
from ontogeny.references.in_context import Predictor
from ontogeny.studies.icl_gd.settings import WORLD
from ontogeny.studies.mesa.settings import Settings
from ontogeny.training import Trajectory

NOTHING = reference.gradient_descent([])
"""Predicts 0: what is known before the first layer."""


def by_layer(run: Trajectory, settings: Settings, name: str) -> pa.Table:
    """What each layer leaves, in the trained and the untrained model, and what as many steps of descent leave.

    Columns: learner, layer (0: nothing was done), kind (trained, untrained, descent, corrected), shown (half the mean
    squared error on the examples that are shown, each asked for anew), asked (the same on the one that is not shown),
    difference (mean squared difference of the asked prediction from corrected descent's, over the latter's size).

    Descent has one step a layer, tuned on other episodes for the whole depth; `corrected` is GD++. A looped model is
    also passed through more often than in training.
    """
    examples = meter.episodes(WORLD, run.seed, settings.episodes)
    last = run.checkpoints[-1].step
    learners = {"trained": reads(run, last, settings), "untrained": reads(run, 0, settings), **descents(run, settings)}
    rows = []
    for kind, predictors in learners.items():
        for layer, predict in enumerate(predictors):
            nearest = learners["corrected"][layer]
            rows.append(
                {
                    "learner": name,
                    "layer": layer,
                    "kind": kind,
                    "shown": shown_loss(predict, *examples),
                    "asked": meter.losses(predict, *examples, last=True).item(),
                    "difference": _relative(predict, nearest, examples) if layer else 0.0,
                }
            )
    return pa.Table.from_pylist(rows)


def reads(run: Trajectory, step: int, settings: Settings) -> list[Predictor]:
    """The model after `step` updates as a predictor, before its first layer, after that, and so on."""
    return [NOTHING] + [
        meter.predictor(passes(run.load(step), count), run.world) for count in range(1, _most(run, settings) + 1)
    ]


def passes(model: nn.Module, count: int) -> nn.Module:
    """The model's first layers alone; those beyond the last are the last again. Nothing comes after layers here."""
    layers = list(model.layers)  # type: ignore[arg-type]
    model.layers = nn.ModuleList((layers + [layers[-1]] * count)[:count])
    return model


def descents(run: Trajectory, settings: Settings) -> dict[str, list[Predictor]]:
    """Plain and corrected descent after no step, the first, and so on; equal steps where the model is looped."""
    depth, looped = run.model_config.layers, run.model_config.looped
    probe = meter.episodes(WORLD, run.seed, settings.tuned, "probe")
    found = {}
    for kind in ("descent", "corrected"):
        rates, curvature = reference.tune_descent(*probe, depth, corrected=kind == "corrected", shared=looped)
        rates, curvature = (values + values[-1:] * settings.extra for values in (rates, curvature))
        found[kind] = [
            reference.gradient_descent(rates[:count], curvature[:count]) for count in range(_most(run, settings) + 1)
        ]
    return found


def _most(run: Trajectory, settings: Settings) -> int:
    return run.model_config.layers + (settings.extra if run.model_config.looped else 0)


def shown_loss(predict: Predictor, inputs: Tensor, outputs: Tensor) -> float:
    """Half the mean squared error on the examples before the last, each asked for in the last one's place."""
    found = []
    for place in range(inputs.shape[1] - 1):
        asked = torch.cat((inputs[:, :-1], inputs[:, place : place + 1]), dim=1)
        wanted = torch.cat((outputs[:, :-1], outputs[:, place : place + 1]), dim=1)
        found.append(meter.losses(predict, asked, wanted, last=True))
    return torch.cat(found).mean().item()


def _relative(one: Predictor, other: Predictor, examples: tuple[Tensor, Tensor]) -> float:
    size = other(*examples, last=True).square().mean().item()
    return meter.prediction_difference(one, other, *examples) / size
