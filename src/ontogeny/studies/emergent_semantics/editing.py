"""State edits: turn the heading that the model holds, and see whether it writes on as if the robot were turned."""

import numpy as np
import pyarrow as pa

from ontogeny.instruments import Label, States, fit_linear
from ontogeny.instruments.capture import residual_names
from ontogeny.instruments.edits import continue_with_edit, random_deltas, swap_delta
from ontogeny.instruments.generation import generate
from ontogeny.instruments.logistic import LinearProbe
from ontogeny.lab.lab import Lab
from ontogeny.models import TransformerModel
from ontogeny.randomness import generator
from ontogeny.studies.emergent_semantics.checkpoints import model_at
from ontogeny.studies.emergent_semantics.meaning import Written, hidden_states, writing_positions
from ontogeny.studies.emergent_semantics.settings import Settings
from ontogeny.training import Trajectory
from ontogeny.worlds import Batch, Karel

FEATURE = "heading"
TURNS = (1, 3)
"""Quarter turns to the right by which the held heading is changed; half of the programs get each."""


def edit_heading(lab: Lab, run: Trajectory, settings: Settings, written: Written, seed: int) -> pa.Table:
    """One row for each layer, edit size and kind of edit.

    A linear probe for the present heading (the state in which the next operation is emitted) is fitted after each
    layer. At one random position of each of the model's own right programs, the hidden state is moved so that the
    probe reads another heading; the model then writes on. Kinds: `heading` (along the probe), `random` and `another
    random` (as long, from one of the model's own states to another). Columns: layer, dose, kind; follows (share of
    programs that, from the edited position on, solve the task as if the robot were turned); keeps (share that still
    solve it from the true state); changed (share with another continuation than before).
    """
    world, model = settings.world, model_at(run, -1)
    case = _Case.draw(world, model, settings, seed)
    states = hidden_states(model, case.batch, case.tokens, case.place_mask)
    rows = []
    for layer, name in enumerate(residual_names(model)[1:], start=1):
        lab.say("editing states", layer - 1, model.config.layers)
        probe = _present_probe(written, layer)
        here = states[f"layer {layer}"]
        current = probe.predict(here)
        wanted = (current + case.turns) % 4
        known = np.isin(wanted, np.flatnonzero(np.isfinite(probe.bias)))  # no direction leads to unseen headings
        for dose in (0.0, *settings.measuring.doses):
            delta = swap_delta(probe, here, current, np.where(known, wanted, current), dose=dose)
            controls = random_deltas(delta, seed=seed, draws=2, hidden=written.layers[f"layer {layer}"])
            kinds = {"heading": delta, "random": controls[0], "another random": controls[1]}
            for kind, change in kinds.items() if dose else [("heading", delta)]:
                edited = continue_with_edit(model, world, case.batch, case.tokens, case.places, name, change)
                rows.append({"layer": layer, "dose": dose, "kind": kind, **case.score(edited, known)})
    return pa.Table.from_pylist(rows)


def _present_probe(written: Written, layer: int) -> LinearProbe:
    """The heading in which each operation is emitted, read after this layer; fitted on the probes' programs."""
    states = States(written.world, written.batch, written.tokens, written.mask)
    labels = states.labels([Label("original", FEATURE, 0, -1)])
    return fit_linear(written.layers[f"layer {layer}"], labels, states.split(written.seed))[0]


class _Case:
    """The programs that are edited: which, where, and by how many quarter turns."""

    def __init__(self, world: Karel, batch: Batch, tokens: np.ndarray, places: np.ndarray, turns: np.ndarray) -> None:
        self.world, self.batch, self.tokens, self.places, self.turns = world, batch, tokens, places, turns
        self.place_mask = np.arange(tokens.shape[1]) == places[:, None]  # [batch, seq]
        self.right = world.score(batch, tokens)["solved"].astype(bool)

    @classmethod
    def draw(cls, world: Karel, model: TransformerModel, settings: Settings, seed: int) -> "_Case":
        """All programs, right or wrong, each at a random position that emits an operation."""
        batch = world.batch(seed, 2, settings.measuring.edited, "probe")
        tokens = generate(model, world, batch)
        random = generator(seed, "edits")
        chance = random.random(tokens.shape) * writing_positions(world, batch, tokens)
        return cls(world, batch, tokens, chance.argmax(axis=1), random.choice(TURNS, len(tokens)))

    def score(self, edited: np.ndarray, known: np.ndarray) -> dict[str, float]:
        """Shares over the programs that were right before the edit, and for which there was an edit."""
        right = self.right & known
        follows = np.zeros(len(edited), dtype=bool)
        for turn in TURNS:
            scores = self.world.score_edited(self.batch, edited, self.places, FEATURE, turn)
            follows |= (self.turns == turn) & scores["solved"] & scores["valid"]
        keeps = self.world.score(self.batch, edited)["solved"].astype(bool)
        changed = (edited != self.tokens).any(axis=1)
        shares = {"follows": follows, "keeps": keeps, "changed": changed}
        return {name: float(values[right].mean()) if right.any() else float("nan") for name, values in shares.items()}
