"""A grid world step by step: what was written, what was so, what was believed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import SupportsFloat, SupportsInt
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from jaxtyping import Bool, Int

from ontogeny.atlas.drawing import SMALL_TEXT, SVG, WIDTH, svg_attributes, wrap
from ontogeny.atlas.figure import Figure
from ontogeny.atlas.theme import MONO, variable

GUTTER = 112
GAP = 14
LINE = 34
HEAD = 30
ROUND = 3


@dataclass(frozen=True)
class Belief:
    """What a probe read in one state: the feature, the value it gave, how sure it was, and whether it was right."""

    feature: str
    value: str
    confidence: SupportsFloat
    correct: bool | None = None


@dataclass(frozen=True)
class Frame:
    """One state: `title` is what was written to reach it, `robot` its row, column and facing (0 north, then clockwise).

    `correct` says whether what was written is right, None where that is not judged.
    """

    title: str
    walls: Bool[np.ndarray, "row column"]
    markers: Int[np.ndarray, "row column"]
    robot: tuple[SupportsInt, SupportsInt, SupportsInt]
    beliefs: Sequence[Belief] = ()
    correct: bool | None = None


def film_strip(
    identifier: str,
    frames: Sequence[Frame],
    *,
    title: str,
    caption: str,
    above: str = "the model wrote",
    below: str = "the probe believed",
    columns: int = 6,
) -> Figure:
    """States from left to right, `columns` a line: what was written above each, the beliefs in it below.

    A belief is a word, a bar as long as its confidence, and a tick or a cross where it was judged.
    """
    if not frames:
        raise ValueError(f"film strip {identifier!r}: expected at least one frame")
    features = list(dict.fromkeys(belief.feature for frame in frames for belief in frame.beliefs))
    lines = -(-len(frames) // columns)
    columns = max(-(-len(frames) // lines), 4)
    width = (WIDTH - 1 - GUTTER - GAP * (columns - 1)) / columns
    tall = max(width * frame.walls.shape[0] / frame.walls.shape[1] for frame in frames)
    strip = HEAD + tall + (22 + LINE * len(features) if features else 0) + 20
    parts: list[str] = []
    for start in range(0, len(frames), columns):
        shown = frames[start : start + columns]
        top = (start // columns) * strip
        parts.append(_gutter(top, tall, features, above, below))
        for place, frame in enumerate(shown):
            left = GUTTER + place * (width + GAP)
            parts.append(f'<g transform="translate({left:.1f} {top:.1f})">{_frame(frame, features, width, tall)}</g>')
    height = strip * lines - 14
    attributes = " ".join(f"{name}={quoteattr(text)}" for name, text in svg_attributes(title, WIDTH, height).items())
    return Figure(identifier, title, caption, f'<svg xmlns="{SVG}" {attributes}>{"".join(parts)}</svg>')


def _text(x: float, y: float, text: str, *, colour: str = "ink", size: float = SMALL_TEXT, extra: str = "") -> str:
    style = f"font-size: {size:g}px; fill: {variable(colour)}; {extra}".strip()
    return f'<text x="{x:.1f}" y="{y:.1f}" style="{style}">{escape(text)}</text>'


def _fit(text: str, width: float, size: float) -> str:
    """The text, or as much of it as `width` pixels of a fixed-width font hold."""
    letters = max(2, int(width / (0.61 * size)))
    return text if len(text) <= letters else text[: letters - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _gutter(top: float, tall: float, features: Sequence[str], above: str, below: str) -> str:
    """The names of the rows, once a line of frames."""
    parts = [_text(0, top + 18, above, colour="quiet")]
    if features:
        base = top + HEAD + tall
        parts.append(_text(0, base + 18, below, colour="quiet"))
        for row, feature in enumerate(features):
            for line, words in enumerate(wrap(feature.replace("_", " "), 15)[:2]):
                parts.append(_text(0, base + 40 + LINE * row + 13 * line, words, extra="font-weight: 600"))
    return "".join(parts)


def _frame(frame: Frame, features: Sequence[str], width: float, tall: float) -> str:
    parts = [_heading(frame, width), f'<g transform="translate(0 {HEAD})">{_grid(frame, width)}</g>']
    by_feature = {belief.feature: belief for belief in frame.beliefs}
    for row, feature in enumerate(features):
        if feature in by_feature:
            parts.append(_belief(by_feature[feature], HEAD + tall + 40 + LINE * row, width))
    return "".join(parts)


def _heading(frame: Frame, width: float) -> str:
    size = 12.0 if len(frame.title) * 7.4 < width - 16 else 10.5
    room = width - (14 if frame.correct is not None else 0)
    words = _text(0, 18, _fit(frame.title, room, size), size=size, extra=f"font-family: {MONO}; font-weight: 600")
    return words + _judged(frame.correct, width - 5, 14)


def _judged(correct: bool | None, x: float, y: float) -> str:
    """A tick, a cross or nothing, centred at (x, y): told apart by shape as well as by colour."""
    if correct is None:
        return ""
    path = "M-4 0 l3 3.5 l5 -7" if correct else "M-3.5 -3.5 l7 7 M3.5 -3.5 l-7 7"
    colour = variable("good" if correct else "bad")
    word = "right" if correct else "wrong"
    style = f"fill: none; stroke: {colour}; stroke-width: 2; stroke-linecap: round"
    return f'<path transform="translate({x:.1f} {y:.1f})" d="{path}" style="{style}"><title>{word}</title></path>'


def _grid(frame: Frame, width: float) -> str:
    """The cells, walls, markers and the robot, `width` pixels wide."""
    rows, columns = frame.walls.shape
    cell = width / columns
    height = cell * rows
    parts = [
        f'<rect width="{width:.1f}" height="{height:.1f}" rx="{ROUND}" '
        f'style="fill: {variable("panel")}; stroke: {variable("edge")}"/>'
    ]
    lines = [f"M{cell * at:.1f} 0V{height:.1f}" for at in range(1, columns)]
    lines += [f"M0 {cell * at:.1f}H{width:.1f}" for at in range(1, rows)]
    parts.append(f'<path d="{"".join(lines)}" style="fill: none; stroke: {variable("grid")}"/>')
    for row, column in np.argwhere(frame.walls):
        place = f'x="{column * cell + 1:.1f}" y="{row * cell + 1:.1f}" width="{cell - 2:.1f}" height="{cell - 2:.1f}"'
        parts.append(f'<rect {place} rx="2" style="fill: {variable("quiet")}"/>')
    at_row, at_column, facing = (int(part) for part in frame.robot)
    parts.append(_robot(at_row, at_column, facing, cell))
    for row, column in np.argwhere(frame.markers > 0):
        under = (at_row, at_column) == (row, column)
        parts.append(_marker(int(frame.markers[row, column]), int(row), int(column), cell, under))
    return "".join(parts)


def _marker(count: int, row: int, column: int, cell: float, under_robot: bool) -> str:
    """A disc, with the count where it is more than one; under the robot it moves to the corner, so that both show."""
    radius = cell * (0.2 if under_robot else 0.27)
    x, y = (column + (0.79 if under_robot else 0.5)) * cell, (row + (0.79 if under_robot else 0.5)) * cell
    style = f"fill: {variable('series-5')}; stroke: {variable('panel')}"
    disc = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" style="{style}"/>'
    if count == 1:
        return disc
    size = max(8.0, radius * 1.5)
    middle = f"text-anchor: middle; font-weight: 600; fill: {variable('paper')}"
    return disc + _text(x, y + size * 0.36, str(count), colour="paper", size=size, extra=middle)


def _robot(row: int, column: int, facing: int, cell: float) -> str:
    x, y, reach = (column + 0.5) * cell, (row + 0.5) * cell, cell * 0.36
    side, base, notch = reach * 0.82, reach * 0.85, reach * 0.45
    path = f"M0 {-reach:.1f} L{side:.1f} {base:.1f} L0 {notch:.1f} L{-side:.1f} {base:.1f} Z"
    name = ("north", "east", "south", "west")[facing]
    style = f"fill: {variable('series-1')}; stroke: {variable('paper')}; stroke-width: 1; paint-order: stroke"
    return (
        f'<path transform="translate({x:.1f} {y:.1f}) rotate({90 * facing})" d="{path}" style="{style}">'
        f"<title>robot facing {name}</title></path>"
    )


def _belief(belief: Belief, y: float, width: float) -> str:
    confidence = min(max(float(belief.confidence), 0.0), 1.0)
    colour = variable("control" if belief.correct is None else "good" if belief.correct else "bad")
    words = _text(0, y, _fit(belief.value, width - 46, 11))
    number = _text(width - 14, y, f"{confidence:.0%}", colour="quiet", size=10.5, extra="text-anchor: end")
    bar = (
        f'<rect y="{y + 5:.1f}" width="{width:.1f}" height="4" rx="2" style="fill: {variable("grid")}"/>'
        f'<rect y="{y + 5:.1f}" width="{width * confidence:.1f}" height="4" rx="2" style="fill: {colour}"/>'
    )
    return words + number + _judged(belief.correct, width - 5, y - 4) + bar
