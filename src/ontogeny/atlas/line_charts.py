"""Lines over training, over doses, over anything: means and intervals over seeds, with change points."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, SupportsFloat

import numpy as np
from jaxtyping import Real

from ontogeny.atlas.drawing import (
    SMALL_TEXT,
    WIDTH,
    Level,
    Limits,
    canvas,
    draw_level,
    finish,
    legend,
    series_style,
    spread,
    tick_labels,
    wrap,
)
from ontogeny.atlas.figure import Figure
from ontogeny.atlas.theme import LIGHT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Lines with at most this many points show each of them; longer ones carry a few markers.
FEW_POINTS = 12
LABEL_ROW = 15
LABEL_WIDTH = 22

ENOUGH = 9.0
"""Pixels between a level's name and the nearest line."""
LETTER = 6.2
"""Pixels, on average."""


@dataclass(frozen=True)
class Line:
    """One series: a value for each seed at each `x`; a value that is not a number is a gap. A `control` is grey."""

    label: str
    x: Real[np.ndarray, "checkpoint"]
    values: Real[np.ndarray, "seed checkpoint"]
    control: bool = False


@dataclass(frozen=True)
class Mark:
    """A place on the x axis: a change point with its interval, or a known event, whose interval is NaN, NaN."""

    label: str
    x: SupportsFloat
    low: SupportsFloat
    high: SupportsFloat


@dataclass(frozen=True)
class Panel:
    """Lines that share a pair of axes. `limits` of None follow the lines; `y_scale` is "linear" or "log".

    On a logarithmic axis means and intervals are those of the logarithms, where all values have one: an interval of the
    values themselves may reach below 0, and its band over all of the panel.
    """

    y_label: str
    lines: Sequence[Line]
    title: str = ""
    marks: Sequence[Mark] = ()
    levels: Sequence[Level] = ()
    limits: Limits | None = None
    y_scale: str = "linear"


