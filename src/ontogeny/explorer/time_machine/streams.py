"""Heads of a stream model over training: scored once a checkpoint, and kept with the run like any measurement."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from jaxtyping import Int

from ontogeny.configuration import configuration
from ontogeny.errors import UsageError
from ontogeny.explorer.answers import streams as answers
from ontogeny.explorer.measured import Measured
from ontogeny.explorer.models import Models, checkpoint_at
from ontogeny.explorer.problems import MissingError
from ontogeny.explorer.time_machine.machine import run_id
from ontogeny.instruments import head_table, repeated_tokens
from ontogeny.models import Transformer
from ontogeny.training import Checkpoint, Trajectory
from ontogeny.worlds import RepeatedSegments

HEADS = "time machine heads"
"""The name of what is kept of a checkpoint."""
LONGEST = 64


@configuration
class Scored:
    """What scores follow from, beside the checkpoint: sequences of repeated tokens."""

    vocab: int
    length: int
    seed: int
    sequences: int = 64


@dataclass(frozen=True)
class StreamMachine:
    """Answers about transformers that read tokens, through shared memory."""

    models: Models
    measured: Measured

    def heads(self, run: Trajectory) -> answers.HeadCourse:
        """What is known of the heads. Raises: MissingError where heads cannot be scored."""
        scored = _scored(run)
        tables = {
            checkpoint.step: self.measured.find(run.folder, checkpoint, HEADS, scored) for checkpoint in run.checkpoints
        }
        found = {step: table["heads"] for step, table in tables.items() if table is not None}
        return answers.HeadCourse(
            run=run_id(run),
            steps=list(tables),
            layers=run.model_config.layers,
            heads=run.model_config.heads,
            meters=_meters(next(iter(found.values()), None)),
            moments=[_moment(step, table) for step, table in found.items()],
            missing=[step for step in tables if step not in found],
        )

    def precompute(self, run: Trajectory, say: Callable[[int, int], None]) -> None:
        """Score every checkpoint; `say(done, total)` is called between them, and may raise to stop."""
        scored, checkpoints = _scored(run), run.checkpoints
        tokens = tokens_of(scored)
        for done, checkpoint in enumerate(checkpoints):
            say(done, len(checkpoints))
            self._score(run, checkpoint, scored, tokens)
        say(len(checkpoints), len(checkpoints))

    def _score(
        self, run: Trajectory, checkpoint: Checkpoint, scored: Scored, tokens: Int[np.ndarray, "batch seq"]
    ) -> None:
        def make() -> dict[str, pa.Table]:
            model = self.models.get(run, checkpoint_at(run, checkpoint.step))
            return {"heads": head_table(model, tokens, seed=scored.seed)}

        self.measured.get(run.folder, checkpoint, HEADS, scored, make)


def _scored(run: Trajectory) -> Scored:
    """Tokens like those that the model was trained on: of segments alone, at the distances of training."""
    world, config = run.world, run.model_config
    if not isinstance(config, Transformer) or config.mask != "causal" or world.feature_size:
        raise MissingError(f"{run_id(run)} is no transformer of tokens alone: its heads are not scored")
    segments = isinstance(world, RepeatedSegments)
    scored = Scored(
        vocab=world.tokens if segments else len(world.vocabulary),
        length=min(world.length, 2 * world.segment[1] if segments else LONGEST),
        seed=run.seed,
    )
    try:
        tokens_of(scored)
    except UsageError as error:
        raise MissingError(f"the heads of {run_id(run)} are not scored: {error}") from None
    return scored


def tokens_of(scored: Scored) -> Int[np.ndarray, "batch seq"]:
    """Random tokens that repeat at distances which differ by sequence."""
    return repeated_tokens(scored.vocab, length=scored.length, count=scored.sequences, seed=scored.seed)


def _meters(table: pa.Table | None) -> list[answers.Meter]:
    chances = {} if table is None else {row["meter"]: row["chance"] for row in table.to_pylist()}
    return [answers.Meter(name=name, chance=chance) for name, chance in chances.items()]


def _moment(step: int, table: pa.Table) -> answers.HeadScores:
    scores: dict[str, list[list[float | None]]] = {}
    for row in table.to_pylist():  # by layer, and by head within it
        layers = scores.setdefault(row["meter"], [])
        if row["layer"] == len(layers):
            layers.append([])
        layers[row["layer"]].append(round(row["score"], 4) if np.isfinite(row["score"]) else None)
    return answers.HeadScores(step=step, scores=scores)
