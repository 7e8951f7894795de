import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontogeny.atlas.drawing import legend, shorten, spread, wrap
from ontogeny.atlas.theme import LIGHT
from ontogeny.statistics.intervals import t_interval

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    return ["".join(element.itertext()) for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_the_same_drawing_gives_the_same_bytes(figures, draw_again):
    assert [figure.svg for figure in figures] == [figure.svg for figure in draw_again()]


def test_every_figure_is_one_labelled_image_of_plain_shapes(figures):
    allowed = {"svg", "g", "defs", "clipPath", "path", "use", "rect", "circle", "text", "title"}
    for figure in figures:
        root = ElementTree.fromstring(figure.svg)
        assert root.tag == f"{SVG}svg"
        assert root.get("role") == "img"
        assert root.get("aria-label") == figure.title
        assert {element.tag.removeprefix(SVG) for element in root.iter()} <= allowed


def test_ids_are_unique_prefixed_by_the_figure_and_all_references_resolve(figures):
    for figure in figures:
        root = ElementTree.fromstring(figure.svg)
        ids = [element.get("id") for element in root.iter() if element.get("id")]
        assert len(set(ids)) == len(ids)
        assert all(name.startswith(f"{figure.id}-") for name in ids)
        assert set(re.findall(r'(?:url\(|href=")#([^)"]+)', figure.svg)) == set(ids)


def test_only_the_scatters_scale_is_the_same_in_both_themes(figures):
    for figure in figures:
        bare = re.sub(r"var\(--[\w-]+, #[0-9a-f]{6}\)", "", figure.svg)
        fixed = re.findall(r"#[0-9a-f]{6}\b", bare)
        assert not set(fixed) & set(LIGHT.values())
        assert bool(fixed) == (figure.id == "points")


def test_text_stays_text_and_hostile_names_are_only_text(hostile_figures, hostile):
    for figure in hostile_figures:
        root = ElementTree.fromstring(figure.svg)
        assert {element.tag.removeprefix(SVG) for element in root.iter()}.isdisjoint({"img", "script", "image"})
        assert root.get("aria-label") == hostile
        assert "onerror" in " ".join(texts(figure.svg)) or figure.id == "strip"


def test_small_files(figures):
    assert max(len(figure.svg) for figure in figures) < 40_000


@given(st.lists(st.lists(st.floats(-1e3, 1e3) | st.just(np.nan), min_size=4, max_size=4), min_size=1, max_size=5))
def test_spread_is_the_t_interval_of_what_is_there(rows):
    values = np.array(rows)
    mean, low, high = spread(values)
    for place in range(4):
        expected = t_interval(values[np.isfinite(values[:, place]), place])
        got = [mean[place], low[place], high[place]]
        np.testing.assert_array_equal(got, [expected.estimate, expected.low, expected.high])


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (-0.25, "\N{MINUS SIGN}0.25"), (999, "999"), (1000, "1k"), (1500, "1.5k"), (2.5e6, "2.5M")],
)
def test_ticks_are_short(value, text):
    assert shorten(value) == text


@given(st.text(alphabet="ab _", max_size=60), st.integers(6, 20))
def test_wrapping_loses_no_letter(text, width):
    lines = wrap(text, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    longest = max((len(piece) for piece in re.findall(r"[^ _]*_?", text)), default=0)
    assert all(len(line) <= max(width, longest) for line in lines)


@pytest.mark.parametrize(("count", "length", "columns"), [(2, 10, 2), (4, 12, 4), (6, 18, 3), (5, 60, 1)])
def test_a_legend_fills_its_rows_evenly(count, length, columns):
    class Canvas:
        def legend(self, handles, labels, **options):
            self.options = options

    canvas = Canvas()
    legend(canvas, [None] * count, ["x" * length] * count)
    assert canvas.options["ncols"] == columns
