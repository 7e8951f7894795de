from xml.etree import ElementTree

import numpy as np
import pytest

from ontogeny.atlas import Belief, Frame, film_strip

SVG = "{http://www.w3.org/2000/svg}"
WORDS = {"title": "t", "caption": "c"}
EMPTY = np.zeros((2, 3), dtype=int)


def parts(frames, **options):
    return ElementTree.fromstring(film_strip("a", frames, **WORDS, **options).svg)


def texts(root):
    return ["".join(element.itertext()) for element in root.iter(f"{SVG}text")]


def test_walls_markers_and_robot_are_where_they_should_be():
    walls, markers = EMPTY.astype(bool), EMPTY.copy()
    walls[1, 2], markers[0, 1] = True, 3
    root = parts([Frame("move", walls, markers, (1, 0, 2))], columns=1)
    cell = float(root.findall(f".//{SVG}rect")[0].get("width")) / 3
    wall = root.findall(f".//{SVG}rect")[1]
    circle = root.find(f".//{SVG}circle")
    robot = next(path for path in root.iter(f"{SVG}path") if "rotate" in path.get("transform", ""))
    assert float(wall.get("x")) == pytest.approx(2 * cell + 1, abs=0.1)
    assert float(wall.get("y")) == pytest.approx(cell + 1, abs=0.1)
    assert (float(circle.get("cx")), float(circle.get("cy"))) == pytest.approx((1.5 * cell, 0.5 * cell), abs=0.1)
    assert robot.get("transform") == f"translate({0.5 * cell:.1f} {1.5 * cell:.1f}) rotate(180)"
    assert robot.find(f"{SVG}title").text == "robot facing south"
    assert "3" in texts(root)


def test_beliefs_say_value_confidence_and_whether_they_were_right():
    beliefs = [Belief("heading", "left", 0.756, True), Belief("row", "2", 0.3, False), Belief("column", "1", 0.2)]
    root = parts(
        [
            Frame("move", EMPTY.astype(bool), EMPTY, (0, 0, 0), beliefs),
            Frame("END", EMPTY.astype(bool), EMPTY, (0, 0, 1)),
        ]
    )
    assert {"heading", "left", "76%", "row", "2", "30%", "column", "1", "20%", "move", "END"} <= set(texts(root))
    assert [title.text for title in root.iter(f"{SVG}title")].count("right") == 1
    assert [title.text for title in root.iter(f"{SVG}title")].count("wrong") == 1


@pytest.mark.parametrize(("count", "lines"), [(1, 1), (6, 1), (7, 2), (13, 3)])
def test_frames_flow_into_lines_of_even_length(count, lines):
    root = parts([Frame("move", EMPTY.astype(bool), EMPTY, (0, 0, 0))] * count)
    frames = [group.get("transform") for group in root.findall(f"{SVG}g")]
    tops = {transform.split()[1] for transform in frames}
    assert len(frames) == count
    assert len(tops) == lines
    assert texts(root).count("the model wrote") == lines


def test_everything_lies_inside_the_picture():
    for count in (1, 5, 6):
        root = parts([Frame("move", EMPTY.astype(bool), EMPTY, (0, 0, 0), [Belief("row", "1", 1.2)])] * count)
        _, _, width, height = map(float, root.get("viewBox").split())
        for group in root.findall(f"{SVG}g"):
            left, top = map(float, group.get("transform")[len("translate(") : -1].split())
            for rect in group.iter(f"{SVG}rect"):
                assert left + float(rect.get("width")) <= width
                assert top + float(rect.get("y", 0)) + float(rect.get("height")) <= height


def test_long_words_are_cut_with_an_ellipsis():
    root = parts([Frame("a_very_long_operation_name_indeed", EMPTY.astype(bool), EMPTY, (0, 0, 0))] * 6)
    assert any(text.startswith("a_very_l") and text.endswith("\N{HORIZONTAL ELLIPSIS}") for text in texts(root))


def test_no_frames_is_an_error():
    with pytest.raises(ValueError, match="at least one frame"):
        film_strip("a", [], **WORDS)
