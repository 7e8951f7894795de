"""Do tasks need the same heads, and are these the induction heads? Against what chance gives."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float, Int

from ontogeny.statistics import Overlap, enrichment, permutation_test, rank_agreement, top, top_agreement
from ontogeny.studies.head_importance.settings import Settings

METERS = ("prefix_matching", "copying_logits")
"""What induction heads score high on."""
FEWEST = 2
"""Tasks that can be compared at all."""


def ratings(
    importance: pa.Table, tasks: Sequence[str], step: int, column: str = "importance", *, kind: str = "heads"
) -> Float[np.ndarray, "task part"]:
    """The importance of all heads, or of all MLPs, for these tasks; a task's sum to 1."""
    rows = importance.filter(pc.field("step") == step)
    rows = rows.filter(pc.field("head") >= 0) if kind == "heads" else rows.filter(pc.field("head") < 0)
    each = [rows.filter(pc.field("task") == task)[column].to_numpy() for task in tasks]
    found = np.stack(each) if each else np.empty((0, 0))
    return found / found.sum(axis=1, keepdims=True)


def layers_of(settings: Settings) -> Int[np.ndarray, " head"]:
    """The layer of every head."""
    return np.repeat(np.arange(settings.model.layers), settings.model.heads)


def agreement(importance: pa.Table, tasks: Sequence[str], settings: Settings, seed: int) -> pa.Table:
    """How much the importance of heads agrees between the learned tasks, before and after training.

    Columns: step, measure ("ranks": Spearman, "tops": overlap of the important heads; means over pairs of tasks), null
    ("anywhere": importance dealt anew among all heads, "within layers": among those of a layer), value, mean and high
    (of the null, and its 95th percentile), p_value.
    """
    measures: dict[str, Callable[[np.ndarray], float]] = {
        "ranks": rank_agreement,
        "tops": partial(top_agreement, count=settings.important),
    }
    nulls = {"anywhere": None, "within layers": layers_of(settings)}
    rows = []
    for step in (0, settings.training.steps) if len(tasks) >= FEWEST else ():
        scores = ratings(importance, tasks, step)
        for measure, statistic in measures.items():
            for null, groups in nulls.items():
                found = permutation_test(scores, statistic, seed=seed, groups=groups, draws=settings.permutations)
                rows.append({"step": step, "measure": measure, "null": null, **vars(found)})
    return pa.Table.from_pylist(rows, _AGREEMENT)


def enrichments(importance: pa.Table, heads: pa.Table, tasks: Sequence[str], settings: Settings) -> pa.Table:
    """How many of the best heads by each meter are among a task's important ones, and among those of all on average.

    Columns: meter, task ("all": by the mean importance over the learned tasks), value (how many are found), mean and
    high (of the hypergeometric distribution, and its 95th percentile), p_value.
    """
    rows = []
    scores = ratings(importance, tasks, settings.training.steps)
    for meter in METERS if tasks else ():
        marked = top(scores_of(heads, meter, settings.training.steps), settings.induction)
        for task, row in zip(("all", *tasks), (scores.mean(axis=0), *scores), strict=True):
            found: Overlap = enrichment(marked, top(row, settings.important))
            rows.append({"meter": meter, "task": task, **vars(found)})
    return pa.Table.from_pylist(rows, _ENRICHMENT)


def scores_of(heads: pa.Table, meter: str, step: int) -> Float[np.ndarray, " head"]:
    """A meter's score of every head, layer after layer."""
    rows = heads.filter((pc.field("meter") == meter) & (pc.field("step") == step))
    return rows.sort_by([("layer", "ascending"), ("head", "ascending")])["score"].to_numpy()


_NUMBERS = [(name, pa.float64()) for name in ("value", "mean", "high", "p_value")]
_AGREEMENT = pa.schema([("step", pa.int64()), ("measure", pa.string()), ("null", pa.string()), *_NUMBERS])
_ENRICHMENT = pa.schema([("meter", pa.string()), ("task", pa.string()), *_NUMBERS])
