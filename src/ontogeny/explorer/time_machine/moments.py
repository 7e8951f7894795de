"""What a model writes for a block of specifications at one checkpoint, with probabilities and what probes read there.

As tables, so that they can be kept: `tokens` has one row a token, `beliefs` one row a token and probe.
"""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Bool, Float, Int

from ontogeny.explorer.answers import karel as answers
from ontogeny.explorer.time_machine.probing import Probes, read, token_positions
from ontogeny.explorer.time_machine.worlds import one_of, states_along
from ontogeny.instruments import States
from ontogeny.instruments.capture import capture, residual_names
from ontogeny.instruments.generation import generate
from ontogeny.models import TransformerModel
from ontogeny.studies.emergent_semantics.meaning import MEANINGS
from ontogeny.worlds import Batch, Karel
from ontogeny.worlds.karel.grammar import read as read_program

ALTERNATIVES = 4
"""Words that are kept of each prediction."""

Tables = dict[str, pa.Table]


def written(model: TransformerModel, world: Karel, batch: Batch, probes: Probes) -> Tables:
    """The tables of what the model writes on its own, greedily within the grammar, for each row of the batch."""
    tokens = generate(model, world, batch)
    mask = token_positions(world, batch, tokens)
    means = {"mean": residual_names(model)[1:]}
    seen = capture(model, tokens, batch.features, ["logits"], means=means, positions=mask, prompt=batch.prompt)
    odds = seen["logits"].softmax(-1).numpy()
    return {
        "tokens": token_table(tokens, mask, odds, batch.prompt),
        "beliefs": _belief_table(States(world, batch, tokens, mask), probes, seen["mean"].numpy(), batch.prompt),
    }


def token_table(
    tokens: Int[np.ndarray, "batch seq"],
    mask: Bool[np.ndarray, "batch seq"],
    odds: Float[np.ndarray, "sample vocab"],
    prompt: int,
) -> pa.Table:
    """One row for each position that emits a token: row, token (its number), word (id), what was likeliest."""
    row, position = np.nonzero(mask)
    word = tokens[row, position + 1]
    likeliest = np.argsort(-odds, axis=1, kind="stable")[:, :ALTERNATIVES]
    return pa.table(
        {
            "row": row,
            "token": position - (prompt - 1),
            "word": word,
            "probability": odds[np.arange(len(word)), word].astype(np.float64),
            "likeliest": pa.array(likeliest.tolist(), pa.list_(pa.int64())),
            "probabilities": pa.array(np.take_along_axis(odds, likeliest, 1).tolist(), pa.list_(pa.float64())),
        }
    )


def _belief_table(states: States, probes: Probes, hidden: np.ndarray, prompt: int) -> pa.Table:
    """One row a probe and token: what it read, how surely, and what is so."""
    row, position = np.nonzero(states.mask)
    truth = states.labels(list(probes))
    parts = []
    for label, probe, so in zip(probes, probes.values(), truth, strict=True):
        belief = read(probe, hidden)
        size = len(row)
        parts.append(
            pa.table(
                {
                    "meaning": [label.meaning] * size,
                    "feature": [label.feature] * size,
                    "example": [label.example] * size,
                    "row": row,
                    "token": position - (prompt - 1),
                    "value": belief.values,
                    "confidence": belief.confidence,
                    "truth": so.astype(np.int64),
                }
            )
        )
    return pa.concat_tables(parts)


def moment(world: Karel, batch: Batch, row: int, step: int, tables: Tables) -> answers.Moment:
    """One specification of a block as the page shows it."""
    rows = tables["tokens"].filter(pc.field("row") == row).to_pylist()
    one = world.encode(one_of(batch.hidden, row))
    tokens = one.tokens.copy()
    tokens[0, one.prompt :] = world.end
    tokens[0, one.prompt : one.prompt + len(rows)] = [entry["word"] for entry in rows]
    scores = world.score(one, tokens)
    program = read_program(tokens[:, one.prompt :], world.grammar).programs[0]
    beliefs = tables["beliefs"].filter(pc.field("row") == row).to_pylist()
    return answers.Moment(
        step=step,
        tokens=[token(world, entry) for entry in rows],
        **{name: bool(scores[name][0]) for name in ("solved", "held_out", "complete")},
        readings=[
            answers.Reading(
                meaning=meaning,
                states=states_along(program, one.hidden.inputs, meaning),
                beliefs=_beliefs([entry for entry in beliefs if entry["meaning"] == meaning]),
            )
            for meaning in MEANINGS
        ],
    )


def token(world: Karel, entry: dict[str, Any]) -> answers.Token:
    """A row of a token table."""
    pairs = zip(entry["likeliest"], entry["probabilities"], strict=True)
    return answers.Token(
        word=world.vocabulary[entry["word"]],
        probability=_short(entry["probability"]),
        alternatives=[answers.Alternative(word=world.vocabulary[w], probability=_short(p)) for w, p in pairs],
    )


def _beliefs(rows: list[dict[str, Any]]) -> list[answers.Belief]:
    """Rows of one meaning and specification, gathered by feature and example; tokens come in order."""
    by_feature: dict[str, dict[int, list[dict[str, Any]]]] = {}
    for entry in rows:
        by_feature.setdefault(entry["feature"], {}).setdefault(entry["example"], []).append(entry)
    return [
        answers.Belief(
            feature=feature,
            values=[[entry["value"] for entry in tokens] for tokens in examples.values()],
            confidence=[[_short(entry["confidence"]) for entry in tokens] for tokens in examples.values()],
            truth=[[entry["truth"] for entry in tokens] for tokens in examples.values()],
        )
        for feature, examples in by_feature.items()
    ]


def _short(probability: float) -> float:
    """Four decimals are more than can be seen."""
    return round(probability, 4)
