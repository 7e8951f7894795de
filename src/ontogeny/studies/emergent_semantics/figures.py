"""The report's figures, each drawn from one or two of the evidence's tables."""

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float, Int

from ontogeny import atlas
from ontogeny.atlas import Figure
from ontogeny.claims import Evidence
from ontogeny.statistics import t_interval
from ontogeny.studies.emergent_semantics.film import BELIEVED
from ontogeny.studies.emergent_semantics.meaning import (
    ADVERSARIAL,
    EGOCENTRIC,
    FEATURES,
    MEANINGS,
    OFFSETS,
    PUBLISHED,
)
from ontogeny.studies.emergent_semantics.quantities import content, content_curve, share, steps_of
from ontogeny.studies.emergent_semantics.settings import ARMS

FAMILIES = {"absolute": PUBLISHED, "egocentric": EGOCENTRIC}
FACINGS = ("north", "east", "south", "west")
HEADINGS = ("ahead", "right", "back", "left")
OTHER = "one_example"
"""The arm in which the published representation is found: what is drawn of states is drawn of it too."""


def draw(evidence: Evidence) -> Sequence[Figure]:
    """All figures that the evidence has tables for."""
    main = _Arm(evidence, "main")
    if not main.seeds:
        return []
    arms = _measured_arms(evidence)
    figures = [_course(main, evidence)]
    for arm in (name for name in ("main", OTHER) if name in arms):
        figures += [drawn(_Arm(evidence, arm)) for drawn in (_follows_accuracy, _meanings, _offsets)]
    edited = [arm for arm in (_Arm(evidence, name) for name in arms) if arm.has("edits")]
    if edited:
        figures.append(_edits(edited[0]))
    if len(arms) > 1:
        figures.append(_conditions(evidence, arms))
    return [*figures, _film(main)]


class _Arm:
    """One arm's tables, seed by seed."""

    def __init__(self, evidence: Evidence, arm: str) -> None:
        self.evidence, self.arm, self.seeds = evidence, arm, evidence.seeds(arm)

    def table(self, name: str, seed: int) -> pa.Table:
        """One seed's rows of a table."""
        return self.evidence.tables[name].filter((pc.field("arm") == self.arm) & (pc.field("seed") == seed))

    def has(self, name: str) -> bool:
        """Whether the first seed has rows of this table."""
        return name in self.evidence.tables and bool(self.seeds) and len(self.table(name, self.seeds[0])) > 0

    def named(self, figure: str) -> str:
        """The name of a figure of this arm."""
        return figure if self.arm == "main" else f"{figure}_{self.arm}"

    def titled(self, title: str) -> str:
        """The title of a figure of this arm."""
        return title if self.arm == "main" else f"{title} (arm {self.arm})"

    def each(self, name: str, measure: Callable[[pa.Table], object]) -> Float[np.ndarray, "seed ..."]:
        """A measure of one table, for every seed."""
        return np.array([measure(table) for table in self.evidence.each(name, self.arm)], dtype=float)


def _measured_arms(evidence: Evidence) -> list[str]:
    measured = {entry["arm"] for entry in evidence.record["seeds"]}
    return [arm for arm in ARMS if arm in measured]


def _course(main: _Arm, evidence: Evidence) -> Figure:
    steps = np.array(steps_of(main.table("behaviour", main.seeds[0])))

    def line(label: str, column: str) -> atlas.Line:
        return atlas.Line(label, steps, main.each("behaviour", lambda table: table[column].to_numpy()))

    def contents(label: str, features: Sequence[str]) -> atlas.Line:
        return atlas.Line(label, steps, main.each("emergence", lambda table: content_curve(table, features)))

    marks = [
        mark
        for mark in (
            _mark(evidence, "varied", "diversity_transition", float(steps[-1])),
            _mark(evidence, "right", "accuracy_transition", float(steps[-1])),
        )
        if mark
    ]
    panels = [
        atlas.Panel(
            "share",
            [line("right programs", "accuracy"), line("distinct programs", "diversity")],
            title="What the model writes",
            marks=marks,
            levels=[atlas.Level("published accuracy", 0.924)],
            limits=(0, 1),
        ),
        atlas.Panel(
            "normalised",
            [contents(name, features) for name, features in FAMILIES.items()],
            title="What linear probes read (0 is the majority class)",
            marks=marks,
        ),
        atlas.Panel("perplexity", [line("reference programs", "perplexity")], title="What it finds likely"),
    ]
    caption = (
        "One specification set and one set of reference programs serve all checkpoints. Thin lines are seeds, bands "
        "95 % intervals over seeds. Vertical bands: where diversity and accuracy have their one transition, if they "
        "have one in every seed, with the interval over seeds."
    )
    return atlas.curves("course", panels, title="Behaviour and meaning over training", caption=caption)


