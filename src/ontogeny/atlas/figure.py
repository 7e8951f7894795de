"""A figure: one theme-aware SVG with the words that go with it."""

import re
from dataclasses import dataclass

from ontogeny.atlas.theme import css_variables


@dataclass(frozen=True)
class Figure:
    """A drawing ready to be placed in a page.

    `svg` starts at its `<svg` element, carries no identifier that is not prefixed by the figure's own `id`, and takes
    its colours from the page's variables (`theme.css_variables`) with the light theme's as fallback.
    """

    id: str
    title: str
    caption: str
    svg: str

    def __post_init__(self) -> None:
        if not is_identifier(self.id):
            raise ValueError(f"figure id {self.id!r}: expected lower-case letters, digits, '-' and '_', a letter first")


def is_identifier(text: str) -> bool:
    """Whether `text` can name a figure: it becomes an HTML id and the prefix of the ids inside its SVG."""
    return re.fullmatch(r"[a-z][a-z0-9_-]*", text) is not None


def standalone_svg(figure: Figure) -> str:
    """The figure as an SVG file of its own, with both themes' colours and a background, for pages that link images."""
    head, rest = figure.svg.split(">", 1)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{head}><style>{css_variables("svg")}</style>{rest}\n'
