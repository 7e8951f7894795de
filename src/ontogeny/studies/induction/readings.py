"""What is read from checkpoints: loss, in-context score and heads over training; how near a model is to an answer."""

from typing import cast

import numpy as np
import pyarrow as pa
import torch
from jaxtyping import Float

from ontogeny.instruments import composition_table, head_table, in_context_score, position_losses, repeated_tokens
from ontogeny.instruments.heads import score_patterns
from ontogeny.instruments.parts import logits_of
from ontogeny.models import TransformerModel
from ontogeny.statistics import transition
from ontogeny.studies.induction.settings import OnText, Settings
from ontogeny.training import Trajectory
from ontogeny.worlds import IGNORE, Batch, MarkovChains, Text

LONGEST = 64
"""Tokens of a sequence of random ones on which heads trained on text are scored."""
CURVES = ("loss", "score", "prefix_matching", "previous_token")


def course(run: Trajectory, settings: Settings | OnText, twin: str) -> pa.Table:
    """Every checkpoint's loss, in-context score, accuracy where induction is possible, and highest head scores."""
    batch = test_batch(run, settings)
    induced = places(run, batch)
    tokens = head_tokens(run, settings)
    rows = []
    for checkpoint in run.checkpoints:
        model = cast(TransformerModel, run.load(checkpoint.step))
        logits = logits_of(model, batch)
        losses = position_losses(logits, batch)
        scores = score_patterns(model, tokens, ("previous_token", "prefix_matching"))
        rows.append(
            {
                "twin": twin,
                "step": checkpoint.step,
                "loss": float(np.nanmean(losses)),
                "score": in_context_score(losses, window=settings.window),
                "accuracy": float((logits.argmax(dim=2).numpy() == batch.targets)[induced].mean()),
                **{meter: float(values.max()) for meter, values in scores.items()},
            }
        )
    return pa.Table.from_pylist(rows)


def transitions(course: pa.Table, seed: int) -> pa.Table:
    """The change point of each curve with its interval; nan where a curve has none."""
    rows = []
    for curve in CURVES:
        found = transition(course["step"].to_numpy(), course[curve].to_numpy(), seed=seed)
        ends = (np.nan, np.nan, np.nan) if found is None else (found.step, found.low, found.high)
        rows.append({"curve": curve, **dict(zip(("step", "low", "high"), map(float, ends), strict=True))})
    return pa.Table.from_pylist(rows)


def by_index(run: Trajectory, settings: Settings | OnText, twin: str) -> pa.Table:
    """The trained model's loss by the index of the token that is predicted, and a perfect predictor's, where known."""
    batch = test_batch(run, settings)
    trained = cast(TransformerModel, run.load(run.training.steps))
    losses = position_losses(logits_of(trained, batch), batch)[:, :-1]
    if isinstance(run.world, Text):
        best = np.full(losses.shape, np.nan)
    else:
        said = np.take_along_axis(run.world.predictions(batch)[:, :-1], batch.targets[:, :-1, None], axis=2)
        best = -np.log(said[:, :, 0])
    columns = {"loss": losses.mean(axis=0), "best": best.mean(axis=0)}
    return pa.table({"twin": [twin] * losses.shape[1], "index": np.arange(1, losses.shape[1] + 1), **columns})


def heads(run: Trajectory, settings: Settings) -> pa.Table:
    """All head meters before and after training; `composed`: how much each head's keys are made by the other layer's
    head that looks most at the previous token.
    """
    tokens, tables = head_tokens(run, settings), []
    for step in (0, run.training.steps):
        model = cast(TransformerModel, run.load(step))
        table = head_table(model, tokens).select(["layer", "head", "meter", "score", "chance"])
        pairs = composition_table(model).to_pylist()
        scores = score_patterns(model, tokens, ("previous_token",))["previous_token"]
        writer = int(np.argmax(scores[0]))
        rows = [
            {"layer": pair["to_layer"], "head": pair["to_head"], "meter": "composed", "score": pair["score"],
             "chance": pair["chance"]}
            for pair in pairs
            if pair["kind"] == "K" and (pair["layer"], pair["head"]) == (0, writer)
        ]  # fmt: skip
        whole = pa.concat_tables([table, pa.Table.from_pylist(rows, table.schema)])
        tables.append(whole.append_column("step", pa.array([step] * len(whole))))
    return pa.concat_tables(tables)


def answers(run: Trajectory, settings: Settings) -> pa.Table:
    """How far each checkpoint is from what the Bayes answer, the unigram answer and a uniform guess say.

    Mean KL divergence from the answer to the model, in nats. `other`: the unigram answer of another sequence.
    """
    world: MarkovChains = run.world
    batch = test_batch(run, settings)
    unigram = world.unigram(batch)
    said = {
        "bayes": world.predictions(batch),
        "unigram": unigram,
        "uniform": np.full_like(unigram, 1 / world.states),
        "other": np.roll(unigram, 1, axis=0),
    }
    rows = []
    for checkpoint in run.checkpoints:
        logits = logits_of(cast(TransformerModel, run.load(checkpoint.step)), batch)
        model = torch.log_softmax(logits.double(), dim=2).numpy()
        distances = {name: _divergence(answer, model) for name, answer in said.items()}
        # What remains between the two answers themselves: a scale for what is left to learn.
        between = _divergence(said["bayes"], np.log(unigram))
        rows.append({"step": checkpoint.step, **distances, "between": between})
    return pa.Table.from_pylist(rows)


def test_batch(run: Trajectory, settings: Settings | OnText) -> Batch:
    return run.world.batch(run.seed, 0, settings.tested, "test")


def places(run: Trajectory, batch: Batch) -> np.ndarray:
    """Where the next token is found by matching, [batch seq]: for certain, but on text as it happens."""
    if isinstance(run.world, Text):
        return followed_before(batch)
    return (run.world.truth(batch)["source"] != IGNORE) & (batch.targets != IGNORE)


def followed_before(batch: Batch) -> np.ndarray:
    """Where the next token followed the current one at an earlier place as well, [batch seq]."""
    current = batch.tokens[:, :, None] == batch.tokens[:, None, :]  # [batch, seq, earlier]
    following = batch.targets[:, :, None] == batch.targets[:, None, :]
    earlier = np.tri(batch.tokens.shape[1], k=-1, dtype=bool)
    return (current & following & earlier).any(axis=2) & (batch.targets != IGNORE)


def head_tokens(run: Trajectory, settings: Settings | OnText) -> np.ndarray:
    """Repeated random tokens for the meters of heads, at the distances of training, without fillers; on text, any."""
    world = run.world
    if isinstance(world, Text):
        return repeated_tokens(
            len(world.vocabulary), length=min(world.length, LONGEST), count=settings.matched, seed=run.seed
        )
    length = min(world.length, 2 * world.segment[1])
    return repeated_tokens(world.tokens, length=length, count=settings.matched, seed=run.seed)


def _divergence(answer: Float[np.ndarray, "batch seq vocab"], model: Float[np.ndarray, "batch seq vocab"]) -> float:
    """Over all positions but the last, whose answer no token checks."""
    return float((answer * (np.log(answer) - model))[:, :-1].sum(axis=2).mean())