def _mark(evidence: Evidence, label: str, quantity: str, last: float) -> "atlas.Mark | None":
    """Where the curve has its transition; None unless it has one in every seed."""
    _, values = evidence.values(quantity)
    if not np.isfinite(values).all():
        return None
    interval = t_interval(values * last)
    return atlas.Mark(label, interval.estimate, interval.low, interval.high)


def _follows_accuracy(arm: _Arm) -> Figure:
    steps = np.array(steps_of(arm.table("behaviour", arm.seeds[0])))
    panels = []
    for name, features in FAMILIES.items():
        points = [
            atlas.Points(
                f"seed {seed}",
                arm.table("behaviour", seed)["accuracy"].to_numpy(),
                content_curve(arm.table("emergence", seed), features),
                steps,
            )
            for seed in arm.seeds
        ]
        panels.append(atlas.ScatterPanel(points, title=f"{name} states"))
    return atlas.scatter(
        arm.named("follows"),
        panels,
        title=arm.titled("Semantic content against generative accuracy"),
        caption="Every point is a checkpoint; the published coefficient is R^2 = 0.878 over checkpoints.",
        x_label="generative accuracy",
        y_label="semantic content",
    )


def _meanings(arm: _Arm) -> Figure:
    sources = {"trained": False, "untrained": True, "input": True, "shown": True}
    names = ["adversarial" if meaning == ADVERSARIAL else meaning for meaning in MEANINGS]
    panels = []
    for name, features in FAMILIES.items():
        for column, label in (
            ("accuracy", "accuracy"),
            ("normalised", "normalised"),
            ("differing", "differing labels"),
        ):
            series = [
                atlas.Bars(
                    source,
                    np.stack([arm.each("probes", _scored(source, features, m, column)) for m in MEANINGS], axis=1),
                    control=control,
                )
                for source, control in sources.items()
            ]
            limits = (-0.1, 1.0) if column == "normalised" else (0.0, 1.0)
            panels.append(atlas.BarPanel(names, series, title=f"{name}: {label}", limits=limits))
    caption = (
        "Linear probes on the mean over layers, at the model's own programs. Controls: the untrained model, the tokens "
        "so far (input), and these with the first and the last state, which the grids show (shown). Adversarial "
        "exchanges every operation. "
        "Raw accuracy, accuracy normalised by the majority class, and accuracy on the labels that differ from the "
        "original's (which the original meaning cannot have). Pairs of feature and meaning that are blind are left out "
        "under that meaning."
    )
    title = arm.titled("The same tokens under other meanings")
    return atlas.bars(arm.named("meanings"), panels, title=title, caption=caption, columns=3)


def _scored(source: str, features: Sequence[str], meaning: str, column: str) -> Callable[[pa.Table], float]:
    def mean(table: pa.Table) -> float:
        chosen = (
            (pc.field("source") == source)
            & (pc.field("probe") == "linear")
            & (pc.field("meaning") == meaning)
            & pc.field("feature").isin(pa.array(features, pa.string()))
            & pc.coalesce(~pc.field("blind"), pc.scalar(True))
        )
        value = pc.mean(table.filter(chosen)[column]).as_py()
        return float("nan") if value is None else value

    return mean


def _offsets(arm: _Arm) -> Figure:
    table = arm.table("layers", arm.seeds[0])
    layers = sorted(set(table["source"].to_pylist()) - {"mean"})
    panels = []
    columns = [f"{offset:+d}" if offset else "0" for offset in OFFSETS]
    for feature in FEATURES:
        cells = np.mean(arm.each("layers", _grid(layers, feature)), axis=0)
        panels.append(atlas.HeatPanel(cells, layers, columns, title=feature))
    return atlas.heat_map(
        arm.named("offsets"),
        panels,
        title=arm.titled("Where and when a state can be read"),
        caption="Normalised accuracy of ridge probes by layer and by offset in operations: 0 is the state after the "
        "operation that is about to be written, +1 and +2 lie ahead. Mean over seeds.",
        x_label="offset",
        y_label="layer",
    )


def _grid(layers: Sequence[str], feature: str) -> Callable[[pa.Table], list[list[float]]]:
    def cells(table: pa.Table) -> list[list[float]]:
        return [[_cell(table, layer, offset, feature) for offset in OFFSETS] for layer in layers]

    return cells


