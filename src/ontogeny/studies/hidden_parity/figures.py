"""The report's figures, each drawn from one of the evidence's tables."""

from collections.abc import Sequence

import numpy as np
import pyarrow.compute as pc

from ontogeny import atlas
from ontogeny.atlas import Figure
from ontogeny.claims import Evidence
from ontogeny.studies.hidden_parity.quantities import typical_times

KINDS = {"mlp": "perceptron", "neuron": "single sine neuron", "transformer": "transformer", "single bit": "one bit"}
BINS = 24


def draw(evidence: Evidence) -> Sequence[Figure]:
    """All figures that the evidence has tables for."""
    if not evidence.seeds("main"):
        return []
    return [_progress(evidence), _curves(evidence), _growth(evidence), _times(evidence), _leads(evidence)]


def _progress(evidence: Evidence) -> Figure:
    tables = evidence.each("progress")
    steps = tables[0]["step"].to_numpy()

    def line(label: str, column: str) -> atlas.Line:
        return atlas.Line(label, steps, atlas.stacked(tables, column))

    return atlas.curves(
        "progress",
        [
            atlas.Panel("Fourier gap", [line("weights moved", "gap")], title="Inside", levels=[atlas.Level("", 0.0)]),
            atlas.Panel("share right", [line("accuracy", "accuracy")], title="Outside", limits=(0.4, 1.0)),
        ],
        title="Inside, the hidden bits stand out before anything is seen outside",
        caption="One network a seed. The gap is above 0 once gradients have moved the weights of each hidden bit "
        "further than those of any other.",
    )


def _curves(evidence: Evidence) -> Figure:
    tables = evidence.each("curves")
    panels = []
    for kind, label in KINDS.items():
        rows = [table.filter(pc.field("kind") == kind) for table in tables]
        steps = rows[0]["step"].to_numpy()
        values = np.stack([row["accuracy"].to_numpy() for row in rows])
        panels.append(
            atlas.Panel(
                "share right",
                [atlas.Line(label, steps / steps[-1], values, kind == "single bit")],
                title=label,
                limits=(0.4, 1.0),
            )
        )
    return atlas.curves(
        "abrupt",
        panels,
        title="Parities are learned abruptly; a single bit is not",
        caption="Accuracy on fresh examples, one network a seed; bands are 95 % intervals over seeds.",
        x_label="share of training",
        columns=2,
    )


def _growth(evidence: Evidence) -> Figure:
    tables = evidence.each("times")
    lines = []
    for degree in sorted(set(tables[0].filter(pc.field("kind") == "mlp")["degree"].to_pylist())):
        found = [typical_times(table, degree) for table in tables]
        values = np.stack([times for _, times in found])
        lines.append(
            atlas.Line(f"parity of {degree}", np.array(found[0][0]), np.where(np.isfinite(values), values, np.nan))
        )
    return atlas.curves(
        "growth",
        [atlas.Panel("optimiser steps", lines, title="Steps until 95 % are right", y_scale="log")],
        title="How the time grows with the number of bits",
        caption="Median over the networks of a seed; bands are 95 % intervals over seeds. A gap: most do not learn.",
        x_label="bits",
        panel_height=230,
    )


def _times(evidence: Evidence) -> Figure:
    """Survival curves: the share of networks that do not know yet, beside a search without memory."""
    tables = [table.filter((pc.field("kind") == "mlp") & (pc.field("degree") == 3)) for table in evidence.each("times")]
    counts = {
        bits: sum(table["bits"].to_pylist().count(bits) for table in tables)
        for bits in set(tables[0]["bits"].to_pylist())
    }
    bits = max(counts, key=lambda size: counts[size])
    found = [table.filter(pc.field("bits") == bits)["knows"].to_numpy() for table in tables]
    found = [np.where(np.isfinite(times), times, np.inf) for times in found]
    mean = float(np.mean([np.mean(times[np.isfinite(times)]) for times in found]))
    grid = np.linspace(0, 3 * mean, 8 * BINS)
    left = np.stack([np.mean(times[:, None] > grid, axis=0) for times in found])
    search = np.exp(-grid / mean)[None]
    return atlas.curves(
        "times",
        [
            atlas.Panel(
                "share",
                [atlas.Line("networks", grid, left), atlas.Line("random search", grid, search, control=True)],
                title="Networks that have not learned yet",
                limits=(0, 1),
            )
        ],
        title="Not a random search",
        caption=f"Parities of 3 of {bits} bits. A search that tries sets at random, with the same mean, has no memory: "
        "its times are spread exponentially.",
    )


def _leads(evidence: Evidence) -> Figure:
    tables = evidence.each("leads")
    edges = np.linspace(-0.5, 1.0, BINS + 1)

    def histogram(column: str) -> np.ndarray:
        found = [table[column].to_numpy() for table in tables]
        found = [np.clip(values[np.isfinite(values)], edges[0], edges[-1]) for values in found]
        return np.stack(
            [np.histogram(values, edges)[0] / len(table) for values, table in zip(found, tables, strict=True)]
        )

    middles = (edges[1:] + edges[:-1]) / 2
    return atlas.curves(
        "leads",
        [
            atlas.Panel(
                "share of networks",
                [
                    atlas.Line("Fourier gap", middles, histogram("lead")),
                    atlas.Line("accuracy on other examples", middles, histogram("null"), control=True),
                ],
                title="Lead over accuracy",
            )
        ],
        title="By how much hidden progress leads",
        caption="Time between the two transitions as a share of the time until accuracy's, by network; those "
        "in which either curve has no clear transition are left out.",
        x_label="lead",
    )
