"""The report's figures, each drawn from one of the evidence's tables."""

from collections.abc import Sequence

import numpy as np
import pyarrow.compute as pc

from ontogeny import atlas
from ontogeny.atlas import Figure
from ontogeny.claims import Evidence

NAMES = {
    "hidden_parity": "Parities",
    "emergent_semantics": "Karel programs",
    "induction": "Induction heads",
    "previous_token": "Previous-token heads",
    "lego": "Chains",
}
CURVES = {"hidden": "inside", "visible": "behaviour", "again": "behaviour, read again"}


def draw(evidence: Evidence) -> Sequence[Figure]:
    """All figures that the evidence has tables for."""
    if not evidence.seeds("main"):
        return []
    return [_leads(evidence), _curves(evidence)]


def _read(evidence: Evidence) -> str:
    """At which preset the other studies' evidence was read: at smoke it is that of laptop."""
    settings = evidence.record.get("settings", {}).get("main", {})
    return f"Read from the studies' evidence at {settings.get('preset', evidence.preset)}."


def _leads(evidence: Evidence) -> Figure:
    table, seeds = evidence.tables["leads"], evidence.seeds("main")
    sources = [name for name in NAMES if name in table["source"].to_pylist()]

    def values(what: str, column: str) -> np.ndarray:
        found = np.full((len(seeds), len(sources)), np.nan)
        for row in table.filter(pc.field("what") == what).to_pylist():
            found[seeds.index(row["seed"]), sources.index(row["source"])] = row[column]
        return found

    def panel(column: str, title: str) -> atlas.BarPanel:
        series = [atlas.Bars(CURVES[what], values(what, column), what == "again") for what in ("hidden", "again")]
        groups = [NAMES[name] for name in sources]
        return atlas.BarPanel(groups, series, title, "share of the time", [atlas.Level("", 0.0)])

    return atlas.bars(
        "leads",
        [panel("half", "Half of the way"), panel("transition", "The one transition")],
        title="How long before behaviour the inside moves",
        caption="As a share of the time until behaviour; intervals are 95 % over seeds. The control is behaviour by "
        "another reading (the loss; held-out examples; the in-context score). A gap: a curve has no transition; chains "
        f"are learned after recall in some seeds only. {_read(evidence)}",
    )


def _curves(evidence: Evidence) -> Figure:
    tables, panels = evidence.each("curves"), []
    for source, title in NAMES.items():
        each = [table.filter(pc.field("source") == source) for table in tables]
        each = [one for one in each if len(one)]
        if each:
            steps = each[0]["step"].to_numpy()
            lines = [
                atlas.Line(label, steps / steps[-1], np.stack([one[name].to_numpy() for one in each]), name == "again")
                for name, label in CURVES.items()
            ]
            panels.append(atlas.Panel("share of its way", lines, title=title, limits=(-0.25, 1.25)))
    return atlas.curves(
        "curves",
        panels,
        title="The inside and behaviour over training",
        caption="Every curve runs from 0 at its start to 1 at its end; bands are 95 % intervals over seeds. "
        f"{_read(evidence)}",
        x_label="share of training",
        columns=2,
        panel_height=230,
    )