def _cell(table: pa.Table, source: str, offset: int, feature: str) -> float:
    chosen = (pc.field("source") == source) & (pc.field("offset") == offset) & (pc.field("feature") == feature)
    value = pc.mean(table.filter(chosen)["normalised"]).as_py()
    return float("nan") if value is None else value


EDITS = {
    "exchange": "the other state itself",
    "mean": "along the mean difference",
    "heading": "to the opposite heading's mean",
    "probe": "along the probe",
    "random": "as long, elsewhere",
}


def _edits(arm: _Arm) -> Figure:
    table = arm.table("edits", arm.seeds[0])
    doses = sorted(set(table["dose"].to_pylist()))
    panels = []
    for layer in sorted(set(table["layer"].to_pylist())):
        lines = [
            atlas.Line(
                label, np.array(doses), arm.each("edits", _dose_response(layer, kind, doses)), control=kind == "random"
            )
            for kind, label in EDITS.items()
        ]
        panels.append(atlas.Panel("follow the edit", lines, title=f"after layer {layer}", limits=(0, 1)))
    return atlas.curves(
        "edits",
        panels,
        title="Turn the heading that the model holds: does it write next as if the robot were turned?",
        caption="Share of the model's own right programs whose next token, after the edit, is the one that the model "
        "writes where the last turn really is reversed (where that is another one). Edit size 1 moves the state as far "
        "as the reversed turn does; the control moves it as far from one of the model's own states towards another. "
        f"Arm: {arm.arm}.",
        x_label="edit size",
        columns=2,
    )


def _dose_response(layer: int, kind: str, doses: Sequence[float]) -> Callable[[pa.Table], list[float]]:
    def curve(table: pa.Table) -> list[float]:
        return [share(table, "follows", layer, kind, dose) for dose in doses]

    return curve


def _conditions(evidence: Evidence, names: Sequence[str]) -> Figure:
    """The table of the arms: under which conditions which representation is there."""
    columns = (
        "right programs",
        "absolute",
        "by a network",
        "by controls",
        "shown",
        "egocentric",
        "by controls",
        "shown",
    )
    rows = []
    for name in names:
        arm = _Arm(evidence, name)
        values = [float(np.nanmean(evidence.values("accuracy", arm=name)[1]))]
        for family, features in FAMILIES.items():
            values.append(_seed_mean(arm, "trained", features))
            if family == "absolute":  # the family that the published networks read
                values.append(_seed_mean(arm, "trained", features, "mlp2"))
            values.append(max(_seed_mean(arm, source, features) for source in ("untrained", "input")))
            values.append(_seed_mean(arm, "shown", features))
        rows.append(values)
    labels = [f"{name} ({len(evidence.seeds(name))})" for name in names]
    return atlas.heat_map(
        "conditions",
        [atlas.HeatPanel(np.array(rows), labels, list(columns))],
        title="Which representation emerges under which condition",
        caption="Normalised accuracy of linear probes on the mean over layers at the model's own programs, of the "
        "two-layer network there (on the first example), of the better of two controls (untrained model, input alone), "
        "and of the tokens so far with the first and the last state, as the grids show them. In brackets: seeds.",
        columns=1,
    )


def _seed_mean(arm: _Arm, source: str, features: Sequence[str], probe: str = "linear") -> float:
    return float(np.mean(arm.each("probes", lambda table: content(table, source, features, probe=probe))))


def _film(main: _Arm) -> Figure:
    frames = []
    for row in main.table("film", main.seeds[0]).to_pylist():
        beliefs = tuple(
            atlas.Belief(
                feature,
                _word(feature, row[feature]),
                row[f"{feature} confidence"],
                row[feature] == row[f"{feature} truth"],
            )
            for feature in BELIEVED
        )
        walls, markers = _square(row["walls"]), _square(row["markers"])
        row_number, column, facing = map(int, row["robot"].split())
        frames.append(atlas.Frame(row["word"], walls.astype(bool), markers, (row_number, column, facing), beliefs))
    return atlas.film_strip(
        "film",
        frames,
        title="One program, token by token",
        caption="The first example's grid before each token, what the model wrote there, and what linear probes on the "
        "mean over layers read of the present state (heading: relative to the start).",
    )


def _square(cells: str) -> Int[np.ndarray, "row column"]:
    values = np.array(cells.split(), dtype=int)
    side = round(len(values) ** 0.5)
    return values.reshape(side, side)


def _word(feature: str, value: int) -> str:
    words = {"facing": FACINGS, "heading": HEADINGS, "wall_ahead": ("no", "yes")}
    return words[feature][value]
