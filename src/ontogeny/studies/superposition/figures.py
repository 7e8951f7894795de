"""The report's figures, each drawn from one or two of the evidence's tables."""

from collections.abc import Sequence

import numpy as np
import pyarrow.compute as pc

from ontogeny import atlas
from ontogeny.atlas import Figure
from ontogeny.claims import Evidence
from ontogeny.instruments import POLYTOPES

BINS = 60
OUTCOMES = (0.0, 2.0, 1.0, np.nan)
"""What is drawn for each strategy of the table, so that what is more important has the larger number."""
KEY = "0 second dropped, 1 both kept, 2 first dropped"


def draw(evidence: Evidence) -> Sequence[Figure]:
    """All figures that the evidence has tables for."""
    if not evidence.seeds("main"):
        return []
    return [_counts(evidence), _phases(evidence), _dimensions(evidence), _prices(evidence), _absolute(evidence)]


def _line(evidence: Evidence, table: str, label: str, column: str, *, control: bool = False) -> atlas.Line:
    """A column over the densities, as one over the density."""
    tables = evidence.each(table)
    values = np.stack([rows[column].to_numpy().astype(float) for rows in tables])
    return atlas.Line(label, 1 / tables[0]["density"].to_numpy(), values, control=control)


def _counts(evidence: Evidence) -> Figure:
    lines = [
        _line(evidence, "counts", "with relu", "features"),
        _line(evidence, "linear", "linear", "features", control=True),
    ]
    panel = atlas.Panel("features held", lines, title="Features in two dimensions", limits=(0, 5.2))
    return atlas.curves(
        "counts",
        [panel],
        title="Sparse features share dimensions",
        caption="Five features of falling importance in two dimensions; a feature is held if its direction is longer "
        "than 0.5. Bands are 95 % intervals over seeds.",
        x_label="1 / density (sparser to the right)",
        x_scale="log",
        panel_height=220,
    )


def _phases(evidence: Evidence) -> Figure:
    tables = evidence.each("phases")
    rows = np.unique(tables[0]["importance"].to_numpy())[::-1]
    columns = np.unique(tables[0]["density"].to_numpy())[::-1]

    def grid(column: str) -> np.ndarray:
        seeds = np.zeros((len(rows), len(columns), len(OUTCOMES)))
        for table in tables:
            for row in table.to_pylist():
                place = np.searchsorted(-rows, -row["importance"]), np.searchsorted(-columns, -row["density"])
                seeds[(*place, row[column])] += 1
        return np.array(OUTCOMES)[seeds.argmax(axis=2)]

    names = [f"{value:.2g}" for value in rows], [f"{value:.2g}" for value in columns]
    return atlas.heat_map(
        "phases",
        [
            atlas.HeatPanel(grid("strategy"), *names, f"Trained: {KEY}"),
            atlas.HeatPanel(grid("theory"), *names, f"Least exact loss: {KEY}"),
        ],
        title="Where the second feature is dropped, shares the dimension, or takes it",
        caption="0: the second feature is dropped; 1: both are kept, in opposite directions; 2: the second takes the "
        "dimension, and the first is dropped. What most seeds end in (a dash: both in the same direction); below, what "
        "has the least exact loss.",
        x_label="density",
        y_label="importance of the second",
        limits=(0, 2),
        digits=0,
        columns=1,
    )


def _dimensions(evidence: Evidence) -> Figure:
    edges = np.linspace(0, 1.02, BINS + 1)
    tables = evidence.each("dimensions")
    shares = np.stack([np.histogram(table["dimensions"].to_numpy(), edges)[0] / len(table) for table in tables])
    marks = [atlas.Mark(str(fraction), float(fraction), float("nan"), float("nan")) for fraction in sorted(POLYTOPES)]
    line = atlas.Line("share", (edges[1:] + edges[:-1]) / 2, shares)
    return atlas.curves(
        "dimensions",
        [atlas.Panel("share of features", [line], marks=marks)],
        title="Dimensions a feature has",
        caption="All features of all densities; marked are the fractions of regular arrangements. Bands are 95 % "
        "intervals over seeds.",
        x_label="dimensions a feature",
        panel_height=230,
    )


def _prices(evidence: Evidence) -> Figure:
    panels = [
        atlas.Panel("features", [_line(evidence, "prices", "features", "per_dimension")], title="Features a dimension"),
        atlas.Panel(
            "loss added", [_line(evidence, "prices", "loss added", "vulnerability")], title="Under adversarial changes"
        ),
    ]
    return atlas.curves(
        "prices",
        panels,
        title="Superposition is paid for in robustness",
        caption="Left: squared length of all directions a dimension. Right: what the worst change of length 0.1 that "
        "was found adds to the loss, on the same inputs for all models.",
        x_label="1 / density (sparser to the right)",
        x_scale="log",
        columns=2,
    )


def _absolute(evidence: Evidence) -> Figure:
    tables = [table.filter(pc.field("trained")) for table in evidence.each("absolute")]
    x = 1 / tables[0]["density"].to_numpy()

    def panel(label: str, column: str, title: str) -> atlas.Panel:
        values = np.stack([table[column].to_numpy().astype(float) for table in tables])
        return atlas.Panel(label, [atlas.Line(label, x, values)], title=title)

    return atlas.curves(
        "absolute",
        [
            panel("features", "served", "Features a neuron serves"),
            panel("absolute values", "computed", "Absolute values computed"),
        ],
        title="Computing in superposition",
        caption="Models that give the absolute values of their features; bands are 95 % intervals over seeds.",
        x_label="1 / density (sparser to the right)",
        x_scale="log",
        columns=2,
    )
