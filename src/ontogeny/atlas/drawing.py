"""The house style for figures, and how a matplotlib drawing becomes a small, deterministic, theme-aware SVG."""

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, SupportsFloat
from xml.etree import ElementTree

import numpy as np
from jaxtyping import Real

from ontogeny.atlas.figure import Figure, is_identifier
from ontogeny.atlas.theme import DASHES, LIGHT, MARKERS, SANS, SERIES, variable
from ontogeny.statistics.intervals import t_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"

#: The ends of an axis or a colour scale; like all numbers given to drawings, of Python's types or numpy's.
Limits = tuple[SupportsFloat, SupportsFloat]

#: Width of every figure in CSS pixels (one point of matplotlib's is drawn as one pixel).
WIDTH = 760
TEXT_SIZE = 12.0
SMALL_TEXT = 11.0

STYLE: dict[str, Any] = {
    "svg.fonttype": "none",  # text stays text: selectable, found by a search, drawn in the reader's own font
    "font.family": ["DejaVu Sans"],  # only measures: wider than most, so that labels laid out with it fit in any
    "font.size": TEXT_SIZE,
    "text.color": LIGHT["ink"],
    "axes.edgecolor": LIGHT["edge"],
    "axes.labelcolor": LIGHT["ink"],
    "axes.labelsize": TEXT_SIZE,
    "axes.labelpad": 6,
    "axes.titlesize": TEXT_SIZE,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.unicode_minus": True,
    "grid.color": LIGHT["grid"],
    "grid.linewidth": 1,
    "xtick.color": LIGHT["edge"],
    "ytick.color": LIGHT["edge"],
    "xtick.labelcolor": LIGHT["quiet"],
    "ytick.labelcolor": LIGHT["quiet"],
    "xtick.labelsize": SMALL_TEXT,
    "ytick.labelsize": SMALL_TEXT,
    "ytick.major.size": 0,
    "lines.linewidth": 2,
    "lines.solid_capstyle": "round",
    "legend.frameon": False,
    "legend.fontsize": TEXT_SIZE,
    "figure.facecolor": "none",
    "path.simplify": False,
    "text.parse_math": False,  # a dollar sign in a label is a dollar sign
}


@contextmanager
def canvas(identifier: str, height: float) -> Iterator["Canvas"]:
    """An empty matplotlib figure of `WIDTH` by `height` pixels in the house style; pass it to `finish` inside."""
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure as Canvas
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    if not is_identifier(identifier):
        raise ValueError(f"figure id {identifier!r}: expected lower-case letters, digits, '-' and '_', a letter first")
    style: Any = {**STYLE, "svg.hashsalt": identifier}
    with matplotlib.rc_context(style):
        layout = ConstrainedLayoutEngine(w_pad=6 / 72, h_pad=6 / 72, wspace=0.04, hspace=0.03)
        figure = Canvas(figsize=(WIDTH / 72, height / 72), layout=layout)
        FigureCanvasSVG(figure)  # sets itself as the figure's canvas: no window system, no global state
        yield figure


def finish(figure: "Canvas", identifier: str, title: str, caption: str) -> Figure:
    """Render to SVG: the same drawing gives the same bytes, its colours are variables, its ids are its own."""
    buffer = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(buffer, format="svg", metadata=nothing)
    return Figure(identifier, title, caption, tidy_svg(buffer.getvalue(), identifier, title))


def tidy_svg(text: str, identifier: str, title: str) -> str:
    """Make matplotlib's SVG fit to live in a page: see `finish`."""
    ElementTree.register_namespace("", SVG)
    root = ElementTree.fromstring(text)
    _, _, width, height = root.get("viewBox", "").split()
    root.attrib.clear()
    root.attrib.update(svg_attributes(title, float(width), float(height)))
    for parent in list(root.iter()):
        for style in parent.findall(f"{{{SVG}}}style"):
            parent.remove(style)  # a style element in a page would reach every other figure
    used = set(re.findall(r"(?:url\(#|href=\"#)([\w.-]+)", text))
    names = {old: f"{identifier}-{number}" for number, old in enumerate(sorted(used))}
    for element in root.iter():
        _tidy_element(element, names)
    _unwrap(root)
    return ElementTree.tostring(root, encoding="unicode")


