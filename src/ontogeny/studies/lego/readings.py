"""What is read from checkpoints: accuracy by depth, heads, what a swapped reference does to the last answer."""

from dataclasses import replace
from typing import cast

import numpy as np
import pyarrow as pa
import torch
from jaxtyping import Bool

from ontogeny.instruments.heads import chance, score_wanted
from ontogeny.instruments.parts import accuracy, logits_of, mean_loss
from ontogeny.models import TransformerModel
from ontogeny.studies.lego.settings import Learner, Settings
from ontogeny.training import Trajectory
from ontogeny.worlds import IGNORE, AssociativeRecall, Batch, LegoChains, Stages
from ontogeny.worlds.streams.lego import WIDTH

METERS = ("association", "clause")


def course(run: Trajectory, settings: Settings, name: str, learner: Learner) -> pa.Table:
    """Every checkpoint's loss, accuracy and highest head scores. Steps count from the first chain: before, below 0.

    Columns: learner, step, loss (of the values that are told), learned and further (accuracy from the second clause on
    to the last that is told, and beyond), association and clause (the highest score of any head).
    """
    world, batch = chains_of(run), test_batch(run, settings)
    wanted = looked_at(world, batch)
    rows = []
    for checkpoint in run.checkpoints:
        model = cast(TransformerModel, run.load(checkpoint.step))
        logits = logits_of(model, batch)
        by_depth = accuracies(world, batch, logits)
        heads = score_wanted(model, batch.tokens, wanted, prompt=batch.prompt)
        rows.append(
            {
                "learner": name,
                "step": checkpoint.step - learner.before,
                "loss": mean_loss(logits, batch),
                "learned": float(by_depth[1 : world.learned].mean()),
                "further": float(by_depth[world.learned :].mean()) if world.learned < len(by_depth) else np.nan,
                **{meter: float(scores.max()) for meter, scores in heads.items()},
            }
        )
    return pa.Table.from_pylist(rows)


def depths(run: Trajectory, settings: Settings, name: str, learner: Learner) -> pa.Table:
    """Accuracy at every checkpoint by place in the first chain.

    Columns: learner, step, depth, told (whether this depth carried loss), accuracy.
    """
    world, batch = chains_of(run), test_batch(run, settings)
    rows = []
    for checkpoint in run.checkpoints:
        found = accuracies(world, batch, logits_of(cast(TransformerModel, run.load(checkpoint.step)), batch))
        rows += [
            {
                "learner": name,
                "step": checkpoint.step - learner.before,
                "depth": depth,
                "told": depth < world.learned,
                "accuracy": float(accuracy),
            }
            for depth, accuracy in enumerate(found)
        ]
    return pa.Table.from_pylist(rows)


def recall(run: Trajectory, settings: Settings, learner: Learner) -> pa.Table:
    """How often the pretrained learner recalls a value that was said before, at every checkpoint up to the first chain.

    Columns: step (below 0 until the first chain), accuracy, chance.
    """
    world: AssociativeRecall = run.world.first
    batch = world.batch(run.seed, 0, settings.tested, "test")
    asked = replace(batch, targets=np.where(world.answers(batch), batch.targets, IGNORE))
    rows = [
        {
            "step": checkpoint.step - learner.before,
            "accuracy": accuracy(logits_of(cast(TransformerModel, run.load(checkpoint.step)), asked), asked),
            "chance": world.chance,
        }
        for checkpoint in run.checkpoints
        if checkpoint.step <= learner.before
    ]
    return pa.Table.from_pylist(rows)


def heads(run: Trajectory, settings: Settings, name: str, learner: Learner) -> pa.Table:
    """Both meters of every head before anything is learned, before the first chain and at the end.

    Columns: learner, step, layer, head, meter, score, chance. `other letters` is association with every letter taken
    for the next one: the meter's null.
    """
    world, batch = chains_of(run), test_batch(run, settings)
    wanted = looked_at(world, batch)
    wanted["other letters"] = looked_at(world, batch, shift=1)["association"]
    level = {meter: chance(keys, prompt=batch.prompt) for meter, keys in wanted.items()}
    rows = []
    for step in sorted({0, learner.before, run.training.steps}):
        model = cast(TransformerModel, run.load(step))
        scores = score_wanted(model, batch.tokens, wanted, prompt=batch.prompt)
        rows += [
            {
                "learner": name, "step": step - learner.before, "layer": layer, "head": head, "meter": meter,
                "score": float(score), "chance": level[meter],
            }
            for meter, found in scores.items()
            for (layer, head), score in np.ndenumerate(found)
        ]  # fmt: skip
    return pa.Table.from_pylist(rows)


def swaps(run: Trajectory, settings: Settings, name: str, learner: Learner) -> pa.Table:
    """The accuracy of the first chain's last variable at every checkpoint, once its clause refers to another.

    Columns: learner, step, untouched (the texts as they were), same and changed (where the swap leaves the value as it
    was, and where it changes it), shuffled (the difference that a random division of the texts would show).
    """
    world, batch = chains_of(run), test_batch(run, settings)
    other, changed = world.swapped(batch, run.seed)
    rows = []
    for checkpoint in run.checkpoints:
        model = cast(TransformerModel, run.load(checkpoint.step))
        right = _right(world, other, logits_of(model, other))[:, -1]
        apart = np.roll(changed, 1)
        rows.append(
            {
                "learner": name,
                "step": checkpoint.step - learner.before,
                "untouched": float(_right(world, batch, logits_of(model, batch))[:, -1].mean()),
                "same": float(right[~changed].mean()),
                "changed": float(right[changed].mean()),
                "shuffled": float(right[~apart].mean() - right[apart].mean()),
            }
        )
    return pa.Table.from_pylist(rows)


def test_batch(run: Trajectory, settings: Settings) -> Batch:
    return run.world.batch(run.seed, 0, settings.tested, "test")


def chains_of(run: Trajectory) -> LegoChains:
    """The chains that a run is about, whatever came before them."""
    return cast(LegoChains, run.world.then if isinstance(run.world, Stages) else run.world)


def accuracies(world: LegoChains, batch: Batch, logits: torch.Tensor) -> np.ndarray:
    """The share of right values by place in the first chain, [depth]; of the two signs the likelier counts."""
    return _right(world, batch, logits).mean(axis=0)


def looked_at(world: LegoChains, batch: Batch, *, shift: int = 0) -> dict[str, Bool[torch.Tensor, "batch seq kv"]]:
    """What the two kinds of head look at: the same letter elsewhere; the other tokens of the clause.

    With a `shift`, letters of keys are taken for others.
    """
    tokens, size = torch.from_numpy(batch.tokens), batch.tokens.shape[1]
    key = torch.where(tokens < world.letters, (tokens + shift) % world.letters, tokens)
    elsewhere = ~torch.eye(size, dtype=torch.bool)
    letter = (tokens < world.letters)[:, :, None]
    clause = torch.arange(size) // WIDTH
    within = (clause[:, None] == clause[None]) & elsewhere
    return {
        "association": (tokens[:, :, None] == key[:, None]) & letter & elsewhere,
        "clause": within.expand(len(tokens), -1, -1),
    }


def _right(world: LegoChains, batch: Batch, logits: torch.Tensor) -> Bool[np.ndarray, "batch depth"]:
    truth = world.truth(batch)
    said = world.letters + logits[:, :, world.letters : world.letters + 2].argmax(dim=2).numpy()
    right = np.empty((len(said), world.chains[0]), bool)
    rows, places = np.nonzero(truth["chain"] == 0)
    right[rows, truth["depth"][rows, places]] = (said == truth["value"])[rows, places]
    return right
