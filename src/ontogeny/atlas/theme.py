"""The colours and fonts of everything shown, as pairs: one for light pages, one for dark ones.

Figures are drawn in the light colours; each occurrence is then replaced by a variable that a dark page redefines.
Every colour that text is written in has a contrast of at least 4.5 to 1 against the page. The first four series colours
stay apart under the common kinds of colour blindness; series also differ in dash, marker or name at the line's end, so
that no colour carries meaning alone.
"""

SANS = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', 'Liberation Sans', Arial, sans-serif"
)
MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', 'DejaVu Sans Mono', monospace"

#: name: (light, dark)
COLOURS: dict[str, tuple[str, str]] = {
    "paper": ("#fffffe", "#14171c"),
    "panel": ("#f6f7f9", "#1c2128"),
    "ink": ("#1c2026", "#e7eaee"),
    "quiet": ("#59616b", "#a3acb8"),
    "edge": ("#c9ced5", "#444c56"),
    "grid": ("#e6e9ed", "#2b313a"),
    "link": ("#0b5cad", "#7ab8ff"),
    "good": ("#0a6b4b", "#4fd1a0"),
    "middling": ("#855400", "#f0b94d"),
    "bad": ("#a83208", "#ff9270"),
    "series-1": ("#0b5394", "#4da3ff"),
    "series-2": ("#b84a00", "#ff7f45"),
    "series-3": ("#00806a", "#45e0a0"),
    "series-4": ("#6b2a60", "#f0b8e6"),
    "series-5": ("#8a6d00", "#e6c229"),
    "series-6": ("#4d4f9e", "#a9a6f5"),
    "control": ("#666e78", "#98a1ac"),
}

LIGHT = {name: light for name, (light, _) in COLOURS.items()}
DARK = {name: dark for name, (_, dark) in COLOURS.items()}
SERIES = tuple(LIGHT[f"series-{number}"] for number in range(1, 7))

#: Dashes (on, off, ...) in line widths, and matplotlib markers, one a series; an empty tuple is a solid line.
DASHES: tuple[tuple[float, ...], ...] = ((), (5, 1.6), (1.4, 1.4), (6, 1.6, 1.4, 1.6), (3, 1.6), (8, 2, 3, 2))
MARKERS = ("o", "s", "^", "D", "v", "P")


def variable(name: str) -> str:
    """The CSS expression for a colour, usable where the page does not define the variable."""
    return f"var(--{name}, {LIGHT[name]})"


def css_variables(selector: str) -> str:
    """CSS that gives `selector` the light colours, and the dark ones on a screen that prefers them (never in print)."""
    return (
        f"{selector} {{ color-scheme: light dark; {_declarations(LIGHT)} }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ {selector} {{ {_declarations(DARK)} }} }}\n"
        f"{selector} {{ background: var(--paper); }}"
    )


def _declarations(colours: dict[str, str]) -> str:
    return " ".join(f"--{name}: {value};" for name, value in colours.items())
