"""From a seed's tables to the numbers that decide claims, each with its sham: the same number from a null."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float, Int

from ontogeny.claims import Pairs, Quantity, paired
from ontogeny.instruments import loss_bump
from ontogeny.randomness import generator
from ontogeny.statistics import correlation
from ontogeny.studies.induction.settings import Settings

Tables = Mapping[str, pa.Table]

GAINED = 0.8


def quantities(tables: Tables, settings: Settings, seed: int) -> list[Quantity]:
    """Every quantity of one seed, measured and sham."""
    pairs = {
        **_phase(tables, seed),
        **_twins(tables["course"]),
        **_heads(tables["heads"], settings),
        **_removal(tables["ablations"], seed),
        **_chains(tables["chains"]),
    }
    return paired(pairs)


def text_quantities(tables: Tables, seed: int) -> list[Quantity]:
    """Every quantity of one seed on text, measured and sham."""
    return paired({**_phase(tables, seed), **_on_text(tables["course"]), **_removal(tables["ablations"], seed)})


def twin_of(course: pa.Table, twin: str) -> pa.Table:
    """The rows of one of the twins."""
    return course.filter(pc.field("twin") == twin)


def narrowest(
    steps: Int[np.ndarray, " checkpoint"], gains: Float[np.ndarray, " checkpoint"], part: float = GAINED
) -> tuple[float, float]:
    """Begin and end of the shortest stretch of training in which a curve gains this part of all that it gains.

    On straight lines between checkpoints. The whole training where no stretch does.
    """
    fine = np.linspace(steps[0], steps[-1], 20 * (len(steps) - 1) + 1)
    curve = np.interp(fine, steps, gains)
    wanted, best = part * (gains[-1] - gains[0]), (float(steps[0]), float(steps[-1]))
    if wanted <= 0:
        return best
    for begin, value in zip(fine, curve, strict=True):
        after = np.flatnonzero((fine > begin) & (curve >= value + wanted))
        if len(after) and fine[after[0]] - begin < best[1] - best[0]:
            best = float(begin), float(fine[after[0]])
    return best


def _phase(tables: Tables, seed: int) -> Pairs:
    """Is the change sudden, and do loss, score and heads change together?

    Shams: as large a gain by steps of random size; changes at random places; checkpoints in shuffled order;
    the bump of the twin with one layer.
    """
    course, random = twin_of(tables["course"], "two layers"), generator("induction shams", seed)
    steps, gains = course["step"].to_numpy(), -course["score"].to_numpy()
    last = float(steps[-1])

    def share(curve: Float[np.ndarray, " checkpoint"]) -> float:
        begin, end = narrowest(steps, curve)
        return (end - begin) / last

    rise = generator("induction shams", "gradual", seed).dirichlet(np.ones(len(steps) - 1)).cumsum()
    gradual = gains[0] + (gains[-1] - gains[0]) * np.concatenate([[0.0], rise])
    places = {row["curve"]: row["step"] for row in tables["transitions"].to_pylist()}
    lags = {
        f"{name}_lag": (
            abs(places[curve] - places["score"]) / places["score"],
            abs(random.uniform(0, last) - places["score"]) / places["score"],
        )
        for name, curve in (("heads", "prefix_matching"), ("loss", "loss"))
    }
    prefix, order = course["prefix_matching"].to_numpy(), random.permutation(len(steps))
    bumps = [
        loss_bump(rows["step"].to_numpy(), rows["loss"].to_numpy()).share
        for rows in (course, twin_of(tables["course"], "one layer"))
    ]
    return {
        "window": (share(gains), share(gradual)),
        **lags,
        "together": (correlation(prefix, gains), correlation(prefix[order], gains)),
        "bump": (bumps[0], bumps[1]),
    }


def _twins(course: pa.Table) -> Pairs:
    """What each twin can do in the end; the sham of a model that cannot is one that can, and the reverse."""

    def final(twin: str, column: str) -> float:
        return float(twin_of(course, twin)[column][-1].as_py())

    one, two, smeared = "one layer", "two layers", "one layer, smeared keys"
    return {
        "accuracy_two": (final(two, "accuracy"), final(one, "accuracy")),
        "accuracy_one": (final(one, "accuracy"), final(two, "accuracy")),
        "prefix_one": (final(one, "prefix_matching"), final(two, "prefix_matching")),
        "accuracy_smeared": (final(smeared, "accuracy"), final(one, "accuracy")),
    }


def _on_text(course: pa.Table) -> Pairs:
    """What the twins come to on text.

    The sham of a twin that should is one that should not, and the reverse; of the better score, what the twin with one
    layer gains over its last interval between checkpoints.
    """

    def final(twin: str, column: str, place: int = -1) -> float:
        return float(twin_of(course, twin)[column][place].as_py())

    one, two, smeared = "one layer", "two layers", "one layer, smeared keys"
    return {
        "prefix_two": (final(two, "prefix_matching"), final(one, "prefix_matching")),
        "prefix_one": (final(one, "prefix_matching"), final(smeared, "prefix_matching")),
        "prefix_smeared": (final(smeared, "prefix_matching"), final(one, "prefix_matching")),
        "score_over_one": (
            final(one, "score") - final(two, "score"),
            final(one, "score", -2) - final(one, "score"),
        ),
    }


def _heads(heads: pa.Table, settings: Settings) -> Pairs:
    """What the best prefix-matching head writes, and whose output its keys are made of; shams: before training."""
    last = settings.training.steps

    def score(meter: str, step: int, layer: int, head: int) -> float:
        for row in heads.to_pylist():
            if (row["meter"], row["step"], row["layer"], row["head"]) == (meter, step, layer, head):
                return float(row["score"] - row["chance"])
        return float("nan")  # a head of the first layer reads no other head

    rows = heads.filter((pc.field("meter") == "prefix_matching") & (pc.field("step") == last)).to_pylist()
    best = max(rows, key=lambda row: row["score"])
    place = best["layer"], best["head"]
    return {
        "copying": (score("copying_logits", last, *place), score("copying_logits", 0, *place)),
        "composed": (score("composed", last, *place), score("composed", 0, *place)),
    }


def _removal(ablations: pa.Table, seed: int) -> Pairs:
    """What ablation of heads costs beyond that of as many random others, and how much of the score it takes.

    Shams: one random group in the place of the chosen heads; the random groups' own share.
    """
    groups = {name: ablations.filter(pc.field("group") == name) for name in ("top", "random", "matching", "as many")}

    def excess(chosen: str, random: str) -> tuple[float, float]:
        cost, others = (groups[name]["cost"].to_numpy() for name in (chosen, random))
        if len(others) < 2:  # so many heads match that no other groups are left
            return float("nan"), float("nan")
        one = int(generator("induction shams", "group", seed).integers(len(others)))
        return float(cost[0] - others.mean()), float(others[one] - np.delete(others, one).mean())

    def taken(name: str) -> float:
        scores, whole = groups[name]["score"].to_numpy(), groups[name]["whole"].to_numpy()
        return float(np.mean(1 - scores / whole))

    return {
        "ablation_excess": excess("top", "random"),
        "score_taken": (taken("top"), taken("random")),
        "matching_excess": excess("matching", "as many"),
    }


def _chains(chains: pa.Table) -> Pairs:
    """How long the model stays with the unigram answer, and how near it comes to the Bayes answer in the end.

    Shams: the unigram answers of other sequences; the untrained model.
    """
    steps = chains["step"].to_numpy()
    bayes, uniform = chains["bayes"].to_numpy(), chains["uniform"].to_numpy()
    left = bayes / chains["between"].to_numpy()

    def stay(unigram: Float[np.ndarray, " checkpoint"]) -> float:
        """The share of the time until the Bayes answer is nearest during which the unigram answer is."""
        nearest = np.argmin(np.stack([bayes, unigram, uniform]), axis=0)
        arrived = np.flatnonzero(nearest == 0)
        if len(arrived) == 0:
            return float("nan")
        spent = np.diff(steps[: arrived[0] + 1])
        return float(spent[nearest[: arrived[0]] == 1].sum() / max(steps[arrived[0]], 1))

    return {
        "unigram_stay": (stay(chains["unigram"].to_numpy()), stay(chains["other"].to_numpy())),
        "bayes_left": (float(left[-1]), float(left[0])),
    }
