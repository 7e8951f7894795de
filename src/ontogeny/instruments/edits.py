"""State edits: change what a hidden state encodes, let the model write on, and see whether behaviour follows."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from ontogeny.errors import UsageError, unknown_name
from ontogeny.instruments.generation import complete
from ontogeny.instruments.logistic import LinearProbe
from ontogeny.models import TransformerModel
from ontogeny.randomness import generator
from ontogeny.worlds.world import Batch, TracedWorld


def swap_delta(
    probe: LinearProbe,
    hidden: Float[np.ndarray, "example width"],
    current: Int[np.ndarray, " example"],
    target: Int[np.ndarray, " example"],
    *,
    dose: float = 1.0,
) -> Float[np.ndarray, "example width"]:
    """`dose` times the smallest change of each hidden state that swaps its scores for two classes, the others kept.

    Scores count up to a constant common to all classes, as in softmax. With centred weights W (class by width) and the
    wanted change of scores d, the smallest change is pinv(W) d. A dose of 1/2 makes the two classes equal, 1 swaps
    them, more goes beyond. Where `target` already scores higher than `current`, the swap takes that away: pass as
    `current` what the probe reads.

    Raises:
        UsageError: a class that the probe has never seen, or scores that cannot be changed independently.
    """
    known = np.isfinite(probe.bias)
    for classes in (current, target):
        unseen = np.setdiff1d(classes, np.flatnonzero(known))
        if len(unseen):
            raise UsageError(f"the probe knows classes {np.flatnonzero(known).tolist()}, given {unseen.tolist()}")
    scores = hidden @ probe.weights + probe.bias
    example = np.arange(len(hidden))
    gap = scores[example, target] - scores[example, current]
    change = np.zeros(scores.shape)
    change[example, current] += gap
    change[example, target] -= gap
    weights = probe.weights[:, known].astype(np.float64)  # [width, class]
    centred = weights - weights.mean(axis=1, keepdims=True)
    if np.linalg.matrix_rank(centred) < known.sum() - 1:
        raise UsageError(f"the probe's {known.sum()} classes do not have independent directions: no swap is possible")
    return dose * (change[:, known] @ np.linalg.pinv(centred))


def random_deltas(
    delta: Float[np.ndarray, "example width"],
    *,
    seed: int,
    draws: int,
    hidden: Float[np.ndarray, "state width"] | None = None,
) -> Float[np.ndarray, "draw example width"]:
    """Controls of the same length as each edit, in random directions.

    Directions are uniform on the sphere; most of the sphere, however, is nothing that a network listens to. With
    `hidden`, the harder control: directions from one of these hidden states to another, drawn at random, along which
    the model's own states do vary.
    """
    random = generator("random edits", seed)
    directions = random.standard_normal((draws, *delta.shape))
    if hidden is not None:
        one = random.integers(0, len(hidden), directions.shape[:2])
        other = (one + random.integers(1, len(hidden), directions.shape[:2])) % len(hidden)  # never the same one
        between = (hidden[one] - hidden[other]).astype(np.float64)
        directions = np.where(between.any(axis=-1, keepdims=True), between, directions)  # equal states: no direction
    size = np.linalg.norm(directions, axis=-1, keepdims=True)
    return directions / size * np.linalg.norm(delta, axis=-1, keepdims=True)


def mean_differences(
    difference: Float[np.ndarray, "example width"], group: Int[np.ndarray, " example"], *, seed: int
) -> Float[np.ndarray, "example width"]:
    """For each example the mean difference over others of its group: those in the other one of two random halves.

    Where the other half holds none of the group there is no direction: zeros.
    """
    half = generator("halves", seed).permutation(len(group)) % 2
    means = np.zeros(difference.shape)
    for kind in np.unique(group):
        for side in (0, 1):
            others = difference[(group == kind) & (half != side)]
            if len(others):
                means[(group == kind) & (half == side)] = others.mean(axis=0, dtype=np.float64)
    return means


@dataclass(frozen=True)
class StateEdit:
    """A tap that adds `delta` to one activation at one position of each sequence; made by `edit_tap`.

    Called as it stands it serves a forward pass over whole sequences; `generate` places it by `at` before each call.
    """

    name: str
    positions: Int[np.ndarray, " batch"]
    delta: Float[Tensor, "batch ..."]
    start: int = 0
    """The position in the sequence at which the values shown to the tap start."""

    @property
    def names(self) -> Collection[str]:
        return (self.name,)

    def at(self, rows: slice, start: int) -> "StateEdit":
        """The same edit for a call on these rows of the batch that starts at this position."""
        return StateEdit(self.name, self.positions[rows], self.delta[rows], start)

    def __call__(self, name: str, value: Float[Tensor, "batch seq ..."]) -> Float[Tensor, "batch seq ..."]:
        place = self.positions - self.start
        rows = np.flatnonzero((place >= 0) & (place < value.shape[1]))
        if name != self.name or not len(rows):
            return value
        edited = value.clone()
        edited[rows, place[rows]] += self.delta[rows].to(value)
        return edited


def edit_tap(name: str, positions: int | Int[np.ndarray, " batch"], delta: Float[np.ndarray, "batch ..."]) -> StateEdit:
    """A tap that adds each sequence's `delta` to its activation `name` at its position.

    `name` is any activation with one value a position (all but `scores` and `pattern`); the model's own keys and
    values of that position in later layers, cached or not, follow from the edited state.
    """
    if name.endswith((".scores", ".pattern")):
        raise UsageError(f"{name} belongs to pairs of positions; edit an activation that has one value a position")
    return StateEdit(name, np.broadcast_to(np.asarray(positions), (len(delta),)), torch.from_numpy(delta))


def continue_with_edit(
    model: TransformerModel,
    world: TracedWorld,
    batch: Batch,
    tokens: Int[np.ndarray, "batch seq"],
    position: int | Int[np.ndarray, " batch"],
    name: str,
    delta: Float[np.ndarray, "batch ..."],
    *,
    chunk: int | None = None,
) -> Int[np.ndarray, "batch seq"]:
    """Keep `tokens` up to and including `position`, add `delta` to the hidden state there, and let the model write on.

    The edited state emits the token at `position` + 1; what follows is greedy and within the grammar, as `generate`
    does it. With a `delta` of zeros this gives back the model's own greedy sequences. Sequences that have ended by
    `position` come back as they are.

    Raises:
        UsageError: an activation that the model does not have, or a position before the last of the prompt.
    """
    if name not in model.names:
        raise unknown_name("activation", name, model.names)
    positions = np.broadcast_to(np.asarray(position), (len(tokens),))
    if len(positions) and not batch.prompt - 1 <= positions.min() <= positions.max() < world.length - 1:
        first, last = batch.prompt - 1, world.length - 2
        raise UsageError(f"position must be from {first} (it emits the first token) to {last}, given {position}")
    result = tokens.copy()
    for place in np.unique(positions):
        rows = np.flatnonzero(positions == place)
        part = _rows(batch, rows)
        tap = edit_tap(name, int(place), delta[rows])
        result[rows] = complete(model, world, part, tokens[rows, : place + 1], tap=tap, chunk=chunk)
    return result


def _rows(batch: Batch, rows: Int[np.ndarray, " rows"]) -> Batch:
    """Some of a batch's sequences, as far as generation needs them."""
    features = None if batch.features is None else batch.features[rows]
    return Batch(batch.tokens[rows], features, batch.targets[rows], batch.prompt, hidden=None)
