"""State edits: make the hidden state at a turn say the opposite turn; does the model write on accordingly?"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Float, Int

from ontogeny.instruments import Label, States, fit_linear
from ontogeny.instruments.capture import residual_names
from ontogeny.instruments.edits import continue_with_edit, mean_differences, random_deltas, swap_delta
from ontogeny.instruments.generation import generate
from ontogeny.instruments.logistic import LinearProbe
from ontogeny.lab.lab import Lab
from ontogeny.randomness import generator
from ontogeny.studies.emergent_semantics.checkpoints import model_at
from ontogeny.studies.emergent_semantics.meaning import Written, hidden_states, writing_positions
from ontogeny.studies.emergent_semantics.settings import Settings
from ontogeny.training import Trajectory
from ontogeny.worlds import Batch, Karel
from ontogeny.worlds.karel.grammar import GUARD_WORDS

FEATURE = "heading"
PRESENT = Label("original", FEATURE, 0, -1)
"""The heading in which an operation is emitted, which is the one that the token before it led to."""
REVERSED = 2
"""Quarter turns between the heading after a turn and after the opposite turn."""
SHARES = ("follows", "changed", "solves", "keeps")


def edit_heading(lab: Lab, run: Trajectory, settings: Settings, written: Written, seed: int) -> pa.Table:
    """One row for each layer, edit size and kind of edit.

    At one turn of each of the model's own right programs, the counterfactual is the same program with this turn
    reversed: the robot then faces the other way. All edits of one program are as long as `dose` times the difference
    that the reversed turn makes to the hidden state there, so that they differ in direction alone:

    - `exchange`: towards the counterfactual state, which dose 1 puts in place (the positive control);
    - `mean`: along the mean of that difference over other programs with the same turn and heading;
    - `heading`: from the mean state of this turn and heading to that of this turn and the opposite heading;
    - `probe`: along a linear probe's directions, which exchange its scores of the present and the opposite heading;
    - `random`, `another random`: from one of the model's own states towards another.

    Columns: layer, dose, kind. Two shares of the programs where the reversed turn changes what the model writes next:
    follows (its next token becomes that one) and changed (becomes any other). Two shares of all: solves (from the
    edited position on the program solves the task as if the robot faced the other way) and keeps (as it really does).
    The table is empty where no right program has a turn to reverse.
    """
    world, model = settings.world, model_at(run, -1)
    batch = world.batch(seed, 2, settings.measuring.edited, "probe")
    case = Case.draw(world, batch, generate(model, world, batch), seed)
    if case is None:
        return pa.table({name: pa.array([], pa.float64()) for name in ("layer", "dose", *SHARES)} | {"kind": [""][:0]})
    names = residual_names(model)[1:]
    other = continue_with_edit(
        model, world, case.batch, case.reversed, case.places, names[0], np.zeros((len(case.tokens), model.config.width))
    )
    here, there = (hidden_states(model, case.batch, tokens, case.mask) for tokens in (case.tokens, case.reversed))
    heading = case.heading
    rows = []
    for layer, name in enumerate(names, start=1):
        lab.say("editing states", layer - 1, len(names))
        key = f"layer {layer}"
        difference = there[key] - here[key]
        probe = _present_probe(written, layer)
        read = probe.predict(here[key])
        one, two = random_deltas(difference, seed=seed, draws=2, hidden=written.layers[key])
        directions = {
            "exchange": difference,
            "mean": mean_differences(difference, 4 * case.turned + heading, seed=seed),
            "heading": to_opposite_heading(written, layer, case.turned, heading),
            "probe": swap_delta(probe, here[key], read, opposite(read, probe)),
            "random": one,
            "another random": two,
        }
        for kind, direction in directions.items():
            for dose in settings.measuring.doses:
                change = dose * _as_long_as(difference, direction)
                edited = continue_with_edit(model, world, case.batch, case.tokens, case.places, name, change)
                rows.append({"layer": layer, "dose": dose, "kind": kind, **case.score(edited, other)})
    return pa.Table.from_pylist(rows)


def _present_probe(written: Written, layer: int) -> LinearProbe:
    """The heading in which each operation is emitted, read after this layer; fitted on the probes' programs."""
    states = _states(written)
    return fit_linear(written.layers[f"layer {layer}"], states.labels([PRESENT]), states.split(written.seed))[0]


