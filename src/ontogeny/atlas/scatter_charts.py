"""One quantity against another over checkpoints, coloured by training step."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Real

from ontogeny.atlas.drawing import SMALL_TEXT, canvas, finish, tick_labels
from ontogeny.atlas.figure import Figure
from ontogeny.atlas.theme import LIGHT, MARKERS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SWATCHES = 24


@dataclass(frozen=True)
class Points:
    """The checkpoints of one seed: where each lies, and at which optimiser step it was taken."""

    label: str
    x: Real[np.ndarray, "checkpoint"]
    y: Real[np.ndarray, "checkpoint"]
    step: Real[np.ndarray, "checkpoint"]


@dataclass(frozen=True)
class ScatterPanel:
    """Points of several seeds; `note` (a coefficient of determination, say) is written in the corner."""

    points: Sequence[Points]
    title: str = ""
    note: str = ""


def scatter(
    identifier: str,
    panels: Sequence[ScatterPanel],
    *,
    title: str,
    caption: str,
    x_label: str,
    y_label: str,
    columns: int = 2,
) -> Figure:
    """Points coloured by step (dark early, light late), one marker shape a seed, joined in order of training."""
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    steps = np.concatenate([np.asarray(points.step, dtype=float) for panel in panels for points in panel.points])
    low, high = float(steps.min()), float(steps.max())
    with canvas(identifier, rows * (400 if columns == 1 else 320) + 30) as figure:
        grid = figure.add_gridspec(rows, columns + 1, width_ratios=[1.0] * columns + [0.035])
        first: Axes | None = None
        for place, panel in enumerate(panels):
            axes = figure.add_subplot(grid[place // columns, place % columns], sharex=first, sharey=first)
            first = first or axes
            _draw_points(axes, panel, low, high)
            if place % columns == 0:
                axes.set_ylabel(y_label)
            else:
                axes.tick_params(labelleft=False)
            if place + columns >= len(panels):
                axes.set_xlabel(x_label)
            else:
                axes.tick_params(labelbottom=False)
        _draw_scale(figure.add_subplot(grid[:, columns]), low, high)
        return finish(figure, identifier, title, caption)


def _colours(parts: Real[np.ndarray, "point"]) -> list[str]:
    """Places in [0, 1] as colours, from the part of a perceptually even map that shows on light and on dark."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    return [to_hex(colour) for colour in colormaps["viridis"](0.08 + 0.84 * np.asarray(parts))]


def _draw_points(axes: "Axes", panel: ScatterPanel, low: float, high: float) -> None:
    axes.set_title(panel.title)
    axes.grid(visible=True, axis="both")
    for index, points in enumerate(panel.points):
        order = np.argsort(points.step, kind="stable")
        x, y = np.asarray(points.x, dtype=float)[order], np.asarray(points.y, dtype=float)[order]
        parts = (np.asarray(points.step, dtype=float)[order] - low) / ((high - low) or 1.0)
        axes.plot(x, y, color=LIGHT["edge"], linewidth=1, zorder=2)
        marker = MARKERS[index % len(MARKERS)]
        look: dict[str, Any] = {"marker": marker, "s": 46, "edgecolors": LIGHT["quiet"], "linewidths": 0.7}
        axes.scatter(x, y, c=_colours(parts), zorder=3, **look)
        axes.scatter([], [], c=LIGHT["quiet"], label=points.label, marker=marker, s=40)
    if len(panel.points) > 1:
        axes.legend(loc="lower right", fontsize=SMALL_TEXT, handletextpad=0.2)
    if panel.note:
        axes.text(0.03, 0.97, panel.note, transform=axes.transAxes, va="top", fontsize=SMALL_TEXT, weight="bold")
    tick_labels(axes)


def _draw_scale(axes: "Axes", low: float, high: float) -> None:
    """The colours of the steps as a bar of swatches (matplotlib's own colour bar would embed an image)."""
    edges = np.linspace(low, high if high > low else low + 1.0, SWATCHES + 1)
    heights = np.diff(edges)
    # each swatch reaches under the next, so that no seam shows between them
    axes.bar(0, heights * 1.3, bottom=edges[:-1], width=1, color=_colours(np.linspace(0, 1, SWATCHES)), linewidth=0)
    axes.set(xlim=(-0.5, 0.5), ylim=(edges[0], edges[-1]), xticks=[])
    axes.set_title("step", fontsize=SMALL_TEXT, weight="normal", color=LIGHT["quiet"])
    axes.yaxis.tick_right()
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    tick_labels(axes, x=False)