def curves(
    identifier: str,
    panels: Sequence[Panel],
    *,
    title: str,
    caption: str,
    x_label: str = "optimiser step",
    columns: int = 1,
    x_scale: str = "linear",
    panel_height: float = 165,
) -> Figure:
    """Mean lines with the 95 % t interval over seeds as band and a thin line for each seed, in one panel or several.

    Panels share the x axis. In one column each line is named at its end; in several, a legend above names them all, and
    the y axis is shared too where every panel has the same label, scale and limits. A label has one look throughout.
    `x_scale` is "linear", "log", or "symlog" (from 0 on, logarithmic from 100). For a dose-response figure pass the
    doses as `x`, and a panel or a line for each layer.
    """
    rows = -(-len(panels) // columns)
    looks = _looks(panels, dashed=columns > 1)
    headed = _headed(panels, columns)
    height = rows * panel_height + 30 + 34 * (columns > 1 and len(looks) > 1) + 3 * LABEL_ROW * any(headed)
    with canvas(identifier, height) as figure:
        shared = columns > 1 and len({(panel.y_label, panel.y_scale, panel.limits) for panel in panels}) == 1
        grid = figure.subplots(rows, columns, sharex=True, sharey=shared, squeeze=False)
        handles: dict[str, Any] = {}
        for axes in grid.flat[len(panels) :]:
            axes.set_visible(False)
        for place, (axes, panel) in enumerate(zip(grid.flat, panels, strict=False)):
            axes.set_xscale(x_scale, **({"linthresh": 100} if x_scale == "symlog" else {}))
            axes.set_yscale(panel.y_scale)
            for line in panel.lines:
                handles[line.label] = _draw_line(axes, line, looks[line.label], log=panel.y_scale == "log")
            axes.set_ylabel("" if shared else panel.y_label)
            _frame(axes, panel, (WIDTH / columns * 0.82, panel_height * 0.82))
            if place + columns >= len(panels):
                axes.tick_params(labelbottom=True)
                axes.set_xlabel(x_label)
            _draw_marks(axes, panel, WIDTH / columns * 0.82 if headed[place] else None)
            if columns == 1:
                _name_lines(axes, panel, looks, panel_height * 0.82)
        if columns > 1:
            legend(figure, list(handles.values()), list(handles))
        if shared:
            figure.supylabel(panels[0].y_label, fontsize=12)
        return finish(figure, identifier, title, caption)


def _looks(panels: Sequence[Panel], *, dashed: bool) -> dict[str, dict[str, Any]]:
    """A look for each label: kept from panel to panel, distinct within a panel, the first colours first."""
    places: dict[str, int] = {}
    looks: dict[str, dict[str, Any]] = {}
    for panel in panels:
        taken = {(line.control, places[line.label]) for line in panel.lines if line.label in places}
        for line in panel.lines:
            if line.label not in places:
                places[line.label] = next(n for n in range(len(panel.lines)) if (line.control, n) not in taken)
                taken.add((line.control, places[line.label]))
                looks[line.label] = series_style(places[line.label], control=line.control, dashed=dashed)
    return looks


def _headed(panels: Sequence[Panel], columns: int) -> list[bool]:
    """Which panels name their marks: those under a panel with the same marks need not."""
    marks = [tuple(panel.marks) for panel in panels]
    return [bool(own) and (n < columns or marks[n - columns] != own) for n, own in enumerate(marks)]


def _draw_line(axes: "Axes", line: Line, look: dict[str, Any], *, log: bool) -> Any:
    x = np.asarray(line.x, dtype=float)
    values = np.atleast_2d(np.asarray(line.values, dtype=float))
    if values.shape[1:] != x.shape or len(values) == 0:
        raise ValueError(f"line {line.label!r}: values of shape {values.shape} for x of shape {x.shape}")
    mean, low, high = _middle(values, log=log)
    colour = look["color"]
    if len(values) > 1:
        axes.fill_between(x, low, high, color=colour, alpha=0.16, linewidth=0, zorder=2)
        for seed in values:
            axes.plot(x, seed, color=colour, alpha=0.5, linewidth=0.8, zorder=2.5)
    every = 1 if len(x) <= FEW_POINTS else max(1, len(x) // 6)
    style = {**look, "markersize": 5.5, "markevery": every, "markeredgewidth": 0}
    (handle,) = axes.plot(x, mean, zorder=2 if line.control else 3, **style)
    return handle


def _middle(values: Real[np.ndarray, "seed checkpoint"], *, log: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, low and high of the interval, on a logarithmic axis those of the logarithms where all values have one."""
    if log and (values[np.isfinite(values)] > 0).all():
        mean, low, high = spread(np.log(values))
        return np.exp(mean), np.exp(low), np.exp(high)
    return spread(values)


def _frame(axes: "Axes", panel: Panel, size: tuple[float, float]) -> None:
    """Title, limits and levels; limits follow the seeds' own values, since the intervals of two seeds can be huge.

    `size` is that of the axes in pixels.
    """
    from matplotlib.ticker import MaxNLocator

    axes.set_title(panel.title)
    axes.margins(x=0.02)
    values = [np.asarray(line.values, dtype=float).ravel() for line in panel.lines]
    finite = np.concatenate([*values, np.array([float(level.y) for level in panel.levels], dtype=float)])
    finite = finite[np.isfinite(finite)]
    if panel.limits is not None:
        axes.set_ylim(*map(float, panel.limits))
    elif len(finite) and panel.y_scale == "linear":
        low, high = float(finite.min()), float(finite.max())
        room = 0.08 * (high - low) or 0.08 * abs(high) or 1.0
        axes.set_ylim(low - room, high + room)
    if all((np.asarray(line.x) % 1 == 0).all() for line in panel.lines) and axes.get_xscale() == "linear":
        axes.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 2.5, 5, 10], integer=True))
    tick_labels(axes)
    for level in panel.levels:
        right = _distance(panel, level, -1) > _distance(panel, level, 0)
        corners = [(right, True), (not right, True), (right, False), (not right, False)]
        right, above = max(corners, key=lambda corner: min(_room(axes, panel, level, corner, size), ENOUGH))
        draw_level(axes, level, right=right, above=above)


def _room(axes: "Axes", panel: Panel, level: Level, corner: tuple[bool, bool], size: tuple[float, float]) -> float:
    """How many pixels the nearest line is from the level's name, if that stood (right, above); 0 outside the axes."""
    right, above = corner
    width, height = size
    axes.get_xlim()  # settles the limits that the transformation below goes by
    shares = axes.transData + axes.transAxes.inverted()
    middle = float(shares.transform((axes.get_xlim()[0], float(level.y)))[1]) + (9 if above else -9) / height
    if not 6 / height < middle < 1 - 6 / height:
        return 0.0
    along = np.linspace(0, min(1, LETTER * len(level.label) / width), 12)
    found = [np.inf]
    for line in panel.lines:
        mean = _middle(np.atleast_2d(np.asarray(line.values, dtype=float)), log=panel.y_scale == "log")[0]
        points = shares.transform(np.column_stack([np.asarray(line.x, dtype=float), mean]))
        points = points[np.isfinite(points).all(axis=1)]
        if len(points):
            line_y = np.interp(1 - along if right else along, points[:, 0], points[:, 1])
            found.append(float(np.abs(line_y - middle).min()) * height)
    return min(found)


def _distance(panel: Panel, level: Level, end: int) -> float:
    """How far the nearest line is from a level at the first (0) or last (-1) point."""
    return min((abs(float(_ends(line, end)) - float(level.y)) for line in panel.lines), default=0.0)


def _ends(line: Line, end: int, *, log: bool = False) -> float:
    """The mean over seeds at the first (0) or last (-1) point that any seed has, NaN if none has."""
    mean = _middle(np.atleast_2d(np.asarray(line.values, dtype=float)), log=log)[0]
    finite = mean[np.isfinite(mean)]
    return float(finite[end]) if len(finite) else float("nan")


def _draw_marks(axes: "Axes", panel: Panel, width: float | None) -> None:
    """Vertical lines, dashed for known events; their labels stand above, in the lowest of three rows that is free.

    `width` is that of the axes in pixels, or None where the panel above names the same marks already.
    """
    ends = [-np.inf, -np.inf, -np.inf]
    for mark in sorted(panel.marks, key=lambda mark: float(mark.x)):
        x, low, high = float(mark.x), float(mark.low), float(mark.high)
        sure = bool(np.isfinite(low) and np.isfinite(high))
        if sure:
            axes.axvspan(low, high, color=LIGHT["quiet"], alpha=0.13, linewidth=0, zorder=1)
        axes.axvline(x, color=LIGHT["quiet"], linewidth=1.4, zorder=1.2, dashes=() if sure else (3, 2))
        if width is None:
            continue
        place = axes.transAxes.inverted().transform(axes.transData.transform((x, 0)))[0] * width
        half = 3.4 * len(mark.label)
        centre = min(max(place, half), width - half)
        row = next((row for row, end in enumerate(ends) if end < centre - half - 8), 2)
        ends[row] = centre + half
        where: dict[str, Any] = {"xy": (centre / width, 1), "xycoords": "axes fraction", "ha": "center"}
        offset = (0, 5 + row * LABEL_ROW + 18 * bool(panel.title))
        look: dict[str, Any] = {"fontsize": SMALL_TEXT, "color": LIGHT["quiet"]}
        axes.annotate(mark.label, xytext=offset, textcoords="offset points", **where, **look)


def _name_lines(axes: "Axes", panel: Panel, looks: dict[str, dict[str, Any]], height: float) -> None:
    """The name of each line at its end, moved apart where names would overlap; `height` is the axes' in pixels."""
    log = panel.y_scale == "log"
    named = [(_ends(line, -1, log=log), line.label, wrap(line.label, LABEL_WIDTH)) for line in panel.lines]
    to_axes = axes.transData + axes.transAxes.inverted()
    shown = [(to_axes.transform((1, y))[1] * height, label, lines) for y, label, lines in named if np.isfinite(y)]
    ends = sorted(((min(max(y, 0), height), label, lines) for y, label, lines in shown), key=lambda end: end[0])
    room = [14.0 * len(lines) for _, _, lines in ends]
    for (_, label, lines), y in zip(ends, _apart([end[0] for end in ends], room), strict=True):
        look: dict[str, Any] = {"fontsize": SMALL_TEXT, "color": looks[label]["color"], "va": "center", "ha": "left"}
        where: dict[str, Any] = {"xy": (1, y / height), "xycoords": "axes fraction", "annotation_clip": False}
        axes.annotate("\n".join(lines), xytext=(7, 0), textcoords="offset points", **where, **look)


def _apart(centres: Sequence[float], heights: Sequence[float]) -> list[float]:
    """Centres moved as little as needed so that blocks of these heights, in this order, do not overlap.

    Blocks that touch form a group that sits at the mean of the places its members want (pool adjacent violators).
    """
    groups: list[tuple[float, list[float]]] = []
    for centre, height in zip(centres, heights, strict=True):
        group = (centre, [height])
        while groups and groups[-1][0] + sum(groups[-1][1]) / 2 > group[0] - sum(group[1]) / 2:
            before = groups.pop()
            count = len(before[1]) + len(group[1])
            middle = (before[0] * len(before[1]) + group[0] * len(group[1])) / count
            group = (middle, before[1] + group[1])
        groups.append(group)
    placed: list[float] = []
    for middle, members in groups:
        bottom = middle - sum(members) / 2
        for member in members:
            placed.append(bottom + member / 2)
            bottom += member
    return placed
