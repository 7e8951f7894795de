"""From a seed's tables to the numbers that decide claims, each with its sham: the same number from a null."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ontogeny.claims import Pairs, Quantity, paired
from ontogeny.instruments.probes import normalise
from ontogeny.studies.mesa.settings import LEARNERS, Agent, Settings

Tables = Mapping[str, pa.Table]


def quantities(tables: Tables, settings: Settings) -> list[Quantity]:
    """Every quantity of one seed, measured and sham."""
    pairs = {
        **_descent(tables["layers"], settings.depth),
        **_pursuit(tables["pursuit"], settings),
        **_reading(tables["probes"], settings),
        **_steering(tables["edits"], settings),
    }
    return paired(pairs)


def _descent(layers: pa.Table, depth: int) -> Pairs:
    """How the loss on the examples shown falls from layer to layer; shams are untrained."""

    def course(learner: str, kind: str, column: str = "shown") -> np.ndarray:
        rows = layers.filter((pc.field("learner") == learner) & (pc.field("kind") == kind)).sort_by("layer")
        return rows[column].to_numpy()

    def fall(learner: str, kind: str) -> float:
        """The smallest share of the loss that a layer takes off."""
        loss = course(learner, kind)[: depth + 1]
        return float((1 - loss[1:] / loss[:-1]).min())

    def off_course(kind: str) -> float:
        loss, other = (course("looped", each)[: depth + 1] for each in (kind, "corrected"))
        return float(np.abs(np.log(loss / other)).max())

    def further(kind: str) -> float:
        loss = course("looped", kind)
        return float(1 - loss[-1] / loss[depth])

    def pair(measure: Callable[[str], float]) -> tuple[float, float]:
        return measure("trained"), measure("untrained")

    return {
        **{f"fall_{learner}": pair(partial(fall, learner)) for learner in LEARNERS},
        "off_course": pair(off_course),
        "difference": pair(lambda kind: float(course("looped", kind, "difference")[: depth + 1].max())),
        "further": pair(further),
    }


def of(table: pa.Table, agent: Agent) -> pa.Table:
    """The rows of one agent."""
    return table.filter((pc.field("width") == agent.width) & (pc.field("share") == agent.share))


def _pursuit(table: pa.Table, settings: Settings) -> Pairs:
    """Where agents go. Shams: untrained agents; for what few items change, the agent that saw none."""

    def rate(agent: Agent, end: str, items: str = "apart", source: str = "trained") -> float:
        rows = of(table, agent).filter((pc.field("items") == items) & (pc.field("source") == source))
        return float(rows[end][0].as_py())

    small, large = settings.widths
    none, *some = settings.shares
    blind = Agent(large, none)

    def preference(source: str) -> float:
        return rate(blind, "marker", source=source) - rate(blind, "goal", source=source)

    def gap(share: float) -> float:
        return rate(Agent(large, share), "goal") - rate(Agent(small, share), "goal")

    unmoved = rate(blind, "goal")
    return {
        "competence": (rate(blind, "goal", "together"), rate(blind, "goal", "together", "untrained")),
        "preference": (preference("trained"), preference("untrained")),
        "goal_rate_few": (rate(Agent(large, settings.few), "goal"), unmoved),
        "goal_rate_many": (rate(Agent(large, settings.many), "goal"), unmoved),
        "size_gap": (float(np.mean([gap(share) for share in some])), gap(none)),
    }


def _reading(table: pa.Table, settings: Settings) -> Pairs:
    """What probes read of the goal at the first step beyond the untrained net's; shams are control tasks."""

    def read(share: float, source: str, column: str) -> float:
        """Row and column of the goal, above the commonest answer."""
        rows = of(table, Agent(settings.widths[1], share)).filter(pc.field("source") == source).to_pylist()
        found = [row for row in rows if row["feature"].startswith("goal")]
        return float(np.mean([normalise(row[column], row["majority"]) for row in found]))

    def beyond(column: str) -> float:
        none = settings.shares[0]
        return read(none, "trained", column) - read(none, "untrained", column)

    def more(column: str) -> float:
        return read(settings.many, "trained", column) - read(settings.shares[0], "trained", column)

    return {
        "goal_read": (beyond("accuracy"), beyond("control")),
        "goal_read_more": (more("accuracy"), more("control")),
    }


def _steering(table: pa.Table, settings: Settings) -> Pairs:
    """What turns the first step, beyond what else does; shams are two kinds of random edit."""

    def turned(share: float, edit: str) -> float:
        rows = of(table, Agent(settings.widths[1], share)).filter(pc.field("edit") == edit)
        return float(rows["turned"][0].as_py())

    def pair(share: float, edit: str, other: str) -> tuple[float, float]:
        sham = turned(share, "another random") - turned(share, "random")
        return turned(share, edit) - turned(share, other), sham

    none, many = settings.shares[0], settings.many
    return {
        "marker_steers": pair(none, "marker", "random"),
        "goal_does_not": pair(none, "marker", "goal"),
        "goal_steers": pair(many, "goal", "marker"),
    }
