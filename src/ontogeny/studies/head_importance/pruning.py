"""How many heads, and how many MLPs, can be taken out of the trained model before a task suffers."""

from collections.abc import Sequence
from typing import cast

import pyarrow as pa

from ontogeny.instruments import Part, heads_and_mlps, pruning_curve, pruning_order, random_orders
from ontogeny.models import TransformerModel
from ontogeny.studies.head_importance.readings import task_batch
from ontogeny.studies.head_importance.settings import Settings
from ontogeny.training import Trajectory


def curves(run: Trajectory, settings: Settings, tasks: Sequence[str]) -> pa.Table:
    """Accuracy without the first parts of an order: by importance, measured anew as parts go, and at random.

    Heads are pruned with all MLPs in place, MLPs with all heads. Importance is measured on other sequences than
    accuracy. Columns: task, kind ("heads", "mlps"), order (-1: by importance, from 0 on: random ones),
    removed, share, loss, accuracy.
    """
    model = cast(TransformerModel, run.load(run.training.steps))
    tables = []
    for kind, parts in kinds(model).items():
        at_once = settings.at_once if kind == "heads" else 1
        for name in tasks:
            others = random_orders(parts, settings.orders, seed=run.seed, name=name)
            rated = task_batch(run, name, settings.rated, "probe")
            tested = task_batch(run, name, settings.tested, "test")
            for number, order in enumerate([pruning_order(model, rated, parts, at_once=at_once), *others], start=-1):
                table = pruning_curve(model, tested, order, every=at_once)
                label = {"task": name, "kind": kind, "order": number}
                for column, value in label.items():
                    table = table.append_column(column, pa.array([value] * len(table)))
                tables.append(table)
    return pa.concat_tables(tables) if tables else _EMPTY


def kinds(model: TransformerModel) -> dict[str, list[Part]]:
    """All heads, and all MLPs."""
    parts = heads_and_mlps(model)
    return {
        "heads": [part for part in parts if part.head is not None],
        "mlps": [part for part in parts if part.head is None],
    }


_EMPTY = pa.table(
    {
        "removed": pa.array([], pa.int64()),
        "share": pa.array([], pa.float64()),
        "loss": pa.array([], pa.float64()),
        "accuracy": pa.array([], pa.float64()),
        "task": pa.array([], pa.string()),
        "kind": pa.array([], pa.string()),
        "order": pa.array([], pa.int64()),
    }
)
"""Where no task was learned."""
