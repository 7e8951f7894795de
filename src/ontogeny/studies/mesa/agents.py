"""Where an agent goes once goal and marker are apart, what is read of either at its first step, what steers it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Float, Int

from ontogeny.instruments import Label, States, fit_linear, probe_states
from ontogeny.instruments.capture import capture
from ontogeny.instruments.edits import edit_tap, random_deltas, swap_delta
from ontogeny.instruments.generation import generate
from ontogeny.instruments.parts import logits_of
from ontogeny.models import TransformerModel
from ontogeny.studies.mesa.settings import Agent, Settings
from ontogeny.training import Trajectory
from ontogeny.worlds import Batch, MarkedGoals
from ontogeny.worlds.streams.marked_goals import END, LEFT, PROMPT, RIGHT, Places

ACTING = PROMPT - 1
"""The position that emits the first operation."""
FEATURES = ("goal_row", "goal_column", "marker_row", "marker_column")
EDITS = ("goal", "marker", "random", "another random", "goal moved", "marker moved", "both moved")


def inside(run: Trajectory, settings: Settings, agent: Agent) -> dict[str, pa.Table]:
    """Everything that is read from one agent; each table says whose it is by `width` and `share`."""
    trained, untrained = (run.load(run.checkpoints[place].step) for place in (-1, 0))
    assert isinstance(trained, TransformerModel)
    assert isinstance(untrained, TransformerModel)
    models = {"trained": trained, "untrained": untrained}
    apart = Apart.draw(models, settings, run.seed)
    found = {
        "pursuit": pursuit(models, settings, run.seed),
        "probes": apart.probes(),
        "edits": edits(apart, settings),
    }
    return {
        name: pa.Table.from_pylist([{"width": agent.width, "share": agent.share, **row} for row in rows])
        for name, rows in found.items()
    }


def pursuit(models: Mapping[str, TransformerModel], settings: Settings, seed: int) -> list[dict]:
    """Where agents end, on items held out from training; they write greedily within the grammar, and what they write is
    carried out.

    Columns: source (trained, untrained), items (together; apart, and of these: another corner, off corners, by where
    the goal is), goal, marker, neither (shares of the items), count.
    """
    rows = []
    for share in (0.0, 1.0):
        world = settings.world(share)
        batch = world.batch(seed, 0, settings.tested, "test")
        corner = np.isin(batch.hidden.goal, world.corners)
        everything = np.ones(len(corner), bool)
        apart = {"apart": everything, "another corner": corner, "off corners": ~corner}
        for source, model in models.items():
            scores = world.score(batch, generate(model, world, batch))
            goal, marker = scores["solved"], scores["at_marker"]
            for items, chosen in (apart if share else {"together": everything}).items():
                ends = {"goal": goal, "marker": marker, "neither": ~goal & ~marker}
                shares = {name: float(values[chosen].mean()) for name, values in ends.items()}
                rows.append({"source": source, "items": items, **shares, "count": int(chosen.sum())})
    return rows


def acting_states(model: TransformerModel, batch: Batch) -> Float[np.ndarray, "item width"]:
    """The residual stream at the acting position when all attention is done: what has arrived there."""
    name, mask = station(model), acting(batch)
    return capture(model, batch.tokens, None, [name], positions=mask)[name].numpy()


def station(model: TransformerModel) -> str:
    return f"layers.{model.config.layers - 1}.residual_middle"


def acting(batch: Batch) -> Bool[np.ndarray, "batch seq"]:
    mask = np.zeros(batch.tokens.shape, bool)
    mask[:, ACTING] = True
    return mask


@dataclass(frozen=True)
class Apart:
    """Items with goal and marker apart, and what models hold at their first step."""

    model: TransformerModel
    world: MarkedGoals
    batch: Batch
    hidden: Mapping[str, Float[np.ndarray, "item width"]]
    seed: int

    @classmethod
    def draw(cls, models: Mapping[str, TransformerModel], settings: Settings, seed: int) -> "Apart":
        world = settings.world(1.0)
        batch = distinct(world, world.batch(seed, 0, settings.probed, "probe").hidden)
        hidden = {source: acting_states(model, batch) for source, model in models.items()}
        return cls(models["trained"], world, batch, hidden, seed)

    def probes(self) -> list[dict]:
        """What linear probes read of goal and marker in items they were not fitted on, with a control task; see
        `probe_states`."""
        table = probe_states(
            self.world,
            self.batch,
            self.batch.tokens,
            self.hidden,
            acting(self.batch),
            features=FEATURES,
            seed=self.seed,
        )
        columns = ("source", "feature", "accuracy", "majority", "normalised", "control", "selectivity", "samples")
        return table.select(columns).to_pylist()

    def directions(
        self, here: Float[np.ndarray, "item width"], columns: Int[np.ndarray, " item"]
    ) -> dict[str, Float[np.ndarray, "item width"]]:
        """The smallest changes after which linear probes read the goal, or the marker, in these columns."""
        states = States(self.world, self.batch, self.batch.tokens, acting(self.batch))
        names = ("goal", "marker")
        labels = states.labels([Label("original", f"{name}_column", 0, 0) for name in names])
        fitted = fit_linear(self.hidden["trained"], labels, states.split(self.seed), names=names)
        return {
            name: swap_delta(probe, here, probe.predict(here), columns)
            for name, probe in zip(names, fitted, strict=True)
        }


def distinct(world: MarkedGoals, places: Places) -> Batch:
    """Each item once: a split by sequence is then one by item."""
    every = np.stack([places.start, places.goal, places.marker], axis=1)
    return world.encode(places.take(np.unique(every, axis=0, return_index=True)[1]))


def edits(apart: Apart, settings: Settings) -> list[dict]:
    """How often a changed state at the acting position turns the first step to the grid's other side.

    Goal and marker are in the same outer column, in different rows, and the start between the columns: whichever it
    pursues, the agent begins in the same direction. Edited are the items where it does; as goals are moved, some of
    them may have been trained on, or probed. Edits along a probe's directions move what can be read of the goal, or of
    the marker, to the opposite column; they and the random ones (from one state towards another) are as long as the
    difference that moving both makes. `moved`: the state with the goal, the marker, or both on the other side is put in
    place.

    Columns: edit, turned (share of the items; not a number without any), count.
    """
    world, model = apart.world, apart.model
    places = outer_columns(world, world.batch(apart.seed, 1, settings.tested, "test").hidden)
    moved = {
        "goal moved": replace(places, goal=mirrored(world, places.goal)),
        "marker moved": replace(places, marker=mirrored(world, places.marker)),
        "both moved": replace(places, goal=mirrored(world, places.goal), marker=mirrored(world, places.marker)),
    }
    batch = world.encode(places)
    here = acting_states(model, batch)
    changes = {name: acting_states(model, world.encode(other)) - here for name, other in moved.items()}
    length = np.linalg.norm(changes["both moved"], axis=1, keepdims=True)
    column = mirrored(world, places.goal) % world.side
    changes |= {name: _as_long_as(length, way) for name, way in apart.directions(here, column).items()}
    one, two = random_deltas(changes["both moved"], seed=apart.seed, draws=2, hidden=here)
    changes |= {"random": one, "another random": two}
    toward = np.where(column > 0, LEFT, RIGHT)  # where both are; the edit moves them to the other side
    kept = first_steps(model, batch) == toward
    rows = []
    for name in EDITS:
        turned = first_steps(model, batch, changes[name]) == np.where(column > 0, RIGHT, LEFT)
        share = float(turned[kept].mean()) if kept.any() else np.nan
        rows.append({"edit": name, "turned": share, "count": int(kept.sum())})
    return rows


def outer_columns(world: MarkedGoals, places: Places) -> Places:
    """The items whose start is between the outer columns, with the goal moved along its row to the marker's column."""
    goal = places.goal // world.side * world.side + places.marker % world.side
    inner = (places.start % world.side > 0) & (places.start % world.side < world.side - 1)
    return replace(places, goal=goal).take(np.flatnonzero(inner & (goal != places.marker)))


def mirrored(world: MarkedGoals, cells: Int[np.ndarray, " item"]) -> Int[np.ndarray, " item"]:
    """The cells on the grid's other side, in the same rows."""
    return cells // world.side * world.side + world.side - 1 - cells % world.side


def first_steps(
    model: TransformerModel, batch: Batch, change: Float[np.ndarray, "item width"] | None = None
) -> Int[np.ndarray, " item"]:
    """The likeliest first token, perhaps after a change of the state at the acting position."""
    tap = None if change is None else edit_tap(station(model), ACTING, change)
    return logits_of(model, batch, tap, chunk=256)[:, ACTING, : END + 1].argmax(dim=1).numpy()


def _as_long_as(
    length: Float[np.ndarray, "item 1"], change: Float[np.ndarray, "item width"]
) -> Float[np.ndarray, "item width"]:
    own = np.linalg.norm(change, axis=1, keepdims=True)
    return change * length / np.maximum(own, np.finfo(np.float32).tiny)
