"""The report's figures, each drawn from the evidence's tables."""

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float

from ontogeny import atlas
from ontogeny.atlas import Figure
from ontogeny.claims import Evidence
from ontogeny.instruments import prunable
from ontogeny.statistics import correlation

NAMES = {
    "repeated_segments": "repetition",
    "associative_recall": "recall",
    "markov_chains": "Markov chains",
    "function_tables": "function tables",
    "modular_shift": "modular shift",
    "modular_sums": "modular sums",
    "majority": "majority",
    "sorting": "sorting",
    "lego_questions": "chains, one hop",
    "addition": "addition",
}
"""How tasks are called where people read."""


def draw(evidence: Evidence) -> Sequence[Figure]:
    """All figures that the evidence has tables for."""
    if not evidence.seeds("main"):
        return []
    drawn = [_course(evidence)]
    if all(len(table) for table in evidence.each("agreement")):
        drawn += [_pruning(evidence), _prunable(evidence), _agreement(evidence), _enrichment(evidence)]
    return [*drawn, _layers(evidence)]


def _tasks(evidence: Evidence) -> list[str]:
    return list(dict.fromkeys(evidence.tables["course"]["task"].to_pylist()))


def _by_task(
    evidence: Evidence, table: str, value: Callable[[pa.Table], float], **chosen: object
) -> Float[np.ndarray, "seed task"]:
    """A number from each seed's rows of each task; nan where there are none."""
    found = np.full((len(evidence.seeds("main")), len(_tasks(evidence))), np.nan)
    for seed, rows in enumerate(evidence.each(table)):
        for column, wanted in chosen.items():
            rows = rows.filter(pc.field(column) == wanted)
        for place, task in enumerate(_tasks(evidence)):
            of_task = rows.filter(pc.field("task") == task)
            if len(of_task):
                found[seed, place] = value(of_task)
    return found


