"""Which states can be read off the model: over training, and at the end with every probe, meaning and control."""

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Float32, Int

from ontogeny.instruments import first_and_last_states, input_features, probe_future, probe_states
from ontogeny.instruments.capture import capture, residual_names
from ontogeny.instruments.generation import generate
from ontogeny.lab.lab import Lab
from ontogeny.models import TransformerModel
from ontogeny.randomness import generator
from ontogeny.studies.emergent_semantics.checkpoints import model_at
from ontogeny.studies.emergent_semantics.settings import Settings
from ontogeny.training import Trajectory
from ontogeny.worlds import Batch, Karel

PUBLISHED = ("facing", "row_from_start", "column_from_start", "wall_ahead")
"""The published features: absolute, in the axes of each example's grid."""
EGOCENTRIC = ("heading", "forward", "rightward")
"""The program's effect in the robot's own starting frame."""
FEATURES = PUBLISHED + EGOCENTRIC
SHOWN = (*FEATURES, "row", "column")
"""What is told of the first and the last state, which the grids show."""

ADVERSARIAL = "map3"
"""The re-interpretation that exchanges every operation; flip only exchanges mirror images."""
MEANINGS = ("original", "flip", ADVERSARIAL)
OFFSETS = (-2, -1, 0, 1, 2)


def writing_positions(
    world: Karel, batch: Batch, tokens: Int[np.ndarray, "batch seq"]
) -> Bool[np.ndarray, "batch seq"]:
    """The positions that emit an instruction: those that lead to a state, but for the one before `<begin>`."""
    mask = world.truth(batch, tokens, names=("heading",))["heading"][:, :, 0] >= 0
    mask[:, batch.prompt - 2] = False
    return mask


def hidden_states(
    model: TransformerModel, batch: Batch, tokens: Int[np.ndarray, "batch seq"], mask: Bool[np.ndarray, "batch seq"]
) -> dict[str, Float32[np.ndarray, "sample width"]]:
    """The residual stream after each layer and, as published, its mean over layers: `mean`, `layer 1`, ..."""
    names = residual_names(model)[1:]
    captured = capture(model, tokens, batch.features, names, means={"mean": names}, positions=mask, prompt=batch.prompt)
    layers = {f"layer {number}": captured[name].numpy() for number, name in enumerate(names, start=1)}
    return {"mean": captured["mean"].numpy(), **layers}


def mean_states(
    model: TransformerModel, batch: Batch, tokens: Int[np.ndarray, "batch seq"], mask: Bool[np.ndarray, "batch seq"]
) -> Float32[np.ndarray, "sample width"]:
    """The mean over layers alone, for which no layer need be kept."""
    means = {"mean": residual_names(model)[1:]}
    return capture(model, tokens, batch.features, means=means, positions=mask, prompt=batch.prompt)["mean"].numpy()


def over_training(lab: Lab, run: Trajectory, settings: Settings, seed: int) -> pa.Table:
    """Linear probes on the mean over layers at every checkpoint, on the same reference programs throughout.

    The labels then are the same at every checkpoint, so that only the hidden states can make a difference.
    """
    world, measuring = settings.world, settings.measuring
    batch = world.batch(seed, 0, measuring.swept, "probe")
    mask = writing_positions(world, batch, batch.tokens)
    parts = []
    for done, checkpoint in enumerate(run.checkpoints):
        lab.say("probing over training", done, len(run.checkpoints))
        hidden = mean_states(model_at(run, done), batch, batch.tokens, mask)
        table = probe_states(
            world,
            batch,
            batch.tokens,
            {"mean": hidden},
            mask,
            features=FEATURES,
            examples=measuring.examples,
            seed=seed,
            control=False,
        )
        parts.append(table.append_column("step", pa.array([checkpoint.step] * len(table), pa.int64())))
    return pa.concat_tables(parts)


class Written:
    """The model's own programs on held-out specifications, right or wrong, and every source that is probed on them."""

    def __init__(self, run: Trajectory, settings: Settings, seed: int) -> None:
        self.world, self.seed, self.examples = settings.world, seed, settings.measuring.examples
        self.batch = self.world.batch(seed, 1, settings.measuring.probed, "probe")
        model = model_at(run, -1)
        self.tokens = generate(model, self.world, self.batch)
        self.mask = writing_positions(self.world, self.batch, self.tokens)
        self.layers = hidden_states(model, self.batch, self.tokens, self.mask)
        trained, tokens = self.layers["mean"], input_features(self.batch, self.tokens, self.mask)
        shown = self.world.truth(self.batch, self.batch.tokens, names=SHOWN)
        ends = first_and_last_states(shown, self.mask, examples=self.examples)
        self.sources = {
            "trained": trained,
            "untrained": mean_states(model_at(run, 0), self.batch, self.tokens, self.mask),
            "input": tokens,
            "shown": np.concatenate([tokens, ends], axis=1),
            "shuffled": trained[generator(seed, "shuffled states").permutation(len(trained))],
        }

    def probe(self, sources: dict[str, np.ndarray], **wanted: object) -> pa.Table:
        """`probe_states` on these programs."""
        return probe_states(
            self.world,
            self.batch,
            self.tokens,
            sources,
            self.mask,
            **{"features": FEATURES, "examples": self.examples, "seed": self.seed, **wanted},  # type: ignore[arg-type]
        )


def at_the_end(lab: Lab, written: Written) -> dict[str, pa.Table]:
    """The reported probes: `probes` (each kind under each meaning, with controls), `offsets`, `layers`, `future`."""
    some = {name: written.sources[name] for name in ("trained", "shuffled")}
    one = written.examples[:1]
    parts: list[pa.Table] = []
    for source, hidden in written.sources.items():
        lab.say("linear probes", len(parts), len(written.sources))
        parts.append(written.probe({source: hidden}, meanings=written.world.meanings))
    for kind in ("mlp1", "mlp2"):
        lab.say(f"network probes ({kind})")
        parts.append(written.probe(some, probe=kind, features=PUBLISHED, examples=one, control=False))
    lab.say("probing the past and the future")
    return {
        "probes": pa.concat_tables(parts),
        "offsets": written.probe(written.sources, offsets=OFFSETS, control=False),
        "layers": written.probe(written.layers, probe="ridge", offsets=OFFSETS, examples=one, control=False),
        "future": probe_future(
            written.world,
            written.batch,
            written.tokens,
            written.mask,
            features=FEATURES,
            given=FEATURES,
            examples=written.examples,
            seed=written.seed,
        ),
    }
