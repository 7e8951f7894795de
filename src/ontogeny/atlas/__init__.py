"""How it is shown: figures, the single-file report, the ledger.

Everything is imported when first asked for, since drawing needs matplotlib and the report a template engine.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ontogeny.atlas.bars import BarPanel, Bars, bars
    from ontogeny.atlas.curves import Line, Mark, Panel, curves
    from ontogeny.atlas.drawing import Level
    from ontogeny.atlas.figure import Figure, standalone_svg
    from ontogeny.atlas.filmstrip import Belief, Frame, film_strip
    from ontogeny.atlas.heatmap import HeatPanel, heat_map
    from ontogeny.atlas.ledger import ledger_markdown, ledger_text
    from ontogeny.atlas.report import write_report
    from ontogeny.atlas.scatter import Points, ScatterPanel, scatter

_HOME = {
    "bars": ("BarPanel", "Bars", "bars"),
    "curves": ("Line", "Mark", "Panel", "curves"),
    "drawing": ("Level",),
    "figure": ("Figure", "standalone_svg"),
    "filmstrip": ("Belief", "Frame", "film_strip"),
    "heatmap": ("HeatPanel", "heat_map"),
    "ledger": ("ledger_markdown", "ledger_text"),
    "report": ("write_report",),
    "scatter": ("Points", "ScatterPanel", "scatter"),
}
_MODULE = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "BarPanel",
    "Bars",
    "Belief",
    "Figure",
    "Frame",
    "HeatPanel",
    "Level",
    "Line",
    "Mark",
    "Panel",
    "Points",
    "ScatterPanel",
    "bars",
    "curves",
    "film_strip",
    "heat_map",
    "ledger_markdown",
    "ledger_text",
    "scatter",
    "standalone_svg",
    "write_report",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE[name]}"), name)
