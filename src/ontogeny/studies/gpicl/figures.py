"""The report's figures, each drawn from one of the evidence's tables."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ontogeny import atlas
from ontogeny.atlas import Figure
from ontogeny.claims import Evidence
from ontogeny.studies.gpicl.quantities import BAR, HALF
from ontogeny.studies.gpicl.readings import NEIGHBOUR, NULL, SHUFFLED, TRAINED
from ontogeny.studies.gpicl.settings import LARGE, LARGE_BATCH, OTHERS, PERMUTED, SEEN, SMALL, SMALL_BATCH, UNSEEN

NAMES = {LARGE: "Larger transformer", SMALL: "Smaller transformer"}
LEVEL = "level"


def draw(evidence: Evidence) -> Sequence[Figure]:
    """All figures that the evidence has tables for."""
    if not evidence.seeds("main"):
        return []
    return [
        _map(evidence),
        _shots(evidence),
        _transition(evidence),
        _data(evidence),
        _state(evidence),
        _course(evidence),
        _interventions(evidence),
    ]


def _powers(tables: Sequence[pa.Table]) -> list[int]:
    return np.unique(tables[0]["power"].to_numpy()).tolist()


def _count(power: int) -> str:
    """So many tasks."""
    return f"{2**power} task{'s' * (power > 0)}" if power < 7 else f"2^{power} tasks"


def _map(evidence: Evidence) -> Figure:
    tables = evidence.each("accuracy")
    powers, last = _powers(tables), pc.max(tables[0]["shown"]).as_py()
    asked = {"seen, at once": (SEEN, 0), "seen, at last": (SEEN, last), "unseen, at last": (UNSEEN, last)}
    asked |= {name.replace("_", " "): (name, last) for name in OTHERS}

    def row(model: str, test: str, shown: int) -> list[float]:
        cells = [atlas.stacked(tables, TRAINED, model=model, power=power, test=test, shown=shown) for power in powers]
        return [float(cell.mean()) for cell in cells]

    panels = [
        atlas.HeatPanel(
            np.array([row(model, *place) for place in asked.values()]),
            list(asked),
            [f"2^{power}" for power in powers],
            title=title,
        )
        for model, title in NAMES.items()
    ]
    return atlas.heat_map(
        "map",
        panels,
        title="From memorising to learning, by the number of tasks",
        caption="Level (accuracy above chance, over what chance leaves open; mean over seeds) before the first example "
        f"(at once) and after {last} (at last), on tasks trained on, on new ones and on data never trained on. "
        "Below 0: labels are named that the data do not have.",
        x_label="tasks trained on",
    )


def _shots(evidence: Evidence) -> Figure:
    tables = evidence.each("accuracy")
    shown = np.unique(tables[0]["shown"].to_numpy())
    panels = [
        atlas.Panel(
            LEVEL,
            [
                atlas.Line(_count(power), shown, atlas.stacked(tables, TRAINED, model=LARGE, power=power, test=test))
                for power in _powers(tables)
            ],
            title=title,
            limits=(-0.1, 1.05),
        )
        for test, title in ((SEEN, "Tasks trained on"), (UNSEEN, "New tasks"))
    ]
    return atlas.curves(
        "shots",
        panels,
        title="What examples are worth",
        caption="Level of the larger transformer by the number of examples shown before, on digits that it was never "
        "trained on. Who is right at once has memorised; who becomes so on new tasks learns.",
        x_label="examples shown",
        columns=2,
        panel_height=270,
    )


def _transition(evidence: Evidence) -> Figure:
    tables, regimes = evidence.each("reference"), evidence.each("regimes")
    powers = np.array(_powers(tables))
    last = pc.max(tables[0]["shown"]).as_py()
    seen = atlas.stacked(tables, NEIGHBOUR, test=SEEN, shown=last)
    unseen = atlas.stacked(tables, NEIGHBOUR, test=UNSEEN, shown=last)
    lines = [
        atlas.Line(
            title.lower(),
            powers,
            atlas.stacked(regimes, "unseen_last", model=model) / atlas.stacked(regimes, "seen_last", model=model),
        )
        for model, title in NAMES.items()
    ]
    lines.append(atlas.Line("nearest example", powers, unseen / seen, True))
    return atlas.curves(
        "transition",
        [atlas.Panel("unseen over seen", lines, levels=[atlas.Level("half", HALF)], limits=(-0.2, 1.3))],
        title="Where learning takes over",
        caption="Level on unseen tasks over that on seen ones, after the last example. A model that has learned "
        "neither has no such ratio to speak of.",
        x_label="tasks trained on (powers of two)",
        panel_height=270,
    )


def _data(evidence: Evidence) -> Figure:
    tables, references = evidence.each("accuracy"), evidence.each("reference")
    most, last = max(_powers(tables)), pc.max(tables[0]["shown"]).as_py()
    names = (UNSEEN, *OTHERS)

    def bars(label: str, found: Sequence[pa.Table], column: str, control: bool, **chosen: object) -> atlas.Bars:
        values = [atlas.stacked(found, column, test=name, shown=last, power=most, **chosen) for name in names]
        return atlas.Bars(label, np.concatenate(values, axis=1), control)

    series = [
        bars("transformer", tables, TRAINED, False, model=LARGE),
        bars("nearest example", references, NEIGHBOUR, False),
        bars("untrained", tables, NULL, True, model=LARGE),
        bars("labels dealt anew", tables, SHUFFLED, True, model=LARGE),
    ]
    groups = ["digits, new tasks", *(name.replace("_", " ") for name in OTHERS)]
    return atlas.bars(
        "data",
        [atlas.BarPanel(groups, series, y_label=LEVEL)],
        title="New tasks and other data",
        caption="Level after the last example of the larger transformer trained on the most tasks, of the nearest "
        "example's label, and of controls. Below 0: labels are named that the data do not have.",
        panel_height=270,
    )


def _state(evidence: Evidence) -> Figure:
    models, regimes = evidence.each("models"), evidence.each("regimes")
    most = max(_powers(models))
    rows = models[0].filter(pc.field("power") == most).sort_by("state").to_pylist()
    names = [f"{row['model']}: state {row['state']}, {row['parameters'] / 1000:.0f}k parameters" for row in rows]
    values = [atlas.stacked(regimes, "unseen_last", model=row["model"], power=most) for row in rows]
    return atlas.bars(
        "state",
        [atlas.BarPanel(names, [atlas.Bars("unseen tasks", np.concatenate(values, axis=1))], y_label=LEVEL)],
        title="State or parameters?",
        caption="Level on unseen tasks after the last example, of models trained on the most tasks, by the size of the "
        "state. Twin and cells: recurrent nets (LSTM), the twin with as many parameters as the larger transformer.",
        panel_height=270,
    )


def _course(evidence: Evidence) -> Figure:
    tables = evidence.each("course")
    steps = np.unique(tables[0]["step"].to_numpy())
    panels = [
        atlas.Panel(
            LEVEL,
            [
                atlas.Line(_count(power), steps, atlas.stacked(tables, column, model=LARGE, power=power))
                for power in _powers(tables)
            ],
            title=title,
            limits=(-0.1, 1.05),
        )
        for column, title in (
            ("seen_first", "Seen tasks, at once"),
            ("seen_last", "Seen tasks, at last"),
            ("unseen_last", "Unseen tasks, at last"),
        )
    ]
    return atlas.curves(
        "course",
        panels,
        title="What comes first over training",
        caption="Level of the larger transformer before the first and after the last example.",
        columns=3,
        panel_height=250,
    )


def _interventions(evidence: Evidence) -> Figure:
    tables = evidence.each("interventions")
    steps = np.unique(tables[0]["step"].to_numpy())
    power = tables[0]["power"][0].as_py()
    lines = [
        atlas.Line(name, steps, atlas.stacked(tables, "unseen_last", model=name))
        for name in (LARGE_BATCH, SMALL_BATCH, PERMUTED)
    ]
    return atlas.curves(
        "interventions",
        [atlas.Panel(LEVEL, lines, levels=[atlas.Level("bar", BAR)], limits=(-0.1, 1.05))],
        title="What shortens the plateau?",
        caption="Level of the larger transformer on unseen tasks after the last example, over training on "
        f"{_count(power)} with positions as published. With the large batch and the small one labels are often not "
        "permuted in training; always permuted: the large batch without that.",
        panel_height=270,
    )
