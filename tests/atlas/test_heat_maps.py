import re
from xml.etree import ElementTree

import numpy as np
import pytest

from ontogeny.atlas import HeatPanel, heat_map

SVG = "{http://www.w3.org/2000/svg}"
WORDS = {"title": "t", "caption": "c"}


def test_every_value_is_written_and_none_is_left_to_colour_alone():
    figure = heat_map("a", [HeatPanel(np.array([[0.125, -0.5], [np.nan, 2.0]]), ["r", "s"], ["c", "d"])], **WORDS)
    texts = ["".join(e.itertext()) for e in ElementTree.fromstring(figure.svg).iter("{http://www.w3.org/2000/svg}text")]
    assert {"0.12", "\N{MINUS SIGN}0.50", "\N{EN DASH}", "2.00", "r", "s", "c", "d"} <= set(texts)


def test_colour_is_stronger_the_higher_and_ends_at_the_limits():
    figure = heat_map("a", [HeatPanel(np.array([[-9.0, 0.0, 0.5, 1.0, 9.0]]), ["r"], list("abcde"))], **WORDS)
    found = re.findall(r'<path d="[^"]*" [^>]*style="fill: var\(--series-1, #\w+\)(?:; opacity: ([\d.]+))?', figure.svg)
    assert [float(strength or 1) for strength in found] == [0.05, 0.05, 0.525, 1, 1]


def test_a_name_longer_than_a_low_panel_is_broken_into_lines():
    for rows, expected in ((2, {"importance", "of the", "second"}), (9, {"importance of the second"})):
        panel = HeatPanel(np.ones((rows, 1)), list("abcdefghi")[:rows], ["z"])
        svg = heat_map("a", [panel], y_label="importance of the second", **WORDS).svg
        assert expected <= {"".join(e.itertext()) for e in ElementTree.fromstring(svg).iter(f"{SVG}text")}


def test_names_that_do_not_fit_the_values_are_refused():
    with pytest.raises(ValueError, match="1 rows and 3 columns are named"):
        heat_map("a", [HeatPanel(np.ones((2, 3)), ["r"], list("abc"))], **WORDS)
