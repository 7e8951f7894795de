"""Grouped bars with intervals over seeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Real

from ontogeny.atlas.drawing import (
    WIDTH,
    Level,
    Limits,
    canvas,
    draw_level,
    finish,
    legend,
    spread,
    tick_labels,
    wrapped_ticks,
)
from ontogeny.atlas.figure import Figure
from ontogeny.atlas.theme import LIGHT, SERIES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: How strongly the bars of each series are filled inside their outline: series differ without colour too.
FILLS = (1.0, 0.45, 0.1, 0.75, 0.25, 0.6)


@dataclass(frozen=True)
class Bars:
    """The bars of one series: a value for each seed in each group; NaN leaves a bar out. A `control` is grey."""

    label: str
    values: Real[np.ndarray, "seed group"]
    control: bool = False


@dataclass(frozen=True)
class BarPanel:
    """Groups of bars that share a pair of axes."""

    groups: Sequence[str]
    series: Sequence[Bars]
    title: str = ""
    y_label: str = ""
    levels: Sequence[Level] = ()
    limits: Limits | None = None


def bars(
    identifier: str,
    panels: Sequence[BarPanel],
    *,
    title: str,
    caption: str,
    columns: int = 1,
    panel_height: float = 210,
) -> Figure:
    """Mean over seeds as bar, the 95 % t interval as line, each seed as a dot; long group names are wrapped."""
    rows = -(-len(panels) // columns)
    labels = list(dict.fromkeys(series.label for panel in panels for series in panel.series))
    with canvas(identifier, rows * panel_height + 34 * (len(labels) > 1)) as figure:
        grid = figure.subplots(rows, columns, squeeze=False)
        handles: dict[str, Any] = {}
        for place, axes in enumerate(grid.flat):
            if place >= len(panels):
                axes.set_visible(False)
                continue
            handles.update(_draw_panel(axes, panels[place], labels, WIDTH / columns * 0.88))
        legend(figure, list(handles.values()), list(handles))
        return finish(figure, identifier, title, caption)


def _draw_panel(axes: "Axes", panel: BarPanel, labels: Sequence[str], width: float) -> dict[str, Any]:
    handles: dict[str, Any] = {}
    each = 0.8 / max(1, len(panel.series))
    for number, series in enumerate(panel.series):
        values = np.atleast_2d(np.asarray(series.values, dtype=float))
        if values.shape[1] != len(panel.groups):
            raise ValueError(f"bars {series.label!r}: values of shape {values.shape} for {len(panel.groups)} groups")
        x = np.arange(len(panel.groups)) + (number - (len(panel.series) - 1) / 2) * each
        handles[series.label] = _draw_series(axes, x, each, values, labels.index(series.label), series.control)
    axes.set_title(panel.title)
    axes.set_ylabel(panel.y_label)
    axes.axhline(0, color=LIGHT["edge"], linewidth=1)
    for level in panel.levels:
        draw_level(axes, level)
    if panel.limits is not None:
        axes.set_ylim(*map(float, panel.limits))
    axes.set_xlim(-0.55, len(panel.groups) - 0.45)
    tick_labels(axes, x=False)
    wrapped_ticks(axes, panel.groups, width / max(1, len(panel.groups)))
    return handles


def _draw_series(axes: "Axes", x: Any, width: float, values: Any, index: int, control: bool) -> Any:
    from matplotlib.colors import to_rgba

    mean, low, high = spread(values)
    colour = LIGHT["control"] if control else SERIES[index % len(SERIES)]
    shown = np.isfinite(mean)
    look: dict[str, Any] = {"color": to_rgba(colour, FILLS[index % len(FILLS)]), "edgecolor": colour}
    axes.bar(x[shown], mean[shown], width * 0.86, color=LIGHT["paper"], linewidth=0, zorder=1.9)  # hides the grid lines
    handle = axes.bar(x[shown], mean[shown], width * 0.86, linewidth=1.2, zorder=2, **look)
    sure = shown & np.isfinite(low)
    axes.vlines(x[sure], low[sure], high[sure], color=LIGHT["ink"], linewidth=1.6, zorder=4)
    if len(values) > 1:
        every = np.linspace(-0.18, 0.18, len(values))[:, None] * width + x[None, :]
        dots: dict[str, Any] = {"s": 9, "color": LIGHT["paper"], "edgecolors": LIGHT["ink"], "linewidths": 0.8}
        axes.scatter(every.ravel(), values.ravel(), zorder=5, **dots)
    return handle
