import re

import numpy as np

from ontogeny.atlas import Points, ScatterPanel, scatter


def drawn(step):
    points = [Points("seed 0", np.arange(4.0), np.arange(4.0), np.asarray(step, dtype=float))]
    figure = scatter("a", [ScatterPanel(points)], title="t", caption="c", x_label="x", y_label="y")
    return re.findall(r"<use [^>]*fill: (#[0-9a-f]{6})", figure.svg)


def test_colour_follows_step_and_points_are_drawn_in_order_of_training():
    forwards, backwards = drawn([0, 10, 20, 30]), drawn([30, 20, 10, 0])
    assert len(set(forwards)) == 4
    assert forwards == backwards


def test_one_step_alone_has_a_colour():
    assert len(set(drawn([5, 5, 5, 5]))) == 1
