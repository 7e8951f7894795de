"""The report's figures, each drawn from one of the evidence's tables."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ontogeny import atlas
from ontogeny.atlas import Figure
from ontogeny.claims import Evidence
from ontogeny.studies.pfn.learners import TUNED
from ontogeny.studies.pfn.networks import VARIATIONAL
from ontogeny.studies.pfn.readings import NULL
from ontogeny.studies.pfn.tables import MODEL, PRIOR, REAL
from ontogeny.studies.pfn.timing import FORWARD, GRID, MEDIANS, OPTIMISED, SAMPLED

BAR = 0.05
"""Nats a point below which a model counts as exact."""


def draw(evidence: Evidence) -> Sequence[Figure]:
    """All figures that the evidence has tables for."""
    drawn = {
        "main": (_picture, _divergences, _course, _coverage, _times),
        "networks": (_networks, _network_times),
        "tables": (_tables,),
    }
    return [one(evidence) for arm, figures in drawn.items() if evidence.seeds(arm) for one in figures]


def _picture(evidence: Evidence) -> Figure:
    panels = []
    for seed, table in zip(evidence.seeds("main"), evidence.each("picture"), strict=True):
        curves = {kind: table.filter(pc.field("kind") == kind) for kind in ("exact", "trained", "example")}
        x, seen = curves["exact"]["x"].to_numpy(), curves["example"]

        def line(label: str, kind: str, column: str, curves: dict = curves, x: np.ndarray = x) -> atlas.Line:
            return atlas.Line(label, x, curves[kind][column].to_numpy()[None], kind == "exact")

        marks = [atlas.Mark("", at, np.nan, np.nan) for at in seen["x"].to_pylist()]
        lines = [
            line("exact mean", "exact", "mean"),
            line("exact 95 %", "exact", "low"),
            line("exact 95 %", "exact", "high"),
            line("model's mean", "trained", "mean"),
            line("model's 95 %", "trained", "low"),
            line("model's 95 %", "trained", "high"),
        ]
        panels.append(atlas.Panel("output", lines, title=f"Seed {seed}", marks=marks))
    return atlas.curves(
        "picture",
        panels,
        title="One data set: what Bayes' rule says, and what a forward pass says",
        caption="Six examples of a function never seen (where: vertical lines); means and central intervals of 95 % of "
        "the exact Gaussian process and of the trained model.",
        x_label="input",
        columns=min(3, len(panels)),
        panel_height=260,
    )


def _divergences(evidence: Evidence) -> Figure:
    known, unknown = evidence.each("known"), evidence.each("unknown")
    counts = known[0]["examples"].to_numpy()

    def line(tables: Sequence[pa.Table], label: str, column: str, control: bool = False) -> atlas.Line:
        return atlas.Line(label, counts, atlas.stacked(tables, column), control)

    bar = [atlas.Level(f"{BAR:g}", BAR)]
    return atlas.curves(
        "divergences",
        [
            atlas.Panel(
                "nats a point",
                [
                    line(known, "model", "trained"),
                    line(known, "best bars", "floor", True),
                    line(known, "untrained", NULL, True),
                ],
                title="Known kernel: divergence from the exact process",
                levels=bar,
                y_scale="log",
            ),
            atlas.Panel(
                "nats a point",
                [
                    line(unknown, "model", "trained"),
                    line(unknown, "most probable kernel", "most probable"),
                    line(unknown, "median kernel", "medians"),
                    line(unknown, "model of one kernel", "known"),
                    line(unknown, "untrained", NULL, True),
                ],
                title="Unknown kernel and noise: divergence from exact inference over both",
                levels=bar,
                y_scale="log",
            ),
        ],
        title="How far from Bayes' rule, by number of examples",
        caption="Kullback-Leibler divergence from the exact predictive; bands are 95 % intervals over seeds. Best "
        "bars: the exact probabilities of the model's buckets, the nearest that it could come.",
        x_label="examples shown",
        x_scale="log",
        panel_height=250,
    )


def _course(evidence: Evidence) -> Figure:
    tables = evidence.each("course")
    counts = [count for count in np.unique(tables[0]["examples"].to_numpy()).tolist() if count in (1, 5, 12, 20, 30)]
    steps = np.unique(tables[0]["step"].to_numpy())
    lines = [
        atlas.Line(
            f"{count} example{'s' * (count > 1)}",
            steps,
            atlas.stacked(tables, "divergence", examples=count),
            count == 1,
        )
        for count in counts
    ]
    return atlas.curves(
        "course",
        [atlas.Panel("nats a point", lines, levels=[atlas.Level(f"{BAR:g}", BAR)], limits=(0.005, 5.0), y_scale="log")],
        title="Over training the model comes to the exact process",
        caption="Divergence of the model of the known kernel from the exact process over training, on data sets never "
        "trained on.",
        panel_height=250,
    )


def _coverage(evidence: Evidence) -> Figure:
    tables = evidence.each("coverage")
    levels = tables[0]["level"].to_numpy()

    def line(label: str, column: str, control: bool = False) -> atlas.Line:
        return atlas.Line(label, levels, atlas.stacked(tables, column) - levels, control)

    return atlas.curves(
        "coverage",
        [
            atlas.Panel(
                "share held less share promised",
                [
                    line("model", "trained"),
                    line("exact process", "exact", True),
                    line("another's answer", "shuffled", True),
                ],
            )
        ],
        title="Intervals hold what they promise",
        caption="Share of outputs within central intervals of the model's densities, less what these promise, from 5 "
        "examples on. Control: the answer to another data set.",
        x_label="share promised",
        panel_height=230,
    )


def _times(evidence: Evidence) -> Figure:
    tables = evidence.each("times")

    def line(label: str, method: str, column: str, control: bool = False) -> atlas.Line:
        milliseconds = 1000 * atlas.stacked(tables, column, method=method).mean(axis=0)
        return atlas.Line(label, milliseconds, atlas.stacked(tables, "divergence", method=method), control)

    names = {
        FORWARD: "forward pass",
        OPTIMISED: "most probable",
        SAMPLED: "sampling",
        GRID: "grid",
        MEDIANS: "median kernel",
    }
    panels = [
        atlas.Panel(
            "nats a point",
            [line(label, method, column, method == MEDIANS) for method, label in names.items()],
            title=title,
            y_scale="log",
        )
        for column, title in (("seconds", "One data set at a time"), ("together", "All data sets at once"))
    ]
    return atlas.curves(
        "times",
        panels,
        title="Time and accuracy of inference over an unknown kernel",
        caption="Processor time of one core a data set of 20 examples (mean over seeds), and the divergence from exact "
        "inference. Sampling and grid at several budgets.",
        x_label="milliseconds a data set",
        x_scale="log",
        columns=2,
        panel_height=300,
    )


def _networks(evidence: Evidence) -> Figure:
    tables = evidence.each("networks", "networks")
    counts, chains = tables[0]["examples"].to_numpy(), atlas.stacked(tables, SAMPLED)
    lines = [
        atlas.Line(label, counts, chains - atlas.stacked(tables, column))
        for label, column in (("model", "trained"), ("variational", VARIATIONAL))
    ]
    return atlas.curves(
        "networks",
        [atlas.Panel("nats a point", lines, levels=[atlas.Level("0", 0.0), atlas.Level(f"{BAR:g}", BAR)])],
        title="Bayesian networks: what a forward pass loses beside Monte Carlo over the weights",
        caption="Mean log likelihood of outputs not shown under long chains, less that under the model and under the "
        "longest variational inference.",
        x_label="examples shown",
        panel_height=250,
    )


def _network_times(evidence: Evidence) -> Figure:
    tables = evidence.each("network_times", "networks")
    longest = atlas.stacked(tables, "likelihood", method=SAMPLED)[:, -1:]
    names = {FORWARD: "forward pass", SAMPLED: "Monte Carlo", VARIATIONAL: "variational"}

    def line(method: str, label: str) -> atlas.Line:
        milliseconds = 1000 * atlas.stacked(tables, "seconds", method=method).mean(axis=0)
        return atlas.Line(label, milliseconds, longest - atlas.stacked(tables, "likelihood", method=method))

    return atlas.curves(
        "network_times",
        [atlas.Panel("nats a point", [line(*each) for each in names.items()], levels=[atlas.Level("0", 0.0)])],
        title="Time and likelihood of inference over the weights of networks",
        caption="Processor time of one core for a data set of 20 examples (mean over seeds), and by how much the mean "
        "log likelihood of outputs not shown falls short of the longest chain's. Chains and fits of several lengths.",
        x_label="milliseconds a data set",
        x_scale="log",
        panel_height=270,
    )


def _tables(evidence: Evidence) -> Figure:
    tables, likely = (evidence.each(name, "tables") for name in ("tables", "likely_learners"))
    names = {name: name.replace("_", " ") for name in REAL} | {PRIOR: "tables of the prior"}

    def series(learner: str, column: str, tables: Sequence[pa.Table] = tables, control: bool = False) -> atlas.Bars:
        values = [atlas.stacked(tables, column, table=name, learner=learner)[:, 0] for name in names]
        return atlas.Bars(learner, np.stack(values, axis=1), control)

    panels = [
        atlas.BarPanel(
            list(names.values()),
            [
                series(MODEL, column),
                *(series(learner, column, tuned) for learner in TUNED),
                series(NULL, column, control=True),
            ],
            title=title,
            y_label=unit,
        )
        for column, tuned, title, unit in (
            ("accuracy", tables, "Right answers", "share"),
            ("likelihood", likely, "Log likelihood of what was right", "nats an answer"),
        )
    ]
    return atlas.bars(
        "tables",
        panels,
        title="Small tables: the model beside tuned learners",
        caption="30 rows are given, 40 asked for, of the model in two forward passes. Learners are tuned by cross "
        "validation over the rows given, for right answers in one panel and for likelihood in the other, the "
        "process's kernel by its likelihood.",
    )
