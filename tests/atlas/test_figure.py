from xml.etree import ElementTree

import pytest

from ontogeny.atlas import Figure, standalone_svg


@pytest.mark.parametrize("identifier", ["", "Upper", "1st", "a b", "a.b", 'a"onload="x', "ü"])
def test_an_id_that_could_not_be_an_html_id_is_refused(identifier):
    with pytest.raises(ValueError, match="figure id"):
        Figure(identifier, "title", "caption", "<svg></svg>")


def test_standing_alone_it_brings_both_themes_colours(figures):
    for figure in figures:
        text = standalone_svg(figure)
        root = ElementTree.fromstring(text)
        style = root.find("{http://www.w3.org/2000/svg}style")
        assert style is not None
        assert "prefers-color-scheme: dark" in (style.text or "")
        assert ElementTree.tostring(ElementTree.fromstring(figure.svg)).count(b"<") == text.count("<") - 3
