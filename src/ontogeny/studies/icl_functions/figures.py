"""The report's figures, each drawn from one of the evidence's tables."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ontogeny import atlas
from ontogeny.atlas import Figure
from ontogeny.claims import Evidence
from ontogeny.studies.icl_functions.readings import RECURRENT

TITLES = {
    "linear": "Linear functions",
    "sparse": "Sparse linear functions",
    "networks": "Networks of two layers",
    "trees": "Decision trees",
}
OWN = {
    "linear": ("least squares", "averaging"),
    "sparse": ("least squares", "lasso"),
    "networks": ("trained networks", "nearest neighbours"),
    "trees": ("greedy tree", "boosted trees", "greedy tree on signs", "boosted trees on signs"),
}
"""The learners that each class is drawn with."""
LIMITS = (-0.05, 1.6)
"""Of errors, which are 1 where 0 is predicted."""


def draw(evidence: Evidence) -> Sequence[Figure]:
    """All figures that the evidence has tables for."""
    if not evidence.seeds("main"):
        return []
    return [
        _linear(evidence),
        _classes(evidence),
        _course(evidence),
        _growth(evidence),
        _shifts(evidence),
        _scales(evidence),
        _nearest(evidence),
        _boundary(evidence),
    ]


def _features(tables: Sequence[pa.Table]) -> int:
    """Weights of a linear function: the last of the counts that the course follows is twice as many."""
    return int(pc.max(tables[0]["examples"]).as_py()) // 2


def _learner(tables: Sequence[pa.Table], task: str, learner: str, label: str = "", control: bool = True) -> atlas.Line:
    errors = atlas.stacked(tables, "error", task=task, learner=learner)
    return atlas.Line(label or learner, np.arange(errors.shape[1]), errors, control)


def _off_the_axis(lines: Sequence[atlas.Line]) -> str:
    """Says which lines leave the panel, and how far."""
    largest = {line.label: line.values.mean(axis=0).max() for line in lines}
    off = [f"{label} (up to {value:.1f})" for label, value in largest.items() if value > LIMITS[1]]
    return f"Off the axis with few examples: {', '.join(off)}." if off else ""


def _linear(evidence: Evidence) -> Figure:
    tables, features = evidence.each("curves"), _features(evidence.each("course"))
    lines = [
        _learner(tables, "linear", "trained", "transformer", control=False),
        _learner(tables, "linear", RECURRENT, "recurrent net (LSTM)", control=False),
        _learner(tables, "linear", "averaging", control=False),
        _learner(tables, "linear", "nearest neighbours", control=False),
    ]
    counts = lines[0].x
    exact = np.maximum(features - counts, 0)[None] / features
    lines.append(atlas.Line("least squares, exact", counts, exact.repeat(len(tables), axis=0), True))
    return atlas.curves(
        "linear",
        [atlas.Panel("normalised squared error", lines, limits=LIMITS)],
        title="Linear functions are learned as by least squares",
        caption=f"Error by the number of examples, for functions of {features} weights; predicting 0 has 1. The exact "
        "error of least squares is max(d - k, 0) / d. The recurrent net has as many parameters as the transformer; "
        f"neighbours are as many as do best; bands are 95 % intervals over seeds. {_off_the_axis(lines)}",
        x_label="examples shown",
        panel_height=290,
    )


def _classes(evidence: Evidence) -> Figure:
    tables = evidence.each("curves")
    panels = [
        atlas.Panel(
            "normalised squared error",
            [
                _learner(tables, task, "trained", "transformer", control=False),
                *(_learner(tables, task, name, control=False) for name in OWN[task]),
            ],
            title=TITLES[task],
            limits=LIMITS,
        )
        for task in TITLES
        if task != "linear"
    ]
    return atlas.curves(
        "classes",
        panels,
        title="Other classes, beside the learners made for them",
        caption="A model a class. Penalties, depths, neighbours and training lengths are those that do best at each "
        "number of examples, found on other episodes.",
        x_label="examples shown",
        columns=1,
        panel_height=230,
    )


def _course(evidence: Evidence) -> Figure:
    tables = evidence.each("course")
    counts = np.unique(tables[0]["examples"].to_numpy())
    steps = np.unique(tables[0]["step"].to_numpy())
    lines = [
        atlas.Line(f"{count} examples", steps, atlas.stacked(tables, "error", examples=count))
        for count in counts.tolist()
    ]
    return atlas.curves(
        "course",
        [atlas.Panel("normalised squared error", lines)],
        title="How linear functions come to be learned",
        caption="Error of the model in training, with half as many examples as weights, as many, and twice as many.",
        panel_height=230,
    )


def _growth(evidence: Evidence) -> Figure:
    tables = evidence.each("growth")
    steps = np.unique(tables[0]["step"].to_numpy())
    lines = [
        atlas.Line(label, steps, atlas.stacked(tables, "error", curriculum=curriculum))
        for label, curriculum in (("with a curriculum", True), ("without", False))
    ]
    lines.append(atlas.Line("least squares", steps, atlas.stacked(tables, "squares", curriculum=False), True))
    return atlas.curves(
        "growth",
        [atlas.Panel("normalised squared error", lines)],
        title="Training with and without a curriculum",
        caption="Error on full episodes of linear functions, the mean over one example and more, of a model whose "
        "training begins with few dimensions and examples, and of one that is shown full episodes from the first step.",
        panel_height=230,
    )


def _shifts(evidence: Evidence) -> Figure:
    tables, features = evidence.each("shifts"), _features(evidence.each("course"))
    names = list(dict.fromkeys(tables[0].filter(pc.field("kind") != "scale")["shift"].to_pylist()))

    def bars(label: str, column: str, control: bool) -> atlas.Bars:
        found = [
            atlas.stacked(
                tables, column, shift=name, examples=features - 1 if name == "orthogonal query" else 2 * features
            )
            for name in names
        ]
        return atlas.Bars(label, np.concatenate(found, axis=1), control)

    return atlas.bars(
        "shifts",
        [
            atlas.BarPanel(
                names,
                [bars("transformer", "trained", False), bars("least squares", "squares", True)],
                y_label="normalised squared error",
            )
        ],
        title="Prompts and queries unlike those of training",
        caption="With twice as many examples as weights; with one less than weights before an orthogonal query, of "
        "which examples say nothing, so that the best answer is 0 and its error 1.",
        panel_height=260,
    )


def _scales(evidence: Evidence) -> Figure:
    tables, features = evidence.each("shifts"), _features(evidence.each("course"))
    found: dict[str, set[float]] = {}
    for row in tables[0].filter(pc.field("kind") == "scale")["shift"].to_pylist():
        what, _, factor = row.partition(" x ")
        found.setdefault(what, set()).add(float(factor))
    lines = []
    for what, factors in found.items():
        ordered = sorted(factors | {1.0})
        names = ["none" if factor == 1 else f"{what} x {factor:.2g}" for factor in ordered]
        errors = [atlas.stacked(tables, "trained", shift=name, examples=2 * features) for name in names]
        lines.append(atlas.Line(what, np.array(ordered), np.concatenate(errors, axis=1)))
    return atlas.curves(
        "scales",
        [atlas.Panel("normalised squared error", lines)],
        title="Inputs and weights smaller and larger than in training",
        caption="Error with twice as many examples as weights; least squares have 0 at every scale.",
        x_label="times as large as in training",
        panel_height=230,
    )


def _nearest(evidence: Evidence) -> Figure:
    tables = evidence.each("nearest")
    series = [
        atlas.Bars("trained model", atlas.stacked(tables, "trained")),
        atlas.Bars("untrained model", atlas.stacked(tables, "untrained"), control=True),
    ]
    names = tables[0]["algorithm"].to_pylist()
    return atlas.bars(
        "nearest",
        [atlas.BarPanel(names, series, y_label="difference of predictions", limits=(0, 2.2))],
        title="Which algorithm is it?",
        caption="Mean squared difference from the predictions of each algorithm with twice as many examples as "
        "weights, relative to their mean square.",
        panel_height=260,
    )


def _boundary(evidence: Evidence) -> Figure:
    tables = evidence.each("boundary")
    factors = tables[0]["factor"].to_numpy()
    lines = [
        atlas.Line("largest prediction", factors, atlas.stacked(tables, "largest")),
        atlas.Line("bound by the weights", factors, atlas.stacked(tables, "bound"), True),
        atlas.Line("predictions (rms)", factors, atlas.stacked(tables, "predicted")),
        atlas.Line("values (rms)", factors, atlas.stacked(tables, "true"), True),
    ]
    return atlas.curves(
        "boundary",
        [atlas.Panel("size", lines, y_scale="log")],
        title="Values that predictions cannot pass",
        caption="Root mean squares of predictions and of the values that they should have, where inputs are larger "
        "than in training; the largest prediction of all, and what the last norm and its readout can give at most.",
        x_label="inputs, times as large as in training",
        x_scale="log",
        panel_height=290,
    )
