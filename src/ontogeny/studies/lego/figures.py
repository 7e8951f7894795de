"""The report's figures, each drawn from one of the evidence's tables."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ontogeny import atlas
from ontogeny.atlas import Figure
from ontogeny.claims import Evidence
from ontogeny.studies.lego.quantities import rows_of
from ontogeny.studies.lego.settings import FURTHER, WHOLE

CHANCE = 0.5
"""There are two values."""


def draw(evidence: Evidence) -> Sequence[Figure]:
    """All figures that the evidence has tables for."""
    if not evidence.seeds("main"):
        return []
    return [_lengths(evidence), _course(evidence), _removal(evidence), _shortcut(evidence)]


def _of(evidence: Evidence, table: str, learner: str) -> list[pa.Table]:
    """A learner's rows in each seed, from the first chain on."""
    return [rows_of(rows, learner).filter(pc.field("step") >= 0) for rows in evidence.each(table)]


def _lengths(evidence: Evidence) -> Figure:
    final = {
        learner: [rows.filter(pc.field("step") == pc.max(rows["step"])) for rows in _of(evidence, "depths", learner)]
        for learner in FURTHER
    }
    lines = [atlas.line_of(tables, learner, "depth", "accuracy") for learner, tables in final.items()]
    told = np.flatnonzero(final["mimicked"][0]["told"].to_numpy(zero_copy_only=False))[-1]
    return atlas.curves(
        "lengths",
        [
            atlas.Panel(
                "share right",
                lines,
                limits=(0.35, 1.02),
                levels=[atlas.Level("guessing", CHANCE)],
                marks=[atlas.Mark("told up to here", told, np.nan, np.nan)],
            )
        ],
        title="How far along the chain",
        caption="Accuracy of the variables' values after training, by their place in the chain. Bands are 95 % "
        "intervals over seeds.",
        x_label="place in the chain (0 is the root)",
        panel_height=280,
    )


def _course(evidence: Evidence) -> Figure:
    def panel(column: str, title: str, y_label: str, limits: tuple[float, float]) -> atlas.Panel:
        lines = [atlas.line_of(_of(evidence, "course", learner), learner, "step", column) for learner in FURTHER]
        levels = [atlas.Level("guessing", CHANCE)] if y_label == "share right" else []
        return atlas.Panel(y_label, lines, title=title, limits=limits, levels=levels)

    return atlas.curves(
        "course",
        [
            panel("learned", "Values that are told", "share right", (0.35, 1.02)),
            panel("further", "Values further along the chain", "share right", (0.35, 1.02)),
            panel("association", "Highest association score", "attention", (0, 1)),
            panel("clause", "Highest score within clauses", "attention", (0, 1)),
        ],
        title="Accuracy and heads over training",
        caption="On the same fresh texts throughout; steps count from the first chain. Association: attention on the "
        "same letter elsewhere. Bands are 95 % intervals over seeds.",
        columns=2,
        panel_height=220,
    )


def _removal(evidence: Evidence) -> Figure:
    tables = evidence.each("ablations")

    def panel(column: str, title: str, y_label: str) -> atlas.BarPanel:
        groups = {"association": "association heads", "random": "as many others"}
        values = np.array(
            [[table.filter(pc.field("group") == name)[column].to_numpy().mean() for name in groups] for table in tables]
        )
        return atlas.BarPanel(list(groups.values()), [atlas.Bars("heads", values)], title=title, y_label=y_label)

    return atlas.bars(
        "removal",
        [panel("cost", "Loss added", "nats a value"), panel("accuracy", "Accuracy left", "share right")],
        title="Without the heads that look at the same letter",
        caption="Mean ablation after training of the learner that mimics; others are drawn at random (mean over "
        "groups). Lines are 95 % intervals over seeds.",
        columns=2,
    )


def _shortcut(evidence: Evidence) -> Figure:
    labels = {"untouched": "as it was", "same": "swapped, value the same", "changed": "swapped, value another"}

    def panel(learner: str, title: str) -> atlas.Panel:
        tables = _of(evidence, "swaps", learner)
        lines = [
            atlas.line_of(tables, label, "step", column, control=column == "untouched")
            for column, label in labels.items()
        ]
        return atlas.Panel(
            "share right", lines, title=title, limits=(0, 1.02), levels=[atlas.Level("guessing", CHANCE)]
        )

    titles = ("Told whole chains", "Told whole chains among decoys")
    return atlas.curves(
        "shortcut",
        [panel(learner, title) for learner, title in zip(WHOLE, titles, strict=True)],
        title="Signs or chain: what the last answer follows",
        caption="Accuracy of the last variable's value. What its clause refers to is swapped for another variable, all "
        "signs stay: whoever counts signs gives the old answer. Bands are 95 % intervals over seeds.",
        columns=2,
        panel_height=240,
    )
