"""One program as a film strip: the grid before each token, what the probes believed there, what the model wrote."""

import numpy as np
import pyarrow as pa

from ontogeny.instruments import Label, States, fit_linear
from ontogeny.instruments.generation import generate
from ontogeny.studies.emergent_semantics.checkpoints import model_at
from ontogeny.studies.emergent_semantics.meaning import Written, mean_states, writing_positions
from ontogeny.studies.emergent_semantics.settings import Settings
from ontogeny.training import Trajectory
from ontogeny.worlds.karel import run_flat
from ontogeny.worlds.karel.grammar import Grammar, read
from ontogeny.worlds.world import Batch

BELIEVED = ("facing", "heading", "wall_ahead")


def film(run: Trajectory, settings: Settings, written: Written) -> pa.Table:
    """One row for each token of one right program of full length on a fresh specification, for its first example.

    Columns: word; walls and markers (cells row by row, parted by spaces), robot (row, column, facing) in which the word
    is written; for each feature what the probe believed (`facing`), how surely (`facing confidence`) and what is so
    (`facing truth`). Probes are linear, on the mean over layers, fitted on other programs.
    """
    world = settings.world
    batch, tokens = _chosen(run, settings, written)
    mask = writing_positions(world, batch, tokens)
    hidden = mean_states(model_at(run, -1), batch, tokens, mask)
    labels = [Label("original", feature, 0, -1) for feature in BELIEVED]
    fitted = States(world, written.batch, written.tokens, written.mask)
    probes = fit_linear(written.sources["trained"], fitted.labels(labels), fitted.split(written.seed))
    odds = [probe.probabilities(hidden) for probe in probes]
    truth = States(world, batch, tokens, mask).labels(labels)
    frames = _frames(world.grammar, batch, tokens)
    rows = []
    for number, (position, frame) in enumerate(zip(np.flatnonzero(mask[0]), frames, strict=False)):
        row = {"word": world.vocabulary[tokens[0, position + 1]], **frame}
        for feature, one, so in zip(BELIEVED, odds, truth, strict=True):
            row[feature] = int(one[number].argmax())
            row[f"{feature} confidence"] = float(one[number].max())
            row[f"{feature} truth"] = int(so[number])
        rows.append(row)
    return pa.Table.from_pylist(rows)


def _chosen(run: Trajectory, settings: Settings, written: Written) -> tuple[Batch, np.ndarray]:
    """The longest right program the model writes on a few fresh specifications, alone in a batch."""
    world = settings.world
    batch = world.batch(written.seed, 3, 64, "probe")
    tokens = generate(model_at(run, -1), world, batch)
    scores = world.score(batch, tokens)
    row = int(np.argmax(scores["length"] + 1000 * scores["solved"]))
    one = batch.hidden.take(np.array([row]))
    return world.encode(one), tokens[row : row + 1]


def _frames(grammar: Grammar, batch: Batch, tokens: np.ndarray) -> list[dict]:
    """The first example's grid before each instruction of the program in `tokens`, and after the last."""
    reading = read(tokens[:, batch.prompt :], grammar)
    frames = []
    for done in range(int(reading.instructions[0]) + 1):
        kept = np.where(np.arange(reading.programs.shape[1]) < done, reading.programs, -1).astype(np.int8)
        state = run_flat(kept, batch.hidden.inputs[:1]).grids
        frames.append(
            {
                "walls": _text(state.walls[0]),
                "markers": _text(state.markers[0]),
                "robot": _text(state.robot[0]),
            }
        )
    return frames


def _text(values: np.ndarray) -> str:
    return " ".join(map(str, values.astype(int).ravel()))