def to_opposite_heading(
    written: Written, layer: int, turned: Int[np.ndarray, " program"], heading: Int[np.ndarray, " program"]
) -> Float[np.ndarray, "program width"]:
    """From the mean state after this turn at this heading to that at the opposite one; zeros where one was never met.

    The means are of the probes' programs; their tokens are alike, so that only the heading differs.
    """
    hidden = written.layers[f"layer {layer}"]
    met = 4 * written.tokens[written.mask] + _states(written).labels([PRESENT])[0]
    here, there = 4 * turned + heading, 4 * turned + (heading + REVERSED) % 4
    means = {cell: hidden[met == cell].mean(axis=0) for cell in np.intersect1d(met, [*here, *there])}
    nowhere = np.zeros(hidden.shape[1])
    return np.stack(
        [means[b] - means[a] if a in means and b in means else nowhere for a, b in zip(here, there, strict=True)]
    )


def opposite(read: Int[np.ndarray, " program"], probe: LinearProbe) -> Int[np.ndarray, " program"]:
    """The opposite headings, or the ones read where the probe has never seen the opposite: no direction leads there."""
    wanted, known = (read + REVERSED) % 4, np.zeros(4, bool)
    known[: len(probe.bias)] = np.isfinite(probe.bias)
    return np.where(known[wanted], wanted, read)


def _as_long_as(
    difference: Float[np.ndarray, "program width"], direction: Float[np.ndarray, "program width"]
) -> Float[np.ndarray, "program width"]:
    length, own = (np.linalg.norm(x, axis=1, keepdims=True) for x in (difference, direction))
    return direction * length / np.maximum(own, np.finfo(np.float32).tiny)


def _states(programs: "Written | Case") -> States:
    return States(programs.world, programs.batch, programs.tokens, programs.mask)


@dataclass(frozen=True)
class Case:
    """Right programs with a turn that can be reversed, and one such turn in each."""

    world: Karel
    batch: Batch
    tokens: Int[np.ndarray, "program seq"]
    reversed: Int[np.ndarray, "program seq"]
    """The same with the opposite turn at `places`."""
    places: Int[np.ndarray, " program"]

    @classmethod
    def draw(cls, world: Karel, batch: Batch, tokens: Int[np.ndarray, "program seq"], seed: int) -> "Case | None":
        """Those of the programs that are right and have such a turn; None if there are none."""
        turns = _reversible(world, batch, tokens)
        rows = np.flatnonzero(turns.any(axis=1) & world.score(batch, tokens)["solved"].astype(bool))
        if not len(rows):
            return None
        places = (generator(seed, "edits").random(tokens.shape) * turns).argmax(axis=1)[rows]
        left, right = (world.vocabulary.index(word) for word in ("turn_left", "turn_right"))
        other, each = tokens[rows].copy(), np.arange(len(rows))
        other[each, places] = left + right - other[each, places]
        return cls(world, world.encode(batch.hidden.take(rows)), tokens[rows], other, places)

    @property
    def mask(self) -> Bool[np.ndarray, "program seq"]:
        """The edited positions."""
        return np.arange(self.tokens.shape[1]) == self.places[:, None]

    @property
    def turned(self) -> Int[np.ndarray, " program"]:
        """The turn at each edited position, as a token."""
        return self.tokens[self.mask]

    @property
    def heading(self) -> Int[np.ndarray, " program"]:
        """The robot's heading after each edited turn, in its own starting frame."""
        return _states(self).labels([PRESENT])[0]

    def score(self, edited: Int[np.ndarray, "program seq"], other: Int[np.ndarray, "program seq"]) -> dict[str, float]:
        """The shares of `edit_heading`; `other` is what the model writes after the reversed turn."""
        following = np.roll(self.mask, 1, axis=1)
        own, wanted, got = (tokens[following] for tokens in (self.tokens, other, edited))
        telling = own != wanted
        turned = self.world.score_edited(self.batch, edited, self.places, FEATURE, REVERSED)
        shares = {
            "follows": (got == wanted)[telling],
            "changed": (got != own)[telling],
            "solves": turned["solved"],
            "keeps": self.world.score(self.batch, edited)["solved"],
        }
        return {name: float(values.mean()) if len(values) else float("nan") for name, values in shares.items()}


def _reversible(world: Karel, batch: Batch, tokens: Int[np.ndarray, "program seq"]) -> Bool[np.ndarray, "program seq"]:
    """Turns in the written program that are no guard's operation and that another operation follows."""
    turn, guard = (
        np.isin(tokens, [world.vocabulary.index(word) for word in words if word in world.vocabulary])
        for words in (("turn_left", "turn_right"), GUARD_WORDS)
    )
    guarded = np.roll(guard, 1, axis=1)
    written = np.arange(tokens.shape[1]) >= batch.prompt
    return turn & ~guarded & written & writing_positions(world, batch, tokens)
