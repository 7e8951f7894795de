"""Which states of a world can be read off hidden states: one tidy table with every control beside every number.

Everything here is about *chosen positions* of sequences, given as a mask [batch, seq]; samples are its true entries,
sequence by sequence. A label at offset o of a sample is the world's truth o positions further on: at the position that
emits a token, offset 0 is the state this token leads to, and -1 the state in which it is emitted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Float, Int

from ontogeny.errors import UsageError, unknown_name
from ontogeny.instruments.controls import context_ids, control_labels, present_baseline
from ontogeny.instruments.decoding import decode
from ontogeny.instruments.probes import PROBES, Probe, Splits, find_probe, score_task, split_by_sequence
from ontogeny.instruments.reinterpretation import Blindness, blindness, score_reinterpreted
from ontogeny.worlds.world import IGNORE, Batch, TracedWorld


@dataclass(frozen=True, order=True)
class Label:
    """What one task reads: a feature of one example at an offset, under a meaning."""

    meaning: str
    feature: str
    example: int
    offset: int

    def __str__(self) -> str:
        return f"{self.feature} of example {self.example} at offset {self.offset:+d} under {self.meaning}"


@dataclass(frozen=True)
class States:
    """The world's truth at chosen positions of sequences, perhaps the model's own."""

    world: TracedWorld
    batch: Batch
    tokens: Int[np.ndarray, "batch seq"]
    mask: Bool[np.ndarray, "_batch _seq"]
    """The chosen positions: usually those that emit an operation."""
    _truths: dict[str, Mapping[str, np.ndarray]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.mask.shape != self.tokens.shape:
            raise UsageError(f"mask of shape {self.mask.shape}: expected that of the tokens, {self.tokens.shape}")

    @property
    def sequences(self) -> Int[np.ndarray, " sample"]:
        """Which sequence each sample belongs to."""
        return np.nonzero(self.mask)[0]

    def split(self, seed: int) -> Splits:
        """The samples split by sequence."""
        return split_by_sequence(self.sequences, seed)

    def answerable(self, wanted: Sequence[Label], splits: Splits) -> list[Label]:
        """Those of the labels that each split has a sample of."""
        parts = (splits.train, splits.validation, splits.test)
        present = self.labels(wanted) != IGNORE
        return [label for label, row in zip(wanted, present, strict=True) if all((row & part).any() for part in parts)]

    def truth(self, feature: str, meaning: str) -> Int[np.ndarray, "batch seq example"]:
        """The world's labels, computed once a meaning. Raises: UsageError for an unknown meaning or feature."""
        if meaning not in self.world.meanings:
            raise unknown_name("meaning", meaning, self.world.meanings)
        if meaning not in self._truths:
            self._truths[meaning] = self.world.truth(self.batch, self.tokens, meaning)
        if feature not in self._truths[meaning]:
            raise unknown_name("feature", feature, self._truths[meaning])
        return self._truths[meaning][feature]

    def labels(self, wanted: Sequence[Label]) -> Int[np.ndarray, "task sample"]:
        """One row of labels (int16) for each, `IGNORE` where the offset leads out of the states."""
        sequence, position = np.nonzero(self.mask)
        rows = np.full((len(wanted), len(position)), IGNORE, dtype=np.int16)
        for row, label in zip(rows, wanted, strict=True):
            truth = self.truth(label.feature, label.meaning)
            if not 0 <= label.example < truth.shape[2]:
                raise UsageError(f"example {label.example}: {label.feature} has examples 0 to {truth.shape[2] - 1}")
            place = position + label.offset
            inside = (place >= 0) & (place < truth.shape[1])
            row[inside] = truth[sequence[inside], place[inside], label.example]
        return rows


