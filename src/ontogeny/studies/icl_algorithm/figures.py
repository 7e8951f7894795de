"""The report's figures, each drawn from one of the evidence's tables."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ontogeny import atlas
from ontogeny.atlas import Figure
from ontogeny.claims import Evidence
from ontogeny.studies.icl_algorithm.probing import BENT, FIXED, LINEAR, VALUE
from ontogeny.studies.icl_algorithm.quantities import nearest_penalty
from ontogeny.studies.icl_algorithm.readings import EXACT, NULL, STEP, TRAINED

SHOWN = ("averaging", STEP, "4 steps", "ridge 4", "ridge 1", "ridge 0.25", EXACT, "3 nearest")
"""Algorithms that the map is drawn with."""
TARGETS = {"weights": "Weights of least squares", "moment": "Moment X^T y"}


def draw(evidence: Evidence) -> Sequence[Figure]:
    """All figures that the evidence has tables for."""
    if not evidence.seeds("main"):
        return []
    return [
        _map(evidence),
        _penalties(evidence),
        _optimum(evidence),
        _layers(evidence),
        _selectivity(evidence),
        _pools(evidence),
    ]


def _values(table: pa.Table, column: str) -> list:
    return sorted(set(table[column].to_pylist()))


def _map(evidence: Evidence) -> Figure:
    tables = evidence.each("algorithms")
    depths, most = _values(tables[0], "layers"), pc.max(tables[0]["examples"]).as_py()

    def away(noise: float) -> np.ndarray:
        """Octaves by which each algorithm, [algorithm depth], is farther from the model than the nearest one is."""
        chosen = {"noise": noise, "examples": most}
        each = [
            [atlas.stacked(tables, TRAINED, algorithm=name, layers=depth, **chosen).mean() for depth in depths]
            for name in SHOWN
        ]
        return np.log2(np.array(each) / np.min(each, axis=0))

    panels = [
        atlas.HeatPanel(away(noise), SHOWN, [_deep(depth) for depth in depths], title=f"noise {noise:g}")
        for noise in _values(tables[0], "noise")
    ]
    return atlas.heat_map(
        "map",
        panels,
        title="Which algorithm predicts alike, by depth and noise",
        caption=f"How much farther from the model's each algorithm's predictions with {most} examples are than those "
        "of the nearest one, which has 0: in octaves of the mean squared difference, means over seeds. Rates of "
        "descent are tuned on other episodes.",
        limits=(3.0, 0.0),
        digits=1,
    )


def _deep(layers: int) -> str:
    return f"{layers} layer{'s' * (layers > 1)}"


def _penalties(evidence: Evidence) -> Figure:
    tables = evidence.each("penalties")
    noises = np.array([noise for noise in _values(tables[0], "noise") if noise > 0])

    def nearest(depth: int) -> np.ndarray:
        return np.array(
            [[nearest_penalty(_rows(table, depth, noise), TRAINED) for noise in noises.tolist()] for table in tables]
        )

    lines = [atlas.Line(_deep(depth), noises**2, nearest(depth)) for depth in _values(tables[0], "layers")]
    lines.append(atlas.Line("optimal", noises**2, np.tile(noises**2, (len(tables), 1)), True))
    return atlas.curves(
        "penalties",
        [atlas.Panel("nearest penalty", lines, y_scale="log")],
        title="The penalty of the nearest ridge regression, by the noise",
        caption="The penalty with which ridge regression predicts most like the model, over all numbers of examples, "
        "by the variance of the noise that the model was trained under; weights have variance 1, so that the optimal "
        "penalty is the noise's variance.",
        x_label="variance of the noise",
        x_scale="log",
        panel_height=260,
    )


def _rows(table: pa.Table, layers: int, noise: float) -> list[dict]:
    return table.filter((pc.field("layers") == layers) & (pc.field("noise") == noise)).to_pylist()


def _optimum(evidence: Evidence) -> Figure:
    tables = evidence.each("optimum")
    noises = _values(tables[0], "noise")

    def bars(label: str, column: str, depth: int, control: bool = False) -> atlas.Bars:
        found = [atlas.stacked(tables, column, layers=depth, noise=noise) for noise in noises]
        return atlas.Bars(label, np.concatenate(found, axis=1), control)

    depths = _values(tables[0], "layers")
    series = [bars(_deep(depth), f"{TRAINED}_error", depth) for depth in depths]
    series.append(bars("Bayes-optimal", "bayes_error", depths[-1], True))
    return atlas.bars(
        "optimum",
        [atlas.BarPanel([f"noise {noise:g}" for noise in noises], series, y_label="normalised squared error")],
        title="What models reach, and what can be reached",
        caption="Squared error over one to 2 d examples, over the mean square of the noisy values.",
        panel_height=260,
    )


def _layers(evidence: Evidence) -> Figure:
    """By layer, at the position of the last value, with 2 d examples."""
    tables = evidence.each("probes")
    layers, most = _values(tables[0], "layer"), pc.max(tables[0]["examples"]).as_py()

    def line(label: str, source: str, target: str, probe: str, control: bool = False) -> atlas.Line:
        chosen = {"source": source, "target": target, "probe": probe, "at": VALUE, "examples": most}
        found = [atlas.stacked(tables, "test", layer=layer, **chosen) for layer in layers]
        return atlas.Line(label, np.array(layers), np.concatenate(found, axis=1), control)

    panels = [
        atlas.Panel(
            "share of variance read",
            [
                line("trained", TRAINED, target, BENT),
                line("trained, linear probe", TRAINED, target, LINEAR),
                line("fixed weights", FIXED, target, BENT),
                line("untrained", NULL, target, BENT, True),
            ],
            title=title,
            limits=(-0.1, 1.05),
        )
        for target, title in TARGETS.items()
    ]
    return atlas.curves(
        "layers",
        panels,
        title="What can be read off the residual stream, by layer",
        caption=f"At the position of the last of {most} values, in the deepest model trained without noise. Layer 0 is "
        "the embedding. Fixed weights: the control task, a model trained on one function, read on the same episodes. "
        "Below 0 a probe reads worse than the mean does.",
        x_label="layer",
        columns=2,
        panel_height=240,
    )


def _selectivity(evidence: Evidence) -> Figure:
    tables = evidence.each("probes")
    layers, counts = _values(tables[0], "layer"), _values(tables[0], "examples")

    def share(source: str, target: str) -> np.ndarray:
        chosen = {"source": source, "target": target, "probe": BENT, "at": VALUE}
        return np.array(
            [
                [atlas.stacked(tables, "test", layer=layer, examples=count, **chosen).mean() for count in counts]
                for layer in layers[::-1]
            ]
        )

    panels = [
        atlas.HeatPanel(
            share(TRAINED, target) - share(FIXED, target),
            [f"layer {layer}" if layer else "embedding" for layer in layers[::-1]],
            [str(count) for count in counts],
            title=title,
        )
        for target, title in TARGETS.items()
    ]
    return atlas.heat_map(
        "selectivity",
        panels,
        title="Read beyond the control task",
        caption="Share of variance read off the model, less that read off the one trained on a fixed function, by "
        "layer and number of examples, at the position of the last value; means over seeds.",
        x_label="examples shown",
    )


def _pools(evidence: Evidence) -> Figure:
    tables = evidence.each("pools")
    tasks = np.array(_values(tables[0], "tasks"))

    def line(label: str, column: str, functions: str, control: bool = False) -> atlas.Line:
        found = [atlas.stacked(tables, column, tasks=count, functions=functions) for count in tasks.tolist()]
        return atlas.Line(label, tasks, np.concatenate(found, axis=1), control)

    panels = [
        atlas.Panel(
            "difference of predictions",
            [
                line("from the pool's best", f"{TRAINED}_to_pool", "new"),
                line("from ridge", f"{TRAINED}_to_ridge", "new"),
                line("between both", "pool_to_ridge", "new", True),
            ],
            title="On new functions",
        ),
        atlas.Panel(
            "normalised squared error",
            [
                line("new functions", f"{TRAINED}_error", "new"),
                line("the pool's", f"{TRAINED}_error", "seen"),
                line("ridge, new functions", "ridge_error", "new", True),
                line("pool's best, the pool's", "pool_error", "seen", True),
            ],
            title="Errors",
        ),
    ]
    return atlas.curves(
        "pools",
        panels,
        title="Few tasks are known; with many the two answers come near one another",
        caption="Models trained on so many tasks. Left out of the errors are the pool's best answers on new functions.",
        x_label="tasks in training",
        x_scale="log",
        panel_height=230,
    )