def svg_attributes(title: str, width: float, height: float) -> dict[str, str]:
    """Attributes of a figure's root element: it scales with its column and reads its title to a screen reader."""
    return {
        "viewBox": f"0 0 {width:g} {height:g}",
        "width": f"{width:g}",
        "height": f"{height:g}",
        "role": "img",
        "aria-label": title,
        "style": f"font-family: {SANS}; stroke-linejoin: round",
    }


def _tidy_element(element: ElementTree.Element, names: dict[str, str]) -> None:
    old = element.attrib.pop("id", None)
    if old in names:
        element.set("id", names[old])
    target = element.attrib.pop(f"{{{XLINK}}}href", None)
    if target is not None:
        element.set("href", f"#{names[target[1:]]}")
    if "clip-path" in element.attrib:
        clip = element.attrib["clip-path"]
        element.set("clip-path", re.sub(r"#([\w.-]+)", lambda found: f"#{names[found[1]]}", clip))
    for name in ("d", "x", "y", "width", "height", "transform", "points"):
        if name in element.attrib:
            element.set(name, _short_numbers(element.attrib[name]))
    if element.get("transform", "").startswith(("rotate(0 ", "rotate(-0 ")):
        del element.attrib["transform"]
    if "style" in element.attrib:
        element.set("style", _themed(element.attrib["style"]))
    if element.tag == f"{{{SVG}}}text":
        # the family it was measured with; the root element names the one it is drawn with
        element.set("style", re.sub(r"\s*font-family: [^;]*;?", "", element.get("style", "")))
    else:
        element.text = None
    element.tail = None


def _short_numbers(text: str) -> str:
    text = re.sub(r"-?\d+\.\d+", lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), text)
    return " ".join(text.split())


def _themed(style: str) -> str:
    """Replace each of the light theme's colours by its variable."""
    style = re.sub(r"font: (?:(bold|\d+) )?([\d.]+px) [^;]*", _font, style)
    style = style.replace("font-weight: 700", "font-weight: 600").replace("font-weight: bold", "font-weight: 600")
    return re.sub(r"#[0-9a-f]{6}\b", lambda found: _BY_COLOUR.get(found[0], found[0]), style)


def _font(found: re.Match[str]) -> str:
    weight = "font-weight: 600; " if found[1] in ("bold", "700") else ""
    return f"{weight}font-size: {found[2]}"


_BY_COLOUR = {colour: variable(name) for name, colour in LIGHT.items()}


def _unwrap(parent: ElementTree.Element) -> None:
    """Put the children of groups that say nothing in their place, and drop empty groups."""
    children: list[ElementTree.Element] = []
    for child in list(parent):
        _unwrap(child)
        if child.tag == f"{{{SVG}}}g" and not child.attrib:
            children.extend(child)
        else:
            children.append(child)
    parent[:] = children