def probe_states(
    world: TracedWorld,
    batch: Batch,
    tokens: Int[np.ndarray, "batch seq"],
    hidden: Mapping[str, Float[np.ndarray, "sample _width"]],
    mask: Bool[np.ndarray, "batch seq"],
    *,
    features: Sequence[str],
    offsets: Sequence[int] = (0,),
    examples: Sequence[int] = (0,),
    meanings: Sequence[str] = ("original",),
    probe: str | Probe = "linear",
    seed: int,
    control: bool = True,
) -> pa.Table:
    """Probe every source of hidden states for every label; one row each.

    `hidden` has an entry a source (a layer, the untrained model, `input_features`), with one row a true entry of
    `mask`. Columns: source, probe, meaning, feature, example, offset; accuracy, balanced, majority, normalised,
    samples, converged (as in `ProbeScore`, on the test split); differing, differing_share (against the world's first,
    true meaning); blind, blindness (its normalised relabelling, pooled over the examples given); control (the same
    probe's accuracy on a control task) and selectivity (accuracy less control), both for the true meaning only.
    What does not apply, or did not converge, is null; a label that one of the splits has no sample of (two operations
    back, where all programs have one) has no row. `control=False` leaves the control tasks out, and their
    columns null: for dense sweeps over layers whose controls are known from the sources that are reported.

    Raises: ConvergenceError as the probes do; UsageError for unknown names and for shapes that do not fit.
    """
    states = States(world, batch, tokens, mask)
    splits = states.split(seed)
    wanted = [Label(m, f, e, o) for m in meanings for f in features for o in offsets for e in examples]
    wanted = states.answerable(wanted, splits)
    if not wanted:
        return _table([], _SCHEMA)
    task_set = _TaskSet.build(states, wanted, seed, control=control)
    rows: list[dict] = []
    for source, values in hidden.items():
        names = [f"{source}, {name}" for name in task_set.names]
        outcome = decode(probe, values, task_set.labels, splits, seed=seed, names=names)
        rows += task_set.rows(outcome.predictions, outcome.converged, splits, source, _probe_name(probe))
    return _table(rows, _SCHEMA)


@dataclass(frozen=True)
class _TaskSet:
    """All that is known of the tasks before any hidden state is seen."""

    wanted: list[Label]
    labels: np.ndarray
    """[task, sample]: the wanted labels, then the control tasks."""
    names: list[str]
    originals: dict[Label, np.ndarray]
    """Of each label under another meaning: the same under the true one."""
    blind: dict[Label, Blindness]
    controls: dict[Label, int]
    """Of each label under the true meaning: the row of its control task."""

    @classmethod
    def build(cls, states: States, wanted: list[Label], seed: int, *, control: bool) -> "_TaskSet":
        true = states.world.meanings[0]
        labels = states.labels(wanted)
        others = [label for label in wanted if label.meaning != true]
        originals = dict(zip(others, states.labels([replace(label, meaning=true) for label in others]), strict=True))
        blind = _blindness(dict(zip(wanted, labels, strict=True)), originals)
        controlled = [task for task, label in enumerate(wanted) if control and label.meaning == true]
        context = context_ids(states.tokens, states.mask)
        twins = [control_labels(labels[task], context, seed, str(wanted[task])) for task in controlled]
        controls = {wanted[task]: len(wanted) + row for row, task in enumerate(controlled)}
        names = [*map(str, wanted), *(f"control task of {label}" for label in controls)]
        return cls(wanted, np.concatenate([labels, *(twin[None] for twin in twins)]), names, originals, blind, controls)

    def rows(
        self, predictions: np.ndarray, converged: np.ndarray, splits: Splits, source: str, probe: str
    ) -> list[dict]:
        """One row a wanted label."""
        rows = []
        for task, label in enumerate(self.wanted):
            row = {"source": source, "probe": probe, **vars(label)}
            finished = bool(converged[task])
            scored = score_task(predictions[task], self.labels[task], splits, converged=finished)
            row |= vars(scored)
            if label in self.originals:
                other = score_reinterpreted(
                    predictions[task], self.labels[task], self.originals[label], splits, converged=finished
                )
                row |= {"differing": other.differing, "differing_share": other.differing_share}
                row |= {"blind": self.blind[label].blind, "blindness": self.blind[label].normalised}
            if label in self.controls:
                twin = self.controls[label]
                row["control"] = score_task(
                    predictions[twin], self.labels[twin], splits, converged=bool(converged[twin])
                ).accuracy
                row["selectivity"] = scored.accuracy - row["control"]
            rows.append(row)
        return rows


