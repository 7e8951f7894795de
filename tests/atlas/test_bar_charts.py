import numpy as np
import pytest

from ontogeny.atlas import BarPanel, Bars, bars

WORDS = {"title": "t", "caption": "c"}


def test_bars_that_were_not_measured_are_left_out():
    def drawn(second):
        return bars("a", [BarPanel(["x", "y"], [Bars("one", np.array([[0.1, second]]))], limits=(0, 1))], **WORDS)

    whole, part = drawn(0.2), drawn(np.nan)
    assert part.svg.count("<path") == whole.svg.count("<path") - 2  # the bar, and the paper behind it


def test_each_seed_is_a_dot_and_one_seed_has_neither_dot_nor_interval():
    def drawn(seeds):
        values = np.linspace(0.1, 0.2, seeds)[:, None] * np.ones((1, 2))
        return bars("a", [BarPanel(["x", "y"], [Bars("one", values)])], **WORDS).svg

    assert drawn(3).count("<use") == drawn(4).count("<use") - 2
    assert drawn(1).count("stroke-width: 1.6") == 0
    assert drawn(3).count("stroke-width: 1.6") == 2


def test_values_that_do_not_fit_the_groups_are_refused_by_name():
    with pytest.raises(ValueError, match=r"bars 'one': values of shape \(1, 2\) for 3 groups"):
        bars("a", [BarPanel(["x", "y", "z"], [Bars("one", np.ones((1, 2)))])], **WORDS)
