"""How it is shown: figures, the single-file report, the ledger.

Everything is imported when first asked for, since drawing needs matplotlib and the report a template engine. For that
no module may have the name of something listed here: importing it would put the module in its place.
"""

from typing import TYPE_CHECKING

from ontogeny.lazy import importing

if TYPE_CHECKING:
    from ontogeny.atlas.bar_charts import BarPanel, Bars, bars
    from ontogeny.atlas.drawing import Level
    from ontogeny.atlas.figure import Figure, standalone_svg
    from ontogeny.atlas.film_strips import Belief, Frame, film_strip
    from ontogeny.atlas.heat_maps import HeatPanel, heat_map
    from ontogeny.atlas.ledger import ledger_markdown, ledger_text
    from ontogeny.atlas.line_charts import Line, Mark, Panel, curves
    from ontogeny.atlas.report import write_report
    from ontogeny.atlas.scatter_charts import Points, ScatterPanel, scatter
    from ontogeny.atlas.seed_tables import line_of, stacked

_HOME = {
    "bar_charts": ("BarPanel", "Bars", "bars"),
    "line_charts": ("Line", "Mark", "Panel", "curves"),
    "drawing": ("Level",),
    "figure": ("Figure", "standalone_svg"),
    "film_strips": ("Belief", "Frame", "film_strip"),
    "heat_maps": ("HeatPanel", "heat_map"),
    "ledger": ("ledger_markdown", "ledger_text"),
    "report": ("write_report",),
    "scatter_charts": ("Points", "ScatterPanel", "scatter"),
    "seed_tables": ("line_of", "stacked"),
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
    "line_of",
    "scatter",
    "stacked",
    "standalone_svg",
    "write_report",
]

__getattr__ = importing(__name__, _MODULE)
