import itertools

import numpy as np
import pytest
from scipy.spatial.distance import euclidean

from ontogeny.atlas.theme import COLOURS, DARK, LIGHT, css_variables, variable

TEXT = [name for name in COLOURS if name not in ("paper", "panel", "edge", "grid")]

# Machado, Oliveira and Fernandes 2009, severity 1: what a dichromat sees, on linear RGB.
BLINDNESS = {
    "none": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def linear(colour: str) -> np.ndarray:
    parts = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def lab(rgb: np.ndarray) -> np.ndarray:
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ rgb
    x, y, z = np.cbrt(np.clip(xyz / [0.9505, 1, 1.089], 0.008856, None))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("ground", ["paper", "panel"])
@pytest.mark.parametrize("name", TEXT)
def test_text_can_be_read(theme, ground, name):
    lighter, darker = sorted([luminance(theme[name]), luminance(theme[ground])], reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("eyes", BLINDNESS)
def test_the_first_four_series_are_told_apart_by_all_eyes(theme, eyes):
    seen = [lab(np.clip(BLINDNESS[eyes] @ linear(theme[f"series-{number}"]), 0, 1)) for number in range(1, 5)]
    for one, other in itertools.combinations(seen, 2):
        assert euclidean(one, other) > 17


def test_each_light_colour_has_one_name_since_figures_are_themed_by_colour():
    assert len(set(LIGHT.values())) == len(LIGHT)


def test_css_names_every_colour_once_for_each_theme_and_keeps_paper_light():
    css = css_variables(":root")
    screen = css.index("@media screen and (prefers-color-scheme: dark)")
    for name in COLOURS:
        assert css.count(f"--{name}:") == 2
        assert css.index(f"--{name}: {LIGHT[name]}") < screen < css.index(f"--{name}: {DARK[name]}")
    assert variable("ink") == f"var(--ink, {LIGHT['ink']})"
