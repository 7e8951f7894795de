"""The report's figures, each drawn from one of the evidence's tables."""

from collections.abc import Sequence

import numpy as np
import pyarrow.compute as pc

from ontogeny import atlas
from ontogeny.atlas import Figure
from ontogeny.claims import Evidence

SHOWN = {
    "one layer": "one layer",
    "layers": "several layers",
    "looped": "one layer, looped",
    "softmax": "one layer, softmax",
    "prior mean": "one layer, prior mean not 0",
}


def draw(evidence: Evidence) -> Sequence[Figure]:
    """All figures that the evidence has tables for."""
    if not evidence.seeds("main"):
        return []
    return [
        _course(evidence),
        _learners(evidence),
        _interpolation(evidence),
        _shifts(evidence),
        _nearest(evidence),
        _examples(evidence),
        _behind_mlp(evidence),
        _in_turns(evidence),
    ]


def _course(evidence: Evidence) -> Figure:
    tables = evidence.each("course")
    steps = tables[0]["step"].to_numpy()

    def line(label: str, column: str, control: bool = False) -> atlas.Line:
        return atlas.Line(label, steps, atlas.stacked(tables, column), control)

    return atlas.curves(
        "course",
        [
            atlas.Panel(
                "half squared error", [line("layer", "loss"), line("gradient step", "descent", True)], title="Loss"
            ),
            atlas.Panel(
                "cosine", [line("sensitivities", "cosine")], title="Same response to a change of the asked input"
            ),
            atlas.Panel("relative difference", [line("predictions", "difference")], title="Difference of predictions"),
        ],
        title="A layer of linear attention becomes a gradient step",
        caption="One layer beside the best single step of gradient descent (rate 6.06), on the same fresh episodes; "
        "bands are 95 % intervals over seeds.",
    )


def _learners(evidence: Evidence) -> Figure:
    tables = evidence.each("learners")
    names = [name for name in SHOWN if name in tables[0]["learner"].to_pylist()]

    def bars(label: str, column: str, control: bool) -> atlas.Bars:
        values = np.concatenate([atlas.stacked(tables, column, learner=name) for name in names], axis=1)
        return atlas.Bars(label, values, control)

    return atlas.bars(
        "learners",
        [
            atlas.BarPanel(
                [SHOWN[name] for name in names],
                [
                    bars("trained model", "loss", False),
                    bars("gradient descent", "descent", True),
                    bars("corrected (GD++)", "corrected", True),
                ],
                y_label="half squared error",
            )
        ],
        title="What models reach, and what gradient descent reaches in as many steps",
        caption="Descent is tuned on other episodes, starts from the prior mean, and has one step a layer (equal steps "
        "where the layer is looped).",
        panel_height=260,
    )


def _interpolation(evidence: Evidence) -> Figure:
    tables = evidence.each("interpolation")
    shares = np.unique(tables[0]["share"].to_numpy())
    lines = [
        atlas.Line(label, shares, atlas.stacked(tables, "loss", kind=kind), kind == "turned")
        for kind, label in (("aligned", "aligned"), ("turned", "signs turned"))
    ]
    return atlas.curves(
        "interpolation",
        [atlas.Panel("half squared error", lines)],
        title="Between trained and constructed weights there is no bump",
        caption="Loss on the straight way from trained (0) to constructed weights (1). Control: the same trained map, "
        "both of whose factors have the other sign.",
        x_label="share of constructed weights",
        panel_height=230,
    )


def _shifts(evidence: Evidence) -> Figure:
    tables = evidence.each("shifts")
    names = tables[0]["shift"].to_pylist()
    zero = atlas.stacked(tables, "zero")

    def bars(label: str, column: str, control: bool) -> atlas.Bars:
        return atlas.Bars(label, np.log10(atlas.stacked(tables, column) / zero), control)

    return atlas.bars(
        "shifts",
        [
            atlas.BarPanel(
                names,
                [bars("trained layer", "trained", False), bars("gradient step", "descent", True)],
                y_label="log10 of error over that of 0",
            )
        ],
        title="Away from the training distribution, layer and step do well and badly together",
        caption="Inputs that reach less or further than in training, larger weights, other distributions of the same "
        "variance. Below 0 is better than predicting 0; 1 is ten times worse.",
        panel_height=260,
    )


