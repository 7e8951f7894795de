"""The linear probes of one checkpoint: fitted on reference programs, read before each token.

The programs are the same at every checkpoint, so that only the hidden states can make a difference; a label is the
state in which a token is written (offset -1). Probes read the mean over layers, as the study does, or one layer.
"""

from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
import pyarrow as pa
from annotated_types import Ge
from jaxtyping import Bool, Int

from ontogeny.configuration import configuration
from ontogeny.instruments import ConvergenceError, Label, LinearProbe, States, fit_linear
from ontogeny.instruments.probes import Splits
from ontogeny.models import TransformerModel
from ontogeny.studies.emergent_semantics.meaning import FEATURES, MEANINGS, hidden_states, mean_states
from ontogeny.training import Run
from ontogeny.worlds import IGNORE, Batch, Karel

MEAN = "mean"
"""The mean over layers; `layer 1` and so on are the others."""

Probes = dict[Label, LinearProbe]

EDITABLE = ("heading", "facing", "forward", "rightward", "row_from_start", "column_from_start")


@configuration
class Probing:
    """What a checkpoint's probes are fitted to."""

    source: str = MEAN
    programs: Annotated[int, Ge(20)] = 500
    """Reference programs of the probe split."""
    examples: tuple[int, ...] = (0,)
    """Whose states are read."""
    features: tuple[str, ...] = FEATURES
    meanings: tuple[str, ...] = MEANINGS

    @property
    def labels(self) -> list[Label]:
        return [Label(m, f, e, -1) for m in self.meanings for f in self.features for e in self.examples]


def beliefs_of(world: Karel) -> Probing:
    """What is read of the mean over layers: the first and the last shown example, under three meanings."""
    return Probing(examples=tuple(dict.fromkeys((0, world.examples - 1))))


def handles_of(world: Karel, layer: int) -> Probing:
    """What a state can be moved by after a layer (from 1)."""
    examples = beliefs_of(world).examples
    return Probing(source=f"layer {layer}", examples=examples, features=EDITABLE, meanings=MEANINGS[:1])


def token_positions(world: Karel, batch: Batch, tokens: Int[np.ndarray, "batch seq"]) -> Bool[np.ndarray, "batch seq"]:
    """The positions that emit a token of the program, its end included: those after a position that has a state."""
    known = world.truth(batch, tokens, names=("heading",))["heading"][:, :, 0] != IGNORE
    mask = np.zeros(known.shape, dtype=bool)
    mask[:, 1:] = known[:, :-1]
    mask[:, -1] = False  # nothing follows the last position
    return mask


def fit(model: TransformerModel, run: Run, probing: Probing) -> Probes:
    """Fit every label that the programs can answer; a feature of which a probe does not converge is left out."""
    world = run.world
    batch = world.batch(run.seed, 0, probing.programs, "probe")
    mask = token_positions(world, batch, batch.tokens)
    if probing.source == MEAN:
        hidden = mean_states(model, batch, batch.tokens, mask)
    else:
        hidden = hidden_states(model, batch, batch.tokens, mask)[probing.source]
    states = States(world, batch, batch.tokens, mask)
    splits = states.split(run.seed)
    labels = states.answerable(probing.labels, splits)
    return _whole(_fit_all(hidden, labels, states, splits), probing)


def _whole(probes: Probes, probing: Probing) -> Probes:
    """Those whose feature is read in all examples."""
    return {
        label: probe
        for label, probe in probes.items()
        if all(replace(label, example=example) in probes for example in probing.examples)
    }


def _fit_all(hidden: np.ndarray, labels: list[Label], states: States, splits: Splits) -> Probes:
    try:
        return dict(zip(labels, fit_linear(hidden, states.labels(labels), splits), strict=True))
    except ConvergenceError:
        if len(labels) == 1:
            return {}
        return {k: v for label in labels for k, v in _fit_all(hidden, [label], states, splits).items()}


def to_table(probes: Probes) -> pa.Table:
    """One row a probe: meaning, feature, example, offset; weights (class by class) and bias."""
    rows: list[dict[str, Any]] = [
        {**vars(label), "weights": probe.weights.T.ravel().tolist(), "bias": probe.bias.tolist()}
        for label, probe in probes.items()
    ]
    return pa.Table.from_pylist(rows, _SCHEMA)


def from_table(table: pa.Table) -> Probes:
    """Read what `to_table` wrote."""
    probes = {}
    for row in table.to_pylist():
        bias = np.array(row.pop("bias"))
        weights = np.array(row.pop("weights")).reshape(len(bias), -1).T
        probes[Label(**row)] = LinearProbe(weights, bias)
    return probes


_SCHEMA = pa.schema(
    [
        ("meaning", pa.string()),
        ("feature", pa.string()),
        ("example", pa.int64()),
        ("offset", pa.int64()),
        ("weights", pa.list_(pa.float64())),
        ("bias", pa.list_(pa.float64())),
    ]
)


@dataclass(frozen=True)
class Read:
    """What probes hold of some hidden states: the likeliest class, and its probability."""

    values: Int[np.ndarray, " sample"]
    confidence: np.ndarray


def read(probe: LinearProbe, hidden: np.ndarray) -> Read:
    """What a probe reads in each hidden state [sample, width]."""
    odds = probe.probabilities(hidden)
    return Read(odds.argmax(axis=1), odds.max(axis=1))
