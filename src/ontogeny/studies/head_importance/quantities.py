"""From a seed's tables to the numbers that decide claims, each with its sham: the same number from a null."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Bool, Float

from ontogeny.claims import Pairs, Quantity, paired
from ontogeny.instruments import prunable
from ontogeny.randomness import generator
from ontogeny.statistics import correlation, rank_agreement, shuffled, top, top_agreement
from ontogeny.studies.head_importance.overlaps import FEWEST, METERS, layers_of, ratings, scores_of
from ontogeny.studies.head_importance.readings import learned
from ontogeny.studies.head_importance.settings import Settings

Tables = Mapping[str, pa.Table]

MADE_FOR_INDUCTION = ("repeated_segments", "associative_recall")
NONE = float("nan"), float("nan")


def quantities(tables: Tables, settings: Settings, seed: int) -> list[Quantity]:
    """Every quantity of one seed, measured and sham; nan where no two tasks were learned."""
    tasks, random = learned(tables["course"], settings), generator("head importance shams", seed)
    pairs = {
        **_pruning(tables["curves"], tasks, settings, random),
        **_agreement(tables, tasks, settings, random),
        **_induction(tables, tasks, settings, random),
        **_places(tables["importance"], tasks, settings, random),
    }
    return paired(pairs)


def prunable_shares(
    curves: pa.Table, kind: str, tasks: Sequence[str], settings: Settings
) -> Float[np.ndarray, "task order"]:
    """The share of all heads, or of all MLPs, that can go: first by importance, then in each random order."""
    shares = np.empty((len(tasks), 1 + settings.orders))
    for row, task in enumerate(tasks):
        for order in range(-1, settings.orders):
            found = (pc.field("kind") == kind) & (pc.field("task") == task) & (pc.field("order") == order)
            curve = curves.filter(found)
            removed = curve["removed"].to_numpy()
            count = prunable(removed, curve["accuracy"].to_numpy(), tolerance=settings.tolerance)
            shares[row, order + 1] = count / removed[-1]
    return shares


def _pruning(curves: pa.Table, tasks: Sequence[str], settings: Settings, random: np.random.Generator) -> Pairs:
    """What can go beyond random orders, and of heads beyond MLPs; means over tasks.

    Shams: one random order in the place of importance; heads of some tasks in the place of others' MLPs.
    """
    names = ("heads_excess", "mlps_excess", "heads_over_mlps")
    if len(tasks) < FEWEST:
        return dict.fromkeys(names, NONE)
    heads, mlps = (prunable_shares(curves, kind, tasks, settings) for kind in ("heads", "mlps"))

    def excess(shares: Float[np.ndarray, "task order"]) -> tuple[float, float]:
        by_importance, one, others = shares[:, 0], shares[:, 1], shares[:, 2:]
        return float((by_importance - shares[:, 1:].mean(axis=1)).mean()), float((one - others.mean(axis=1)).mean())

    half = random.permutation(heads[:, 0])
    apart = float(half[: len(half) // 2].mean() - half[len(half) // 2 :].mean())
    over = float((heads[:, 0] - mlps[:, 0]).mean()), apart
    return dict(zip(names, (excess(heads), excess(mlps), over), strict=True))


def _agreement(tables: Tables, tasks: Sequence[str], settings: Settings, random: np.random.Generator) -> Pairs:
    """Whether tasks, and few and many examples, need the same heads. Shams: importance dealt anew among heads."""
    if len(tasks) < FEWEST:
        return dict.fromkeys(("ranks_agree", "tops_agree", "within_layers", "over_untrained", "shots_agree"), NONE)
    last, importance = settings.training.steps, tables["importance"]
    scores, before = (ratings(importance, tasks, step) for step in (last, 0))
    anywhere, within = shuffled(scores, random), shuffled(scores, random, layers_of(settings))
    expected = settings.important / settings.heads
    rows = tables["agreement"].filter((pc.field("step") == last) & (pc.field("measure") == "ranks"))
    by_layer = rows.filter(pc.field("null") == "within layers")["mean"][0].as_py()
    early, late = (ratings(importance, tasks, last, half) for half in ("early", "late"))

    def shots(one: Float[np.ndarray, "task head"], other: Float[np.ndarray, "task head"]) -> float:
        return float(np.mean([correlation(*pair) for pair in zip(one, other, strict=True)]))

    return {
        "ranks_agree": (rank_agreement(scores), rank_agreement(anywhere)),
        "tops_agree": (
            top_agreement(scores, settings.important) - expected,
            top_agreement(anywhere, settings.important) - expected,
        ),
        "within_layers": (rank_agreement(scores) - by_layer, rank_agreement(within) - by_layer),
        "over_untrained": (
            rank_agreement(scores) - rank_agreement(before),
            rank_agreement(anywhere) - rank_agreement(before),
        ),
        "shots_agree": (shots(early, late), shots(early, shuffled(late, random))),
    }


def _induction(tables: Tables, tasks: Sequence[str], settings: Settings, random: np.random.Generator) -> Pairs:
    """Do heads match prefixes, and are those that do, or that copy, the important ones?

    Shams: the untrained model; as many heads drawn at random.
    """
    last = settings.training.steps
    matching = {step: scores_of(tables["heads"], "prefix_matching", step) for step in (0, last)}
    chance = tables["heads"].filter(pc.field("meter") == "prefix_matching")["chance"][0].as_py()

    def highest(step: int) -> float:
        return float((matching[step].max() - chance) / (1 - chance))

    def share(step: int) -> float:
        return float((matching[step] > matching[step].max() / 2).mean())

    pairs = {"prefix_matching": (highest(last), highest(0)), "share_matching": (share(last), share(0))}
    elsewhere = [task for task in tasks if task not in MADE_FOR_INDUCTION]
    for name, meter, where in (
        ("matching_enriched", METERS[0], tasks),
        ("copying_enriched", METERS[1], tasks),
        ("enriched_elsewhere", METERS[0], elsewhere),
    ):
        if not where:
            pairs[name] = NONE
            continue
        scores = ratings(tables["importance"], where, last)
        marked = top(scores_of(tables["heads"], meter, last), settings.induction)
        pairs[name] = (_enriched(marked, scores, settings), _enriched(random.permutation(marked), scores, settings))
    return pairs


def _enriched(marked: Bool[np.ndarray, " head"], scores: Float[np.ndarray, "task head"], settings: Settings) -> float:
    """The share of the marked heads that is among a task's important ones, over what chance gives; mean over tasks."""
    shares = [top(row, settings.important)[marked].mean() for row in scores]
    return float(np.mean(shares)) - settings.important / settings.heads


