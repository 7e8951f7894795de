"""The report's figures, each drawn from one of the evidence's tables."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ontogeny import atlas
from ontogeny.atlas import Figure
from ontogeny.claims import Evidence
from ontogeny.statistics import t_interval
from ontogeny.studies.induction.quantities import twin_of

TWINS = ("two layers", "one layer, smeared keys", "one layer")


def draw(evidence: Evidence) -> Sequence[Figure]:
    """All figures that the evidence has tables for."""
    of_main = (_phase, _twins, _by_index, _removal, _chains) if evidence.seeds("main") else ()
    return [*(figure(evidence) for figure in of_main), *([_text(evidence)] if evidence.seeds("text") else [])]


def _twin(evidence: Evidence, table: str, twin: str, arm: str = "main") -> list[pa.Table]:
    return [twin_of(rows, twin) for rows in evidence.each(table, arm)]


def _marks(evidence: Evidence, curve: str, label: str) -> list[atlas.Mark]:
    """The change point of a curve: mean and interval over seeds; none where a seed has none."""
    tables = [table.filter(pc.field("curve") == curve) for table in evidence.each("transitions")]
    steps = np.array([table["step"][0].as_py() for table in tables])
    if not np.isfinite(steps).all():
        return []
    if len(steps) == 1:
        return [atlas.Mark(label, steps[0], tables[0]["low"][0].as_py(), tables[0]["high"][0].as_py())]
    found = t_interval(steps)
    return [atlas.Mark(label, found.estimate, found.low, found.high)]


def _phase(evidence: Evidence) -> Figure:
    two, one = _twin(evidence, "course", "two layers"), _twin(evidence, "course", "one layer")

    def panel(y_label: str, column: str, title: str, limits: tuple[float, float] | None = None) -> atlas.Panel:
        lines = [
            atlas.line_of(two, "two layers", "step", column),
            atlas.line_of(one, "one layer", "step", column, control=True),
        ]
        return atlas.Panel(y_label, lines, title=title, limits=limits, marks=_marks(evidence, column, "change point"))

    return atlas.curves(
        "phase",
        [
            panel("nats a token", "loss", "Loss"),
            panel("nats", "score", "In-context score"),
            panel("attention", "prefix_matching", "Highest prefix-matching score", (0, 1)),
        ],
        title="Loss, learning in context and heads change together",
        caption="On the same fresh sequences throughout. Bands are 95 % intervals over seeds, as are the shaded ones "
        "around the change points of the model with two layers.",
    )


def _twins(evidence: Evidence) -> Figure:
    lines = [
        atlas.line_of(_twin(evidence, "course", twin), twin, "step", "accuracy", control=twin == "one layer")
        for twin in TWINS
    ]
    return atlas.curves(
        "twins",
        [atlas.Panel("share right", lines, limits=(0, 1))],
        title="One layer needs smeared keys",
        caption="Share of right predictions where the next token followed the current one before.",
        panel_height=230,
    )


def _by_index(evidence: Evidence) -> Figure:
    lines = [
        atlas.line_of(_twin(evidence, "by_index", twin), twin, "index", "loss", control=twin == "one layer")
        for twin in TWINS
    ]
    best = atlas.line_of(_twin(evidence, "by_index", "two layers"), "perfect predictor", "index", "best")
    return atlas.curves(
        "by_index",
        [atlas.Panel("nats a token", [*lines, best], title="Loss after training")],
        title="What has been read helps to predict what comes",
        caption="Loss by place in the sequence; bands are 95 % intervals over seeds. The perfect predictor knows how "
        "sequences are made.",
        x_label="index of the predicted token",
        panel_height=260,
    )


def _text(evidence: Evidence) -> Figure:
    def panel(y_label: str, column: str, title: str) -> atlas.Panel:
        lines = [
            atlas.line_of(_twin(evidence, "course", twin, "text"), twin, "step", column, control=twin == "one layer")
            for twin in TWINS
        ]
        return atlas.Panel(y_label, lines, title=title)

    return atlas.curves(
        "text",
        [
            panel("nats a token", "loss", "Loss"),
            panel("nats", "score", "In-context score"),
            panel("attention", "prefix_matching", "Highest prefix-matching score"),
        ],
        title="The same on text",
        caption="Python's library as byte pairs; loss and score on the same windows of held-out files throughout, "
        "heads on repeated random tokens. Bands are 95 % intervals over seeds.",
    )


def _removal(evidence: Evidence) -> Figure:
    tables = evidence.each("ablations")

    def mean(group: str, column: str, table: pa.Table) -> float:
        rows = table.filter(pc.field("group") == group)
        if not len(rows):  # no head matches prefixes, or nearly all do
            return float("nan")
        cost, score, whole = (rows[name].to_numpy() for name in ("cost", "score", "whole"))
        return float(np.mean(cost if column == "cost" else 1 - score / whole))

    def panel(column: str, title: str, y_label: str) -> atlas.BarPanel:
        groups = {"top": "best two", "random": "two others", "matching": "all that match", "as many": "as many others"}
        values = np.array([[mean(group, column, table) for group in groups] for table in tables])
        return atlas.BarPanel(list(groups.values()), [atlas.Bars("heads", values)], title=title, y_label=y_label)

    return atlas.bars(
        "removal",
        [
            panel("cost", "Loss where induction is possible", "nats a token"),
            panel("score", "In-context score lost", "share"),
        ],
        title="Without the heads that match prefixes",
        caption="Mean ablation after training: the best at matching prefixes, and all heads that pay more than half of "
        "their attention to what followed; others are drawn at random (mean over groups). Lines are 95 % intervals.",
        columns=2,
    )


def _chains(evidence: Evidence) -> Figure:
    tables = evidence.each("chains")
    lines = [
        atlas.line_of(tables, "Bayes (pairs)", "step", "bayes"),
        atlas.line_of(tables, "unigram", "step", "unigram"),
        atlas.line_of(tables, "unigram of another sequence", "step", "other", control=True),
    ]
    return atlas.curves(
        "chains",
        [atlas.Panel("KL divergence (nats)", lines, title="Distance from each answer")],
        title="On Markov chains: first unigrams, then pairs",
        caption="Mean over fresh sequences and positions of the divergence from each answer to the model's; bands are "
        "95 % intervals over seeds.",
        panel_height=260,
    )