def _nearest(evidence: Evidence) -> Figure:
    tables = evidence.each("nearest")
    series = [
        atlas.Bars("trained layer", atlas.stacked(tables, "trained")),
        atlas.Bars("untrained layer", atlas.stacked(tables, "untrained"), control=True),
    ]
    return atlas.bars(
        "nearest",
        [
            atlas.BarPanel(
                tables[0]["algorithm"].to_pylist(), series, y_label="difference of predictions", limits=(0, 1.1)
            )
        ],
        title="Which algorithm is it?",
        caption="Mean squared difference from the predictions of each algorithm, relative to their mean square. Steps "
        "are of gradient descent at the best rate.",
        panel_height=260,
    )


def _examples(evidence: Evidence) -> Figure:
    tables = evidence.each("examples")
    counts = np.unique(tables[0]["examples"].to_numpy())
    lines = [
        atlas.Line(name, counts, atlas.stacked(tables, "loss", predictor=name), name == "least squares")
        for name in ("trained", "constructed", "least squares")
    ]
    return atlas.curves(
        "examples",
        [atlas.Panel("half squared error", lines)],
        title="With fewer examples than in training",
        caption="A layer adds up over examples: its step is in proportion to their number, and too short where there "
        "are few. Least squares passes through all of them.",
        x_label="examples shown",
        panel_height=230,
    )


def _behind_mlp(evidence: Evidence) -> Figure:
    tables = evidence.each("behind_mlp")
    losses = [
        atlas.line_of(tables, "layer behind an MLP", "step", "loss"),
        atlas.line_of(tables, "gradient step on the features it sees", "step", "descent", control=True),
        atlas.line_of(tables, "gradient step on what the MLP gives", "step", "plain", control=True),
        atlas.line_of(tables, "gradient step on the inputs", "step", "straight", control=True),
    ]
    return atlas.curves(
        "behind_mlp",
        [
            atlas.Panel("half squared error", losses, title="Loss on sinusoids"),
            atlas.Panel(
                "share of variance",
                [atlas.line_of(tables, "two main features", "step", "sine")],
                limits=(0, 1.02),
                title="What they tell of the input's sine and cosine",
            ),
        ],
        title="Behind an MLP: a gradient step on learned features",
        caption="A layer of linear attention on what an MLP makes of the inputs, beside the best single gradient step "
        "on the same features and on the inputs themselves. Sinusoids are linear in sine "
        "and cosine of the input. Bands are 95 % intervals over seeds.",
    )


def _in_turns(evidence: Evidence) -> Figure:
    tables = evidence.each("in_turns")

    def lines(column: str, learners: Sequence[str]) -> list[atlas.Line]:
        shown = {learner: [table.filter(pc.field("learner") == learner) for table in tables] for learner in learners}
        return [atlas.line_of(rows, learner, "step", column) for learner, rows in shown.items()]

    descent = float(np.mean([table["descent"][0].as_py() for table in tables]))
    even = tables[0]["even"][0].as_py()
    return atlas.curves(
        "in_turns",
        [
            atlas.Panel(
                "half squared error",
                lines("loss", ("two layers", "one layer")),
                levels=[atlas.Level("gradient step on whole examples", descent)],
                title="Loss after ten examples",
            ),
            atlas.Panel(
                "share of attention",
                lines("copying", ("two layers",)),
                levels=[atlas.Level("even", even)],
                limits=(0, 1.02),
                title="First layer: attention of a value on its input",
            ),
        ],
        title="Inputs and values in turns: the first layer puts examples together",
        caption="The first layer's best head, at positions of values; even attention over what is visible is the "
        "chance level. Bands are 95 % intervals over seeds.",
    )
