"""The report's figures, each drawn from one of the evidence's tables."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float

from ontogeny import atlas
from ontogeny.atlas import Figure
from ontogeny.claims import Evidence
from ontogeny.studies.deep_linear.quantities import grid

LEVELS = ("all items", "two branches", "four branches", "single items", "finer still", "finest")


def draw(evidence: Evidence) -> Sequence[Figure]:
    """All figures that the evidence has tables for."""
    if not evidence.seeds("main"):
        return []
    return [_modes(evidence), _halves(evidence), _differentiation(evidence), _depths(evidence), _coverage(evidence)]


def _modes(evidence: Evidence) -> Figure:
    tables = evidence.each("modes")
    steps = np.unique(tables[0]["step"].to_numpy())
    measured, theory = (
        np.stack([grid(table, column, "mode", "model", "step").mean(axis=1) for table in tables])
        for column in ("measured", "theory")
    )  # [seed mode step]
    strengths = grid(tables[0].filter(pc.field("step") == 0), "strength", "mode", "model")[:, 0]
    measured, theory = (curves / strengths[:, None] for curves in (measured, theory))
    shown = range(0, len(strengths), 2)
    panels = [
        atlas.Panel(
            "share learned",
            [
                atlas.Line("closed form", steps, theory[:, mode], control=True),
                atlas.Line("networks", steps, measured[:, mode]),
            ],
            title=f"singular value {strengths[mode]:g}",
            limits=(0, 1.05),
        )
        for mode in shown
    ]
    return atlas.curves(
        "modes",
        panels,
        title="Each mode rises when the solution says it does",
        caption="Mean over the networks of a seed; bands are 95 % intervals over seeds. The closed form starts from "
        "each network's initial weights; nothing is fitted.",
        columns=2,
    )


def _halves(evidence: Evidence) -> Figure:
    tables = [table.filter(pc.field("step") == 0) for table in evidence.each("modes")]
    inverse = 1 / grid(tables[0], "strength", "mode", "model")[:, 0]

    def line(label: str, column: str, control: bool) -> atlas.Line:
        values = np.stack([grid(table, column, "mode", "model").mean(axis=1) for table in tables])
        return atlas.Line(label, inverse, values, control=control)

    return atlas.curves(
        "halves",
        [
            atlas.Panel(
                "optimiser steps",
                [line("measured", "half", False), line("closed form", "predicted half", True)],
                title="Steps until a mode is half learned",
            )
        ],
        title="Half-times go as one over the singular value",
        caption="Mean over the networks of a seed; bands are 95 % intervals over seeds.",
        x_label="1 / singular value",
    )


def _differentiation(evidence: Evidence) -> Figure:
    tables = evidence.each("differentiation")
    steps = np.unique(tables[0]["step"].to_numpy())
    panels = []
    for network in ("linear", "relu"):
        rows = [table.filter(pc.field("network") == network) for table in tables]
        shares: Float[np.ndarray, "seed level step"] = np.stack(
            [grid(table, "share", "level", "step") for table in rows]
        )
        lines = [atlas.Line(LEVELS[level], steps, shares[:, level]) for level in range(shares.shape[1])]
        panels.append(atlas.Panel("share learned", lines, title=f"{network} units"))
    return atlas.curves(
        "differentiation",
        panels,
        title="Broad distinctions before fine ones",
        caption="How far a network tells apart what lies on different branches of the tree, level by level: 1 is as "
        "far as the task asks. Bands are 95 % intervals over seeds.",
        columns=2,
        panel_height=230,
    )


def _depths(evidence: Evidence) -> Figure:
    tables = evidence.each("depths")
    layers = np.unique(tables[0]["layers"].to_numpy())
    lines = []
    for initial, label in (("orthogonal", "orthogonal"), ("normal", "scaled Gaussian")):
        rows = [table.filter(pc.field("initial") == initial).sort_by("layers")["steps"].to_numpy() for table in tables]
        values = np.stack(rows)
        lines.append(atlas.Line(label, layers, np.where(np.isfinite(values), values, np.nan), initial == "normal"))
    return atlas.curves(
        "depths",
        [atlas.Panel("optimiser steps", lines, title="Steps until 99 % of the loss is gone", y_scale="log")],
        title="What depth costs",
        caption="The fewest steps over all learning rates tried. A gap: not learned within the budget at any rate.",
        x_label="weight layers",
    )


def _coverage(evidence: Evidence) -> Figure:
    tables = evidence.each("calibration")
    noises = np.unique(tables[0]["noise"].to_numpy())

    def share(table: pa.Table, noise: float) -> float:
        rows = table.filter(pc.field("noise") == noise)
        low, high, truth = (rows[name].to_numpy() for name in ("low", "high", "truth"))
        return float(np.mean((low <= truth) & (truth <= high)))

    values = np.array([[share(table, noise) for noise in noises] for table in tables])
    return atlas.bars(
        "coverage",
        [
            atlas.BarPanel(
                [f"noise {noise:g}" for noise in noises],
                [atlas.Bars("intervals that hold the known half-time", values)],
                y_label="share",
                levels=[atlas.Level("promised", 0.95)],
                limits=(0, 1),
            )
        ],
        title="How often the change-point detector is right",
        caption="Noisy readings of every mode of every network; noise as a share of the mode's strength.",
    )