def spread(values: Real[np.ndarray, "seed *rest"]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, low and high of the 95 % t interval over seeds at each place of the other axes.

    Drawing may leave out what is not a number (a seed without this checkpoint); judging may not, and does not use this.
    With fewer than two seeds there is no interval: low and high are not numbers.
    """
    values = np.asarray(values, dtype=float)
    intervals = [t_interval(column[np.isfinite(column)]) for column in values.reshape(len(values), -1).T]
    shape = values.shape[1:]
    mean, low, high = (
        np.array([(interval.estimate, interval.low, interval.high) for interval in intervals]).reshape(-1, 3).T
    )
    return mean.reshape(shape), low.reshape(shape), high.reshape(shape)


def series_style(index: int, *, control: bool = False, dashed: bool = True) -> dict[str, Any]:
    """Colour, dash and marker of the series at `index`; a control is grey and dashed, so that it recedes."""
    if control:
        return {"color": LIGHT["control"], "dashes": DASHES[2 + index % (len(DASHES) - 2)], "marker": "X"}
    place = index % len(SERIES)
    return {"color": SERIES[place], "dashes": DASHES[place] if dashed else (), "marker": MARKERS[place]}


def shorten(value: float) -> str:
    """A tick's label: 0.25, 40, 1.5k, 2M.

    >>> [shorten(value) for value in (0, 0.25, 40, 1500, 80000, 2e6)]
    ['0', '0.25', '40', '1.5k', '80k', '2M']
    """
    size, unit = next(((size, unit) for size, unit in ((1e6, "M"), (1e3, "k")) if abs(value) >= size), (1.0, ""))
    return f"{value / size:.3g}{unit}".replace("-", "\N{MINUS SIGN}")


def tick_labels(axes: "Axes", *, x: bool = True, y: bool = True) -> None:
    """Label the ticks by `shorten`; the small ticks of logarithmic axes are left without labels."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    for wanted, axis in ((x, axes.xaxis), (y, axes.yaxis)):
        if wanted:
            axis.set_major_formatter(FuncFormatter(lambda value, _: shorten(value)))
            axis.set_minor_formatter(NullFormatter())


def legend(figure: "Canvas", handles: Sequence[Any], labels: Sequence[str]) -> None:
    """One legend above all panels, in as few rows as fit, its rows evenly filled."""
    if len(labels) < 2:
        return
    widths = [62 + 6.8 * len(label) for label in labels]
    for rows in range(1, len(labels) + 1):
        if sum(max(widths[start : start + rows]) for start in range(0, len(labels), rows)) <= WIDTH - 20:
            break
    columns = -(-len(labels) // rows)
    figure.legend(handles, labels, loc="outside upper left", ncols=columns, handlelength=2.6, columnspacing=1.8)


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` letters: broken at spaces, and after underscores where a word alone is too long.

    >>> wrap("wall_ahead_of_the_robot now", 12)
    ['wall_ahead_', 'of_the_robot', 'now']
    """
    lines = [""]
    for word in text.split():
        pieces = word.replace("_", "_\n").split("\n") if len(word) > width else [word]
        for number, piece in enumerate(pieces):
            gap = " " if lines[-1] and number == 0 else ""
            if lines[-1] and len(lines[-1]) + len(gap) + len(piece) > width:
                lines.append(piece)
            else:
                lines[-1] += gap + piece
    return lines


def wrapped_ticks(axes: "Axes", labels: Sequence[str], room: float) -> None:
    """Names below the axis, broken into lines of at most `room` pixels; each line is centred by itself."""
    axes.set_xticks(range(len(labels)), [""] * len(labels))
    axes.tick_params(axis="x", length=0)
    for place, label in enumerate(labels):
        for row, part in enumerate(wrap(label, max(6, int(room / 6.8)))):
            where: dict[str, Any] = {"xy": (place, 0), "xycoords": ("data", "axes fraction")}
            look: dict[str, Any] = {"ha": "center", "fontsize": SMALL_TEXT, "color": LIGHT["quiet"]}
            offset: dict[str, Any] = {"textcoords": "offset points", "xytext": (0, -16 - 13 * row)}
            axes.annotate(part, annotation_clip=False, **where, **offset, **look)


@dataclass(frozen=True)
class Level:
    """A horizontal line across the axes with its name: a published figure, a bar, chance."""

    label: str
    y: SupportsFloat


def draw_level(axes: "Axes", level: Level, *, right: bool = True, above: bool = True) -> None:
    """The level as a dashed line, named above or below its right or left end, over whatever is drawn there."""
    y = float(level.y)
    axes.axhline(y, color=LIGHT["quiet"], linewidth=1.2, dashes=(4, 3), zorder=1.5)
    where: dict[str, Any] = {"xy": (float(right), y), "xycoords": ("axes fraction", "data")}
    look: dict[str, Any] = {"ha": "right" if right else "left", "va": "baseline" if above else "top", "zorder": 6}
    look |= {"fontsize": SMALL_TEXT, "color": LIGHT["quiet"]}
    offset = (-3 if right else 3, 4 if above else -3)
    axes.annotate(level.label, textcoords="offset points", xytext=offset, **where, **look)
