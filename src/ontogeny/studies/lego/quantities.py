"""From a seed's tables to the numbers that decide claims, each with its sham: the same number from a null."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ontogeny.claims import Pairs, Quantity, paired
from ontogeny.instruments.probes import normalise
from ontogeny.randomness import generator
from ontogeny.studies.lego.settings import Settings

Tables = Mapping[str, pa.Table]

LEAST_GAIN = 0.05
"""Of accuracy: where pretraining gains less, there is nothing to recover a share of."""


def quantities(tables: Tables, settings: Settings, seed: int) -> list[Quantity]:
    """Every quantity of one seed, measured and sham."""
    pairs = {
        **_lengths(tables["course"]),
        "recalls": _recalls(tables["recall"]),
        **_heads(tables["heads"], settings),
        **_removal(tables["ablations"], seed),
        **_shortcut(tables["depths"], tables["swaps"], settings),
    }
    return paired(pairs)


def rows_of(table: pa.Table, learner: str) -> pa.Table:
    """The rows of one of the learners."""
    return table.filter(pc.field("learner") == learner)


def _lengths(course: pa.Table) -> Pairs:
    """How far along chains learners are right in the end. Shams: before training; told clauses for untold ones.

    Before training the pretrained learner, the one with convolutions and scratch answer alike, so that the shams of
    their gains are 0 whatever was measured: those criteria were not tried.
    """

    def value(learner: str, column: str, place: int = -1) -> float:
        return float(rows_of(course, learner)[column][place].as_py())

    def gain(learner: str, place: int = -1, over: str = "scratch", column: str = "further") -> float:
        return value(learner, column, place) - value(over, column, place)

    whole = gain("pretrained")
    recovered = np.nan, np.nan
    if whole >= LEAST_GAIN:
        untrained = value("mimicked", "further", 0) - value("scratch", "further")
        recovered = gain("mimicked") / whole, untrained / whole
    return {
        "learned": (value("mimicked", "learned"), value("mimicked", "learned", 0)),
        "further": (value("untied", "further"), value("mimicked", "learned")),
        **{f"gain_{learner}": (gain(learner), gain(learner, 0)) for learner in ("pretrained", "mimicked", "convolved")},
        "learned_convolved": (gain("convolved", column="learned"), gain("convolved", 0, column="learned")),
        "gain_tied": (gain("scratch", over="untied"), gain("scratch", 0, over="untied")),
        "recovered": recovered,
    }


def _recalls(recall: pa.Table) -> tuple[float, float]:
    """How often the pretrained learner recalls a value before the first chain, and before any training."""
    accuracy = recall["accuracy"].to_numpy()
    return float(accuracy[-1]), float(accuracy[0])


def _heads(heads: pa.Table, settings: Settings) -> Pairs:
    """The best head of each kind, above chance. Shams: the best before training, the same head on other letters."""

    def best(learner: str, meter: str, step: int) -> float:
        rows = rows_of(heads, learner).filter((pc.field("meter") == meter) & (pc.field("step") == step)).to_pylist()
        return max(normalise(row["score"], row["chance"]) for row in rows)

    last, before = settings.training.steps, settings.recall_steps
    brought = best("pretrained", "association", 0), best("pretrained", "other letters", 0)
    untrained = best("pretrained", "association", -before)
    return {
        "association": (best("scratch", "association", last), best("scratch", "association", 0)),
        "clause": (best("scratch", "clause", last), best("scratch", "clause", 0)),
        "brought": (brought[0] - untrained, brought[1] - untrained),
    }


def _removal(ablations: pa.Table, seed: int) -> Pairs:
    """What ablation of association heads costs beyond that of as many others; sham: one random group in their place."""
    costs = {name: ablations.filter(pc.field("group") == name)["cost"].to_numpy() for name in ("association", "random")}
    others = costs["random"]
    one = int(generator("lego shams", "group", seed).integers(len(others)))
    excess = float(costs["association"][0] - others.mean())
    return {"ablation_excess": (excess, float(others[one] - np.delete(others, one).mean()))}


def _shortcut(depths: pa.Table, swaps: pa.Table, settings: Settings) -> Pairs:
    """Does the last answer follow the signs or the chain? Shams: other divisions of the texts, the other learner."""

    def swapped(learner: str, column: str, place: int = -1) -> float:
        return float(rows_of(swaps, learner)[column][place].as_py())

    def ahead(learner: str) -> float:
        """How much more often the last value is right than the one before, over all checkpoints."""
        accuracy = {
            depth: rows_of(depths, learner).filter(pc.field("depth") == depth)["accuracy"].to_numpy()
            for depth in (settings.whole.chains[0] - 2, settings.whole.chains[0] - 1)
        }
        return float((accuracy[settings.whole.chains[0] - 1] - accuracy[settings.whole.chains[0] - 2]).mean())

    return {
        "shortcut": (
            swapped("whole chains", "same") - swapped("whole chains", "changed"),
            swapped("whole chains", "shuffled"),
        ),
        "last_ahead": (ahead("whole chains"), ahead("with decoys")),
        "prevented": (swapped("with decoys", "changed"), swapped("with decoys", "changed", 0)),
    }
