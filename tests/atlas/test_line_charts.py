from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontogeny.atlas import Level, Line, Mark, Panel, curves
from ontogeny.atlas.line_charts import _apart, _looks, _middle
from ontogeny.statistics import t_interval

X = np.array([0.0, 1, 2])
SVG = "{http://www.w3.org/2000/svg}"
WORDS = {"title": "t", "caption": "c"}


def texts(svg: str) -> list[str]:
    return ["".join(e.itertext()) for e in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_each_line_is_named_once_at_its_end_or_in_the_legend():
    panels = [Panel("y", [Line("one", X, np.ones((2, 3))), Line("two", X, np.zeros((2, 3)))])] * 2
    stacked = texts(curves("a", panels, **WORDS).svg)
    beside = texts(curves("a", panels, **WORDS, columns=2).svg)
    assert (stacked.count("one"), stacked.count("two")) == (2, 2)
    assert (beside.count("one"), beside.count("two")) == (1, 1)


def test_marks_that_the_panel_above_has_named_are_not_named_again():
    marks = [Mark("syntax", 0.5, 0.2, 0.9), Mark("warm-up ends", 0.6, np.nan, np.nan)]
    lines = [Line("one", X, np.ones((2, 3)))]
    same = texts(curves("a", [Panel("y", lines, marks=marks), Panel("z", lines, marks=marks)], **WORDS).svg)
    other = texts(curves("a", [Panel("y", lines, marks=marks), Panel("z", lines, marks=marks[:1])], **WORDS).svg)
    assert (same.count("syntax"), same.count("warm-up ends")) == (1, 1)
    assert (other.count("syntax"), other.count("warm-up ends")) == (2, 1)


def test_only_a_mark_with_an_interval_has_a_band():
    def bands(mark):
        return curves("a", [Panel("y", [Line("one", X, np.ones((1, 3)))], marks=[mark])], **WORDS).svg.count(
            "opacity: 0.13"
        )

    assert bands(Mark("m", 1, 0.5, 1.5)) == 1
    assert bands(Mark("m", 1, np.nan, np.nan)) == 0


def test_one_seed_has_a_line_and_no_band_and_three_have_both():
    def drawn(seeds):
        return curves("a", [Panel("y", [Line("one", X, np.arange(3.0) + np.arange(seeds)[:, None])])], **WORDS).svg

    assert drawn(1).count("opacity: 0.16") == 0
    assert drawn(3).count("opacity: 0.16") == 1
    assert drawn(3).count("opacity: 0.5") == 3


def test_gaps_empty_lines_and_levels_are_drawn_without_complaint():
    lines = [
        Line("gap", X, np.array([[0.1, np.nan, 0.3]])),
        Line("nothing", X, np.full((2, 3), np.nan)),
        Line("no checkpoint", X[:0], np.empty((2, 0))),
    ]
    figure = curves("a", [Panel("y", lines, levels=[Level("chance", 0.25)])], **WORDS, x_scale="symlog")
    assert "chance" in texts(figure.svg)
    assert "gap" in texts(figure.svg)
    assert "nothing" not in texts(figure.svg)


@pytest.mark.parametrize(
    ("values", "right", "above"),
    [
        ([0.5, 0.5, 1.0, 1.0], True, True),
        ([1.0, 1.0, 0.5, 0.5], False, True),
        ([0.58, 0.58, 0.58, 0.58], False, False),
        ([0.42, 0.42, 0.42, 0.42], False, True),
    ],
)
def test_a_level_is_named_where_no_line_runs(values, right, above):
    panel = Panel("y", [Line("one", np.arange(4.0), np.array([values]))], levels=[Level("chance", 0.5)], limits=(0, 1))
    root = ElementTree.fromstring(curves("a", [panel], **WORDS).svg)
    places = {"".join(e.itertext()): (float(e.get("x")), float(e.get("y"))) for e in root.iter(f"{SVG}text")}
    x, y = places["chance"]
    level = (places["0.4"][1] + places["0.6"][1]) / 2
    assert (x > 300) == right
    assert (y < level) == above


def test_on_a_logarithmic_axis_means_and_intervals_are_those_of_the_logarithms():
    values = np.array([[0.01, 1.0], [0.1, 1.0], [4.0, 1.0]])
    mean, low, high = _middle(values, log=True)
    expected = t_interval(np.log(values[:, 0]))
    np.testing.assert_allclose(np.log([mean[0], low[0], high[0]]), [expected.estimate, expected.low, expected.high])
    np.testing.assert_allclose([mean[1], low[1], high[1]], 1)
    assert _middle(values, log=False)[1][0] < 0
    values[0, 1] = 0  # which has no logarithm
    assert _middle(values, log=True)[1][0] < 0


def test_whole_numbers_have_no_ticks_between_them():
    def ticks(x):
        return texts(curves("a", [Panel("y", [Line("one", x, np.full((1, 5), 7.0))])], **WORDS).svg)

    assert "0.5" not in ticks(np.arange(5.0))
    assert "0.4" in ticks(np.arange(5.0) / 4)


def test_a_line_without_seeds_is_refused_by_name():
    with pytest.raises(ValueError, match=r"line 'one': values of shape \(0, 3\) for x of shape \(3,\)"):
        curves("a", [Panel("y", [Line("one", X, np.empty((0, 3)))])], **WORDS)


def test_numbers_may_be_pythons_or_numpys():
    def drawn(kind, whole):
        line = Line("one", X.astype(whole), np.ones((1, 3), dtype=whole))
        mark, level = Mark("m", kind(1), kind(0), kind(2)), Level("l", kind(1))
        return curves("a", [Panel("y", [line], marks=[mark], levels=[level], limits=(kind(0), kind(2)))], **WORDS)

    assert drawn(float, np.float64) == drawn(int, np.int64) == drawn(np.int8, np.int8) == drawn(np.float32, np.float32)


def test_a_label_keeps_its_look_and_none_is_shared_within_a_panel():
    def panel(*labels):
        return Panel("y", [Line(label, X, np.ones((1, 3)), control=label.isupper()) for label in labels])

    looks = _looks([panel("a", "b", "C"), panel("b"), panel("d", "b", "a", "e"), panel("E", "C")], dashed=True)
    for labels in ("abC", "dbae", "EC"):
        kinds = [(looks[label]["color"], looks[label]["marker"], looks[label]["dashes"]) for label in labels]
        assert len(set(kinds)) == len(kinds)
    assert looks["C"]["color"] == looks["E"]["color"] != looks["a"]["color"]


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(1, 30)), max_size=8))
def test_names_do_not_overlap_and_keep_their_order(wanted):
    wanted.sort()
    centres, heights = [centre for centre, _ in wanted], [height for _, height in wanted]
    placed = _apart(centres, heights)
    for place in range(1, len(placed)):
        gap = placed[place] - placed[place - 1]
        assert gap >= (heights[place] + heights[place - 1]) / 2 - 1e-6
    free = all(b - a >= (g + h) / 2 for a, b, g, h in zip(centres, centres[1:], heights, heights[1:], strict=False))
    if free:
        np.testing.assert_allclose(placed, centres, atol=1e-9)