def _course(evidence: Evidence) -> Figure:
    tasks, tables = _tasks(evidence), evidence.each("course")

    def panel(chosen: Sequence[str]) -> atlas.Panel:
        lines = [
            atlas.line_of([table.filter(pc.field("task") == task) for table in tables], NAMES[task], "step", "way")
            for task in chosen
        ]
        levels = [atlas.Level("chance", 0), atlas.Level("best possible", 1)]
        return atlas.Panel("share of the way", lines, limits=(-0.1, 1.08), levels=levels)

    half = -(-len(tasks) // 2)
    return atlas.curves(
        "course",
        [panel(tasks[:half]), panel(tasks[half:])],
        title="What is learned of each task",
        caption="How far the accuracy of answers is on the way from chance to the best possible, on the same fresh "
        "sequences throughout. Bands are 95 % intervals over seeds.",
        panel_height=240,
    )


def _pruning(evidence: Evidence) -> Figure:
    def line(kind: str, label: str, *, by_importance: bool) -> atlas.Line:
        seeds = []
        for table in evidence.each("curves"):
            rows = table.filter(pc.field("kind") == kind)
            rows = rows.filter(pc.field("order") < 0) if by_importance else rows.filter(pc.field("order") >= 0)
            removed = np.unique(rows["removed"].to_numpy())
            each = rows["accuracy"].to_numpy().reshape(-1, len(removed))  # [task and order, count]
            seeds.append((each / each[:, :1]).mean(axis=0))
        return atlas.Line(label, removed / removed[-1], np.stack(seeds), control=not by_importance)

    panels = [
        atlas.Panel(
            "share of its accuracy",
            [
                line(kind, "by importance", by_importance=True),
                line(kind, "in random order", by_importance=False),
            ],
            title=title,
            limits=(0, 1.05),
            levels=[atlas.Level("a twentieth lost", 0.95)],
        )
        for kind, title in (("heads", "Heads"), ("mlps", "MLPs"))
    ]
    return atlas.curves(
        "pruning",
        panels,
        title="What is left of a task without the less important parts",
        caption="Accuracy over the untouched model's, mean over the tasks that were learned: parts are taken out one "
        "after the other (zero ablation), the least important for the task first, measured anew as they go. Bands are "
        "95 % intervals over seeds.",
        x_label="share of all heads, or of all MLPs, taken out",
        columns=2,
        panel_height=260,
    )


def _prunable(evidence: Evidence) -> Figure:
    def share(rows: pa.Table) -> float:
        orders = np.unique(rows["order"].to_numpy())
        counts = [rows.filter(pc.field("order") == order) for order in orders.tolist()]
        each = [prunable(curve["removed"].to_numpy(), curve["accuracy"].to_numpy()) for curve in counts]
        return float(np.mean(each) / rows["removed"].to_numpy().max())

    def panel(kind: str, title: str) -> atlas.BarPanel:
        def at_random(rows: pa.Table) -> float:
            return share(rows.filter(pc.field("order") >= 0))

        series = [
            atlas.Bars("by importance", _by_task(evidence, "curves", share, kind=kind, order=-1)),
            atlas.Bars("in random order", _by_task(evidence, "curves", at_random, kind=kind), control=True),
        ]
        names = [NAMES[task] for task in _tasks(evidence)]
        return atlas.BarPanel(names, series, title=title, y_label="share", limits=(0, 1.05))

    return atlas.bars(
        "prunable",
        [panel("heads", "Heads"), panel("mlps", "MLPs")],
        title="How much can go until a twentieth of the accuracy is lost",
        caption="Tasks that were not learned have no bar. Lines are 95 % intervals over seeds.",
    )


def _agreement(evidence: Evidence) -> Figure:
    tasks, last = _tasks(evidence), max(evidence.tables["importance"]["step"].to_pylist())
    known = [set(table["task"].to_pylist()) for table in evidence.each("curves")]
    matrices = np.full((len(known), len(tasks), len(tasks)), np.nan)
    for seed, table in enumerate(evidence.each("importance")):
        rows = table.filter((pc.field("step") == last) & (pc.field("head") >= 0))
        each = {task: rows.filter(pc.field("task") == task)["importance"].to_numpy() for task in tasks}
        for one, two in np.ndindex(len(tasks), len(tasks)):
            if one != two and {tasks[one], tasks[two]} <= known[seed]:
                matrices[seed, one, two] = correlation(each[tasks[one]], each[tasks[two]])
    shown = np.where(np.isfinite(matrices).any(axis=0), np.nan_to_num(matrices).sum(axis=0), np.nan)
    counts = np.isfinite(matrices).sum(axis=0)
    names = [NAMES[task] for task in tasks]
    return atlas.heat_map(
        "agreement",
        [atlas.HeatPanel(shown / np.maximum(counts, 1), names, names)],
        title="Which tasks need the same heads",
        caption="Rank correlation of the importance of heads between tasks, mean over the seeds that learned both.",
        limits=(-0.2, 1),
        columns=1,
    )


def _enrichment(evidence: Evidence) -> Figure:
    def share(rows: pa.Table) -> float:
        return float(rows["value"][0].as_py())

    series = [
        atlas.Bars(label, _by_task(evidence, "enrichment", share, meter=meter))
        for label, meter in (("that match prefixes", "prefix_matching"), ("that copy", "copying_logits"))
    ]
    expected = float(evidence.tables["enrichment"]["mean"][0].as_py())
    names = [NAMES[task] for task in _tasks(evidence)]
    top = 1.3 * max(1.0, *(float(np.nan_to_num(bars.values).max()) for bars in series))
    levels = [atlas.Level("by chance", expected)]
    panel = atlas.BarPanel(names, series, y_label="heads found", levels=levels, limits=(0, top))
    return atlas.bars(
        "enrichment",
        [panel],
        title="Induction heads among the important ones",
        caption="How many of the heads that score highest on a task-free test are among a task's top 30 %. Lines are "
        "95 % intervals over seeds.",
        panel_height=260,
    )


def _layers(evidence: Evidence) -> Figure:
    tasks, last = _tasks(evidence), max(evidence.tables["importance"]["step"].to_pylist())
    layers = sorted(set(evidence.tables["importance"]["layer"].to_pylist()))

    def panel(title: str, *, heads: bool) -> atlas.HeatPanel:
        values = np.zeros((len(tasks), len(layers)))
        for table in evidence.each("importance"):
            rows = table.filter((pc.field("step") == last) & ((pc.field("head") >= 0) == heads))
            for row, task in enumerate(tasks):
                of_task = rows.filter(pc.field("task") == task)
                found = np.bincount(of_task["layer"].to_numpy(), of_task["importance"].to_numpy())
                values[row] += found / found.sum() / len(evidence.seeds("main"))
        return atlas.HeatPanel(values, [NAMES[task] for task in tasks], [f"layer {layer}" for layer in layers], title)

    return atlas.heat_map(
        "layers",
        [panel("Heads", heads=True), panel("MLPs", heads=False)],
        title="Where importance lies",
        caption="The share of each layer in the importance of all heads, and of all MLPs, for each task, learned or "
        "not; mean over seeds.",
        limits=(0, 0.8),
    )
