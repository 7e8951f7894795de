"""Numbers in a grid: probe accuracy by offset and layer, arms by feature."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Real

from ontogeny.atlas.drawing import SMALL_TEXT, WIDTH, Limits, canvas, finish, wrap, wrapped_ticks
from ontogeny.atlas.figure import Figure
from ontogeny.atlas.theme import LIGHT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NARROWEST_CELL = 34.0


@dataclass(frozen=True)
class HeatPanel:
    """One grid of numbers, the first row on top; NaN is drawn as an empty cell with a dash."""

    values: Real[np.ndarray, "row column"]
    rows: Sequence[str]
    columns: Sequence[str]
    title: str = ""


def heat_map(
    identifier: str,
    panels: Sequence[HeatPanel],
    *,
    title: str,
    caption: str,
    x_label: str = "",
    y_label: str = "",
    limits: Limits = (0.0, 1.0),
    digits: int = 2,
    columns: int = 2,
) -> Figure:
    """Every value as a number on a colour between `limits` (the stronger the higher; values beyond take the end's)."""
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    cell = 30
    height = rows * (cell * max(len(panel.rows) for panel in panels) + 26 + 22) + 24
    tallest = max(len(part) for panel in panels for part in panel.columns)
    with canvas(identifier, height + 13 * (tallest // 8)) as figure:
        grid = figure.subplots(rows, columns, squeeze=False)
        for place, axes in enumerate(grid.flat):
            if place >= len(panels):
                axes.set_visible(False)
                continue
            panel = panels[place]
            left = 7 * max(len(name) for name in panel.rows)
            room = max(NARROWEST_CELL, (WIDTH / columns - left - 30) / max(1, len(panel.columns)))
            _draw_cells(axes, panel, limits, digits, small=room < 44)
            wrapped_ticks(axes, panel.columns, room)
            if place % columns == 0:
                axes.set_ylabel("\n".join(wrap(y_label, max(8, int(cell * len(panel.rows) / 7)))))
        if x_label:
            figure.supxlabel(x_label, fontsize=12, color=LIGHT["ink"])
        return finish(figure, identifier, title, caption)


def _draw_cells(axes: "Axes", panel: HeatPanel, limits: Limits, digits: int, *, small: bool) -> None:
    from matplotlib.patches import Rectangle

    values = np.asarray(panel.values, dtype=float)
    if values.shape != (len(panel.rows), len(panel.columns)):
        expected = f"{len(panel.rows)} rows and {len(panel.columns)} columns are named"
        raise ValueError(f"heat map {panel.title!r}: values of shape {values.shape}, but {expected}")
    low, high = map(float, limits)
    look: dict[str, Any] = {"ha": "center", "va": "center_baseline", "fontsize": SMALL_TEXT - small}
    for (row, column), value in np.ndenumerate(values):
        if not np.isfinite(value):
            axes.text(column, row, "\N{EN DASH}", color=LIGHT["quiet"], **look)
            continue
        # One colour laid over the page ever more strongly: the scale turns with the theme by itself.
        part = float(np.clip((value - low) / (high - low), 0, 1))
        place = (column - 0.48, row - 0.46)
        axes.add_patch(Rectangle(place, 0.96, 0.92, facecolor=LIGHT["series-1"], alpha=0.05 + 0.95 * part, linewidth=0))
        text = f"{value:.{digits}f}".replace("-", "\N{MINUS SIGN}")
        axes.text(column, row, text, color=LIGHT["paper" if part > 0.6 else "ink"], **look)
    axes.set(xlim=(-0.5, len(panel.columns) - 0.5), ylim=(len(panel.rows) - 0.5, -0.5))
    axes.set_title(panel.title)
    axes.set_yticks(range(len(panel.rows)), panel.rows)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