def _blindness(labels: dict[Label, np.ndarray], originals: dict[Label, np.ndarray]) -> dict[Label, Blindness]:
    """Per meaning, feature and offset, pooled over the examples."""
    groups: dict[tuple[str, str, int], list[Label]] = {}
    for label in originals:
        groups.setdefault((label.meaning, label.feature, label.offset), []).append(label)
    result: dict[Label, Blindness] = {}
    for members in groups.values():
        pooled = blindness(
            np.concatenate([originals[label] for label in members]),
            np.concatenate([labels[label] for label in members]),
        )
        result |= dict.fromkeys(members, pooled)
    return result


def probe_future(
    world: TracedWorld,
    batch: Batch,
    tokens: Int[np.ndarray, "batch seq"],
    mask: Bool[np.ndarray, "batch seq"],
    *,
    features: Sequence[str],
    given: Sequence[str],
    offsets: Sequence[int] = (1, 2),
    examples: Sequence[int] = (0,),
    seed: int,
) -> pa.Table:
    """What the present alone tells of the future: the baseline for rows of `probe_states` at the same offsets.

    For each example, the true labels `given` at offset 0 (the state that the token now being emitted leads to) and the
    position predict each feature at each offset, by `present_baseline`, on the same splits. Columns: feature, example,
    offset, accuracy, balanced, majority, normalised, samples, converged.
    """
    states = States(world, batch, tokens, mask)
    splits, true = states.split(seed), world.meanings[0]
    position = np.nonzero(mask)[1].astype(np.int16)
    rows = []
    for example in examples:
        present = states.labels([Label(true, feature, example, 0) for feature in given])
        wanted = [Label(true, feature, example, offset) for feature in features for offset in offsets]
        wanted = states.answerable(wanted, splits)
        if not wanted:
            continue
        scores = present_baseline(np.concatenate([present, position[None]]), states.labels(wanted), splits)
        rows += [vars(label) | vars(scored) for label, scored in zip(wanted, scores, strict=True)]
    return _table(rows, pa.schema([_SCHEMA.field(name) for name in _FUTURE]))


_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("source", "probe", "meaning", "feature")),
        *((name, pa.int32()) for name in ("example", "offset")),
        *((name, pa.float64()) for name in ("accuracy", "balanced", "majority", "normalised")),
        *((name, pa.float64()) for name in ("differing", "differing_share", "blindness", "control", "selectivity")),
        ("blind", pa.bool_()),
        ("samples", pa.int64()),
        ("converged", pa.bool_()),
    ]
)


_FUTURE = ("feature", "example", "offset", "accuracy", "balanced", "majority", "normalised", "samples", "converged")


def _table(rows: list[dict], schema: pa.Schema) -> pa.Table:
    """Rows as a table; not-a-number becomes null, so that no mean is taken over it unnoticed."""
    columns = []
    for name, kind in zip(schema.names, schema.types, strict=True):
        values = [row.get(name) for row in rows]
        columns.append(pa.array([None if value != value else value for value in values], kind))
    return pa.Table.from_arrays(columns, schema=schema)


def _probe_name(probe: str | Probe) -> str:
    """The standard name of a probe; its kind and hidden widths if it has none."""
    if isinstance(probe, str):
        return probe
    known = [name for name, settings in PROBES.items() if settings == find_probe(probe)]
    return known[0] if known else "-".join(map(str, (probe.kind, *getattr(probe, "hidden", ()))))
