"""What the model writes over training: how often it is right, how varied and how long, what it finds likely."""

from collections.abc import Callable
from typing import cast

import numpy as np
import pyarrow as pa
from torch import nn

from ontogeny.instruments.generation import diversity, generate, perplexity, score_generation
from ontogeny.lab.lab import Lab
from ontogeny.models import TransformerModel
from ontogeny.studies.emergent_semantics.checkpoints import model_at
from ontogeny.studies.emergent_semantics.settings import Settings
from ontogeny.training import Trajectory
from ontogeny.worlds import Karel


def evaluation(world: Karel, seed: int, count: int = 200) -> Callable[[nn.Module, int], dict[str, float]]:
    """The figure shown while training: generative accuracy on a few specifications of the validation split."""

    def evaluate(model: nn.Module, step: int) -> dict[str, float]:
        scores = score_generation(cast(TransformerModel, model), world, seed, "validation", count)
        return {"accuracy": float(scores["solved"].mean())}

    return evaluate


def over_training(lab: Lab, run: Trajectory, settings: Settings, seed: int) -> pa.Table:
    """One row a checkpoint, all on the same specifications of the validation split.

    Columns: step; accuracy and held_out (share of programs right on the shown, and also on the held-out examples);
    diversity (distinct programs / programs); length (operations); perplexity of the reference programs a token.
    """
    world, count = settings.world, settings.measuring.written
    batch = world.batch(seed, 1, count, "validation")
    rows = []
    for done, checkpoint in enumerate(run.checkpoints):
        lab.say("writing programs", done, len(run.checkpoints))
        model = model_at(run, done)
        tokens = generate(model, world, batch)
        scores = world.score(batch, tokens)
        rows.append(
            {
                "step": checkpoint.step,
                "accuracy": float(scores["solved"].mean()),
                "held_out": float(scores["held_out"].mean()),
                "diversity": diversity(tokens, batch.prompt),
                "length": float(scores["length"].mean()),
                "perplexity": perplexity(model, world, batch),
            }
        )
    return pa.Table.from_pylist(rows)


def at_the_end(run: Trajectory, settings: Settings, seed: int) -> pa.Table:
    """The first and the last checkpoint on fresh specifications of the test split, one row each.

    Columns: step, accuracy, held_out; shorter (operations by which right programs are shorter than their references);
    shorter_by_chance (the same for a random other reference in the place of the program written).
    """
    world, rows = settings.world, []
    for index in (0, -1):
        scores = score_generation(model_at(run, index), world, seed, "test", settings.measuring.tested)
        right = scores["solved"].astype(bool)
        reference = scores["reference_length"]
        rows.append(
            {
                "step": run.checkpoints[index].step,
                "accuracy": float(right.mean()),
                "held_out": float(scores["held_out"].mean()),
                "shorter": _mean(reference[right] - scores["length"][right]),
                "shorter_by_chance": _mean(reference[right] - np.roll(reference, 1)[right]),
            }
        )
    return pa.Table.from_pylist(rows)


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")
