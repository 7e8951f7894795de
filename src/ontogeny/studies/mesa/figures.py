"""The report's figures, each drawn from one of the evidence's tables."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ontogeny import atlas
from ontogeny.atlas import Figure
from ontogeny.claims import Evidence
from ontogeny.instruments.probes import normalise

KINDS = {
    "trained": "trained",
    "corrected": "corrected descent (GD++)",
    "descent": "gradient descent",
    "untrained": "untrained",
}
LEARNERS = {"looped": "One layer, passed through again", "layers": "Layers of their own weights"}
ENDS = {"goal": "at the goal", "marker": "at the marker", "neither": "at neither"}
EDITS = {
    "goal": "goal, by probe",
    "marker": "marker, by probe",
    "random": "random",
    "goal moved": "goal moved",
    "marker moved": "marker moved",
    "both moved": "both moved",
}
PER_CENT = "training items with goal and marker apart, %"


def draw(evidence: Evidence) -> Sequence[Figure]:
    """All figures that the evidence has tables for."""
    if not evidence.seeds("main"):
        return []
    return [_layers(evidence), _pursuit(evidence), _probes(evidence), _edits(evidence)]


def _layers(evidence: Evidence) -> Figure:
    def panel(learner: str, title: str) -> atlas.Panel:
        tables = [table.filter(pc.field("learner") == learner) for table in evidence.each("layers")]
        lines = [
            atlas.line_of(
                [table.filter(pc.field("kind") == kind) for table in tables],
                label,
                "layer",
                "shown",
                control=kind in ("descent", "untrained"),
            )
            for kind, label in KINDS.items()
            if (learner, kind) != ("layers", "corrected")
        ]
        return atlas.Panel("half squared error", lines, title=title, y_scale="log", limits=(1e-3, 12.0))

    return atlas.curves(
        "layers",
        [panel(learner, title) for learner, title in LEARNERS.items()],
        title="The loss that is left on the examples shown, layer by layer",
        caption="Read out after every layer: each of the ten examples is asked for anew. Descent has one step a layer, "
        "tuned on other episodes for the whole depth; GD++ with a rate for each layer is off the chart on its way, as "
        "untrained models come to be. The looped layer is passed through more often than in training (4). Bands are "
        "95 % intervals over seeds.",
        x_label="layers, or steps, done",
        columns=2,
        panel_height=260,
    )


def _levels(tables: Sequence[pa.Table], name: str) -> list:
    """All widths, or all shares, ascending."""
    return sorted(set(tables[0][name].to_pylist()))


def _pursuit(evidence: Evidence) -> Figure:
    tables = evidence.each("pursuit")
    widths, shares = (_levels(tables, name) for name in ("width", "share"))

    def panel(width: int, items: str, title: str) -> atlas.Panel:
        lines = [
            atlas.Line(
                label,
                100 * np.array(shares),
                atlas.stacked(tables, end, width=width, items=items, source="trained"),
                end == "neither",
            )
            for end, label in ENDS.items()
        ]
        return atlas.Panel("share of items", lines, title=f"Width {width}: {title}", limits=(-0.02, 1.02))

    kinds = {"off corners": "goal off the corners", "another corner": "goal in another corner"}
    return atlas.curves(
        "pursuit",
        [panel(width, items, title) for items, title in kinds.items() for width in widths],
        title="Where agents go once goal and marker are apart",
        caption="Ends of greedy paths on new items, by the share of training items in which the two were apart "
        "already; the marker is always in a corner. Bands are 95 % intervals over seeds.",
        x_label=PER_CENT,
        columns=2,
        panel_height=220,
    )


def _probes(evidence: Evidence) -> Figure:
    tables = evidence.each("probes")
    widths, shares = (_levels(tables, name) for name in ("width", "share"))

    def read(table: pa.Table, width: int, thing: str, source: str, column: str) -> list[float]:
        found = []
        for share in shares:
            rows = table.filter(
                (pc.field("width") == width) & (pc.field("share") == share) & (pc.field("source") == source)
            ).to_pylist()
            scores = [normalise(row[column], row["majority"]) for row in rows if row["feature"].startswith(thing)]
            found.append(float(np.mean(scores)))
        return found

    def line(label: str, width: int, thing: str, source: str = "trained", column: str = "accuracy") -> atlas.Line:
        values = np.array([read(table, width, thing, source, column) for table in tables])
        return atlas.Line(label, 100 * np.array(shares), values, source == "untrained" or column == "control")

    return atlas.curves(
        "probes",
        [
            atlas.Panel(
                "normalised accuracy",
                [
                    line("goal", width, "goal"),
                    line("marker", width, "marker"),
                    line("goal, untrained net", width, "goal", source="untrained"),
                    line("goal, control task", width, "goal", column="control"),
                ],
                title=f"Width {width}",
                limits=(-0.15, 1.02),
            )
            for width in widths
        ],
        title="What can be read at the first step",
        caption="Linear probes of row and column at the position that emits the first operation, on items with goal "
        "and marker apart; 0 is the commonest answer. Bands are 95 % intervals over seeds.",
        x_label=PER_CENT,
        columns=2,
        panel_height=240,
    )


def _edits(evidence: Evidence) -> Figure:
    tables = evidence.each("edits")
    widths, shares = (_levels(tables, name) for name in ("width", "share"))
    width = widths[-1]

    def values(edit: str) -> np.ndarray:
        return np.concatenate(
            [atlas.stacked(tables, "turned", width=width, share=share, edit=edit) for share in shares], axis=1
        )

    return atlas.bars(
        "edits",
        [
            atlas.BarPanel(
                [f"{100 * share:g} % apart" for share in shares],
                [atlas.Bars(label, values(edit), edit == "random") for edit, label in EDITS.items()],
                y_label="first steps turned",
                limits=(0, 1.05),
            )
        ],
        title=f"What turns the first step (width {width})",
        caption="Items in which both lie to the same side; the state is changed at the position that acts, where all "
        "attention is done. By probe and random: all of one length. Moved: the state with goal, marker or both on the "
        "other side in its place. Lines are 95 % intervals over seeds.",
        panel_height=280,
    )
