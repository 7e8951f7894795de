"""Functions learned from examples: what a model predicts as they arrive, beside least squares and ridge regression."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ontogeny.explorer.answers import functions as answers
from ontogeny.explorer.keeper import Keeper
from ontogeny.explorer.models import Models, checkpoint_at
from ontogeny.explorer.problems import MissingError
from ontogeny.explorer.time_machine.machine import run_id
from ontogeny.instruments.in_context import predictor
from ontogeny.models import Transformer
from ontogeny.references.in_context import Predictor, least_squares, ridge
from ontogeny.training import Trajectory
from ontogeny.worlds import InContext, Split

EPISODES = 256
"""Of each split, that can be looked at; losses are means over them."""
PLACES = 61
"""Inputs at which a function of one input is drawn."""
PENALTY = 0.1
"""Of ridge regression where outputs have no noise: any penalty then only costs."""


@dataclass(frozen=True)
class FunctionMachine:
    """Answers about transformers that learn functions in context, through shared memory."""

    models: Models
    kept: Keeper
    """Episodes, and the losses of predictors over them."""

    def about(self, run: Trajectory) -> answers.Functions:
        """What the time machine of a run offers."""
        world = _world(run)
        return answers.Functions(
            run=run_id(run),
            steps=[checkpoint.step for checkpoint in run.checkpoints],
            kind=world.functions.kind,
            features=world.inputs.features,
            examples=world.examples,
            shown=world.shown,
            noise=world.noise,
            penalty=_penalty(world),
            episodes=EPISODES,
        )

    def episode(
        self, run: Trajectory, step: int, split: Split, index: int, penalty: float | None = None
    ) -> answers.Episode:
        """One function as its examples arrive. Raises: MissingError for a step or an index that is not there."""
        world = _world(run)
        if not 0 <= index < EPISODES:
            raise MissingError(f"episode {index}: expected 0 to {EPISODES - 1}")
        checkpoint = checkpoint_at(run, step)
        model = self.models.get(run, checkpoint)
        batch = self.kept.get(("episodes", run.run.hash, split), lambda: world.batch(run.seed, 0, EPISODES, split))
        # A curriculum's first episodes have fewer examples than its world.
        counts = list(range(_fewest(run.model_config), batch.inputs.shape[1]))
        inputs, outputs = torch.from_numpy(batch.inputs), torch.from_numpy(batch.outputs)
        one = inputs[index], outputs[index]
        places = _places(inputs) if world.inputs.features == 1 else inputs.new_zeros(0, world.inputs.features)
        strength = penalty or _penalty(world)
        predictors = {"model": predictor(model, world), "least squares": least_squares(), "ridge": ridge(strength)}

        def losses(name: str) -> list[float]:
            return _losses(predictors[name], inputs, outputs, counts)

        kept = {
            "model": self.kept.get(("losses", run.run.hash, checkpoint.sha256, split), partial(losses, "model")),
            "least squares": self.kept.get(("losses", run.run.hash, split), partial(losses, "least squares")),
            "ridge": self.kept.get(("losses", run.run.hash, split, strength), partial(losses, "ridge")),
        }
        guesses = [_guesses(name, predict, one, counts, places, kept[name]) for name, predict in predictors.items()]
        hidden = batch.hidden
        return answers.Episode(
            step=step,
            split=split,
            index=index,
            inputs=_short(batch.inputs[index]),
            outputs=_short(batch.outputs[index]),
            counts=counts,
            wanted=_short(hidden.values[index, -1]),
            guesses=guesses,
            places=_short(places[:, 0]),
            truth=_truth(world, hidden.parameters[index : index + 1], places) if len(places) else [],
        )


def _world(run: Trajectory) -> InContext:
    if not isinstance(run.world, InContext) or not isinstance(run.model_config, Transformer):
        raise MissingError(f"{run_id(run)} is no transformer that learns functions from examples")
    return run.world


def _penalty(world: InContext) -> float:
    """The Bayes-optimal penalty of linear functions where outputs are noisy."""
    scale = getattr(world.functions, "scale", 1.0)
    return world.noise**2 / scale**2 if world.noise else PENALTY


def _fewest(config: Transformer) -> int:
    """Softmax over the examples alone needs one."""
    return int(config.mask == "given" and config.attention == "softmax")


def _places(inputs: Float[Tensor, "batch example 1"]) -> Float[Tensor, "place 1"]:
    """Evenly spaced over where nearly all inputs are."""
    low, high = torch.quantile(inputs.flatten(), torch.tensor([0.005, 0.995])).tolist()
    return torch.linspace(low, high, PLACES)[:, None]


def _truth(
    world: InContext, parameters: Float[np.ndarray, "1 parameter"], places: Float[Tensor, "place 1"]
) -> list[float]:
    return _short(world.functions.values(parameters, places.numpy()[None])[0])


def _losses(
    predict: Predictor,
    inputs: Float[Tensor, "batch example input"],
    outputs: Float[Tensor, "batch example"],
    counts: list[int],
) -> list[float]:
    """Half the mean squared error at the example that follows so many."""
    found = []
    with torch.no_grad():
        for count in counts:
            given = predict(inputs[:, : count + 1], outputs[:, : count + 1], last=True)[:, 0]
            found.append((given - outputs[:, count]).double().square().mean().item() / 2)
    return [round(loss, 6) for loss in found]


def _guesses(
    name: str,
    predict: Predictor,
    one: tuple[Float[Tensor, "example input"], Float[Tensor, " example"]],
    counts: list[int],
    places: Float[Tensor, "place input"],
    losses: list[float],
) -> answers.Guesses:
    """Predictions at the last input, and at all places, after the first so many examples."""
    inputs, outputs = one
    asked = torch.cat((inputs[-1:], places)) if len(places) else inputs[-1:]
    rows = []
    with torch.no_grad():
        for count in counts:
            shown = inputs[:count].expand(len(asked), -1, -1)
            seen = torch.cat((outputs[:count], outputs.new_zeros(1))).expand(len(asked), -1)
            rows.append(_short(predict(torch.cat((shown, asked[:, None]), dim=1), seen, last=True)[:, 0]))
    return answers.Guesses(
        name=name,
        at_query=[row[0] for row in rows],
        losses=losses,
        drawn=[row[1:] for row in rows] if len(places) else [],
    )


def _short(values: Any) -> Any:
    """Five digits are more than can be seen."""
    return np.round(np.asarray(values, dtype=np.float64), 5).tolist()