def _places(importance: pa.Table, tasks: Sequence[str], settings: Settings, random: np.random.Generator) -> Pairs:
    """In which layers importance lies. Shams: importance dealt anew among heads, or MLPs."""
    if not tasks:
        return dict.fromkeys(("heads_in_the_middle", "mlps_late"), NONE)
    layers = settings.model.layers
    heads, mlps = (ratings(importance, tasks, settings.training.steps, kind=kind) for kind in ("heads", "mlps"))
    place = (layers_of(settings) + 0.5) / layers  # from 0 to 1
    middle = (place > 0.25) & (place < 0.75)

    def in_the_middle(scores: Float[np.ndarray, "task head"]) -> float:
        shares = [middle[top(row, settings.important)].mean() for row in scores]
        return float(np.mean(shares) - middle.mean())

    def late(scores: Float[np.ndarray, "task layer"]) -> float:
        """Of an odd number of layers the middle one counts half."""
        later = np.clip(np.arange(1, layers + 1) - layers / 2, 0, 1)
        return float((scores * later).sum(axis=1).mean() - 0.5)

    return {
        "heads_in_the_middle": (in_the_middle(heads), in_the_middle(shuffled(heads, random))),
        "mlps_late": (late(mlps), late(shuffled(mlps, random))),
    }
