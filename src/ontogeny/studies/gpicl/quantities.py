"""From a seed's tables to the numbers that decide claims, each with its sham: the same number from a null."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ontogeny.claims import Pairs, Quantity, paired
from ontogeny.statistics.correlation import correlation
from ontogeny.statistics.crossing import crossing
from ontogeny.studies.gpicl.readings import NEIGHBOUR, NULL, SHUFFLED, TRAINED
from ontogeny.studies.gpicl.settings import LARGE, LARGE_BATCH, OTHERS, PERMUTED, SEEN, SMALL, SMALL_BATCH, TWIN, UNSEEN

Tables = Mapping[str, pa.Table]
BAR = 0.2
"""Level above which something counts as learned, where regimes are told apart."""
HALF = 0.5
"""Share of the level on seen tasks that marks the transition."""


def quantities(tables: Tables) -> list[Quantity]:
    """Every quantity of one seed, measured and sham."""
    found = Levels(tables["accuracy"])
    pairs = {
        **_regimes(found),
        **_transition(found, tables["reference"]),
        **_state(found, tables["models"]),
        **_interventions(tables["interventions"]),
    }
    return paired(pairs)


class Levels:
    """Levels before the first example and at the last, by model, number of tasks, what is asked, and kind."""

    def __init__(self, accuracy: pa.Table) -> None:
        ends = (0, pc.max(accuracy["shown"]).as_py())
        self._rows: dict[tuple[Any, ...], dict[str, float]] = {
            (row["model"], row["power"], row["test"], ends.index(row["shown"])): row
            for row in accuracy.to_pylist()
            if row["shown"] in ends
        }
        self.powers = np.array(sorted({power for _, power, *_ in self._rows}))
        self.models = list(dict.fromkeys((model, int(power)) for model, power, *_ in self._rows))

    @property
    def most(self) -> int:
        """The largest number of tasks, as a power of two."""
        return int(self.powers[-1])

    def first(self, model: str, power: int, test: str, kind: str = TRAINED) -> float:
        return self._rows[model, power, test, 0][kind]

    def last(self, model: str, power: int, test: str, kind: str = TRAINED) -> float:
        return self._rows[model, power, test, 1][kind]

    def gain(self, model: str, power: int, test: str, kind: str = TRAINED) -> float:
        return self.last(model, power, test, kind) - self.first(model, power, test, kind)


def regimes(accuracy: pa.Table) -> pa.Table:
    """What each model came to do with its number of tasks."""
    found = Levels(accuracy)
    return pa.Table.from_pylist(
        [
            {
                "model": model,
                "power": power,
                "seen_first": found.first(model, power, SEEN),
                "seen_last": found.last(model, power, SEEN),
                "unseen_first": found.first(model, power, UNSEEN),
                "unseen_last": found.last(model, power, UNSEEN),
                "regime": regime(found, model, power),
            }
            for model, power in found.models
        ]
    )


def regime(found: Levels, model: str, power: int) -> str:
    """`general`: learns unseen tasks; `memorising`: knows seen ones before any example; `identifying`: is better at
    seen ones the more examples it is shown; `failing`: none of these.

    Of unseen tasks nothing can be known before any example: their level is 0 there, whatever a sample of them gives.
    """
    if found.last(model, power, UNSEEN) > BAR:
        return "general"
    if found.first(model, power, SEEN) > BAR:
        return "memorising"
    return "identifying" if found.gain(model, power, SEEN) > BAR else "failing"


def _regimes(found: Levels) -> Pairs:
    """What the larger transformer does with one task, with a number between, and with the most; and the smaller one.

    Shams: unseen tasks in the place of the seen one; labels that mean nothing.
    """
    one, most = int(found.powers[0]), found.most

    def identified(kind: str) -> float:
        return max(
            found.gain(LARGE, power, SEEN, kind) - found.gain(LARGE, power, UNSEEN, kind)
            for power in found.powers.tolist()
        )

    def elsewhere(kind: str) -> float:
        return float(np.mean([found.last(LARGE, most, name, kind) for name in OTHERS]))

    def larger(kind: str) -> float:
        return found.last(LARGE, most, UNSEEN, kind) - found.last(SMALL, most, UNSEEN, kind)

    return {
        "memorised": (found.first(LARGE, one, SEEN), found.first(LARGE, one, UNSEEN)),
        "identified": (identified(TRAINED), identified(SHUFFLED)),
        "general": (found.gain(LARGE, most, UNSEEN), found.gain(LARGE, most, UNSEEN, SHUFFLED)),
        "elsewhere": (elsewhere(TRAINED), elsewhere(SHUFFLED)),
        "larger": (larger(TRAINED), larger(SHUFFLED)),
    }


def _transition(found: Levels, reference: pa.Table) -> Pairs:
    """Where, in powers of two, unseen tasks are first learned half as well as seen ones.

    Sham: the nearest example, to which seen tasks are as new as others.
    """
    last = {
        (row["test"], row["power"]): row[NEIGHBOUR]
        for row in reference.to_pylist()
        if row["shown"] == pc.max(reference["shown"]).as_py()
    }

    def place(seen: Callable[[int], float], unseen: Callable[[int], float]) -> float:
        shares = [unseen(power) / seen(power) for power in found.powers.tolist()]
        return crossing(found.powers, np.array(shares), HALF)

    return {
        "transition": (
            place(lambda power: found.last(LARGE, power, SEEN), lambda power: found.last(LARGE, power, UNSEEN)),
            place(lambda power: last[SEEN, power], lambda _: last[UNSEEN, found.most]),
        )
    }


def _state(found: Levels, models: pa.Table) -> Pairs:
    """Do levels on unseen tasks follow the state or the parameters, of models that were shown the most tasks?

    Shams: untrained models; labels that mean nothing.
    """
    rows = [row for row in models.to_pylist() if row["power"] == found.most]

    def over_twin(kind: str) -> float:
        return found.last(LARGE, found.most, UNSEEN, kind) - found.last(TWIN, found.most, UNSEEN, kind)

    def follows(kind: str) -> float:
        learned = np.array([found.last(row["model"], found.most, UNSEEN, kind) for row in rows])
        by = {name: np.array([row[name] for row in rows]) for name in ("state", "parameters")}
        return correlation(by["state"], learned) - correlation(by["parameters"], learned)

    return {
        "over_twin": (over_twin(TRAINED), over_twin(NULL)),
        "state_over_size": (follows(TRAINED), follows(SHUFFLED)),
    }


def _interventions(table: pa.Table) -> Pairs:
    """How much earlier unseen tasks are learned: octaves of the steps until the level is at the bar.

    Where it never is, the last step counts. Shams: the level before any example, which nothing can raise, so that they
    are 0 and cannot fail. How far two trainings of one recipe are apart would be a null; it takes a second training
    with the large batch, about a fifth of the study.
    """

    def until(name: str, column: str) -> float:
        found = table.filter(pc.field("model") == name).sort_by("step")
        steps = found["step"].to_numpy()
        return min(crossing(steps, found[column].to_numpy(), BAR), float(steps[-1]))

    def earlier(than: str, column: str) -> float:
        return float(np.log2(until(than, column) / until(LARGE_BATCH, column)))

    return {
        name: (earlier(than, "unseen_last"), earlier(than, "unseen_first"))
        for name, than in (("batch_octaves", SMALL_BATCH), ("unpermuted_octaves", PERMUTED))
    }
