"""A small study with evidence, and one figure of every kind."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from ontogeny import atlas
from ontogeny.claims import Above, Claim, Evidence, Quantity, Untested, Verdict

STEPS = np.array([0.0, 100, 200, 400, 800, 1600])
HOSTILE = '</script><img src=x onerror=alert(1)> & "$x$" \''


def rising(seeds: int = 3) -> np.ndarray:
    """Six checkpoints of a curve for each seed."""
    noise = np.random.default_rng(0).normal(0, 0.01, (seeds, len(STEPS)))
    return 0.9 * STEPS / STEPS.max() + noise


def frame(title: str = "move", facing: int = 0) -> atlas.Frame:
    walls, markers = np.zeros((3, 4), dtype=bool), np.zeros((3, 4), dtype=int)
    walls[0, 3], markers[1, 1], markers[2, 0] = True, 1, 2
    beliefs = (atlas.Belief("heading", "left", 0.75, True), atlas.Belief("row", "2", 0.4, False))
    return atlas.Frame(title, walls, markers, (2, 0, facing), beliefs, correct=False)


def draw(label: str = "probe") -> list[atlas.Figure]:
    """One figure of every kind, with `label` as title, caption and wherever a name can stand."""
    words: dict[str, Any] = {"title": label, "caption": label}
    line, control = (
        atlas.Line(label, STEPS, rising()),
        atlas.Line(f"{label} control", STEPS, rising() / 3, control=True),
    )
    mark, level = atlas.Mark(label, 300, 200, 500), atlas.Level(label, 0.5)
    panel = atlas.Panel(label, [line, control], title=label, marks=[mark], levels=[level])
    points = [atlas.Points(f"{label} {seed}", rising()[seed], rising()[seed] ** 2, STEPS) for seed in range(3)]
    groups = [f"{label} {number}" for number in range(3)]
    series = [atlas.Bars(label, rising()[:, :3]), atlas.Bars(f"{label} control", rising()[:, 1:4], control=True)]
    cells = np.array([[0.1, 0.9, np.nan], [-0.2, 1.4, 0.5]])
    return [
        atlas.curves("stacked", [panel, panel], **words, x_label=label),
        atlas.curves("beside", [panel, panel, panel], **words, columns=2),
        atlas.scatter("points", [atlas.ScatterPanel(points, label, label)], **words, x_label=label, y_label=label),
        atlas.bars("bars", [atlas.BarPanel(groups, series, label, label, [level], (0, 1))], **words),
        atlas.heat_map("heat", [atlas.HeatPanel(cells, [label, "b"], groups, label)], **words, x_label=label),
        atlas.film_strip("strip", [frame(label, facing) for facing in range(4)], **words, above=label, below=label),
    ]


@pytest.fixture(scope="session")
def figures() -> list[atlas.Figure]:
    return draw()


@pytest.fixture(scope="session")
def hostile_figures() -> list[atlas.Figure]:
    return draw(HOSTILE)


@pytest.fixture(scope="session")
def draw_again() -> Callable[[], list[atlas.Figure]]:
    return draw


@pytest.fixture(scope="session")
def hostile() -> str:
    return HOSTILE


@pytest.fixture(scope="session")
def claims() -> tuple[Claim, ...]:
    return (
        Claim(
            id="solves",
            statement="It solves what it has not seen.",
            source="Authors 2024",
            published="92.4 %",
            quantity="solved",
            criterion=Above(threshold=0.9, partly=0.5),
            presets=("smoke",),
        ),
        Claim(
            id="loops",
            statement="So it does with loops.",
            source="this laboratory",
            beyond=True,
            untested=Untested(verdict=Verdict.UNDECIDED, reason="not yet run"),
        ),
    )


@pytest.fixture(scope="session")
def make_study(claims: tuple[Claim, ...]) -> Callable[..., Any]:
    def make(words: str = "Study", figures: tuple[atlas.Figure, ...] = (), url: str = "https://example.org/p") -> Any:
        paper = SimpleNamespace(title=words, authors=words, year=2024, venue=words, url=url, code=None)
        arms = {"main": (), "slow": ("steps=8",), words: ()}
        named = {"id": words, "title": words, "question": words, "family": words}
        return SimpleNamespace(**named, paper=paper, settings={}, arms=arms, claims=claims, figures=lambda _: figures)

    return make


@pytest.fixture(scope="session")
def make_evidence(claims: tuple[Claim, ...]) -> Callable[..., Evidence]:
    def make(seeds: int = 3, arms: tuple[str, ...] = ("main",), rows: int = 3, words: str = "heading") -> Evidence:
        evidence = Evidence.empty("study", "smoke")
        for arm in arms:
            for seed in range(seeds):
                numbers = [Quantity("solved", 0.95 + seed / 100), Quantity("solved", seed / 1000, "sham")]
                table = pa.table({"step": range(rows), "feature": [words] * rows, "value": [0.123456789] * rows})
                record = {"seconds": 60.0, "runs": ["8f14e45fceea167a"], "hardware": {"processor": words, "cores": 2}}
                evidence = evidence.with_seed(arm, seed, numbers, {"curves": table}, record, claims=claims)
        evidence.record["settings"] = {arm: {"world": {"side": 5}, "note": words} for arm in arms}
        return evidence

    return make
