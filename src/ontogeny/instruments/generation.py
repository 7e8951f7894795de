"""Let a model write within a world's grammar, and measure what it writes and what it finds likely."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor
from torch.nn.functional import cross_entropy

from ontogeny.errors import OntogenyError, UsageError
from ontogeny.models import Tap, TransformerModel
from ontogeny.randomness import generator
from ontogeny.worlds.world import IGNORE, Batch, Split, TracedWorld, World

DROPPED = 0.25
"""Sequences that have ended are read on until they are more than this share: leaving them out copies the cache."""

CHUNK = 2**15
"""Positions of the sequences generated at a time: more fill memory, fewer leave the cores waiting between steps."""


def generate(
    model: TransformerModel,
    world: TracedWorld,
    batch: Batch,
    *,
    tap: Tap | None = None,
    temperature: float = 0.0,
    seed: int = 0,
    chunk: int | None = None,
) -> Int[np.ndarray, "batch seq"]:
    """The model's own continuations of the batch's prompts, at each step within what the grammar admits.

    Args:
        tap: sees the activations of every call. One that has a method `at(rows, start)` is replaced before each call by
            what that returns: told which rows of the batch the call holds, and at which position it starts.
        temperature: 0 takes the likeliest token (the first of equals); otherwise tokens are drawn from
            softmax(logits / temperature), a pure function of (seed, position, row).
        chunk: sequences generated at a time; by default as many as have `CHUNK` positions.

    Returns:
        Sequences of the world's full length: prompt, continuation, then `world.end`.
    """
    prefix = batch.tokens[:, : batch.prompt]
    return complete(model, world, batch, prefix, tap=tap, temperature=temperature, seed=seed, chunk=chunk)


def complete(
    model: TransformerModel,
    world: TracedWorld,
    batch: Batch,
    prefix: Int[np.ndarray, "batch kept"],
    *,
    tap: Tap | None = None,
    temperature: float = 0.0,
    seed: int = 0,
    chunk: int | None = None,
) -> Int[np.ndarray, "batch seq"]:
    """As `generate`, but from `prefix`: the prompt and perhaps a part of a continuation, which are kept."""
    if not batch.prompt <= prefix.shape[1] <= world.length:
        raise UsageError(
            f"a prefix holds the prompt ({batch.prompt} positions) and at most the world's length ({world.length}); "
            f"given {prefix.shape[1]} positions"
        )
    if temperature < 0:
        raise UsageError(f"temperature must be 0 (greedy) or above, given {temperature}")
    chunk = max(1, CHUNK // world.length) if chunk is None else chunk
    sequences = np.full((len(prefix), world.length), world.end, dtype=np.int64)
    sequences[:, : prefix.shape[1]] = prefix
    with torch.no_grad():
        for start in range(0, len(prefix), chunk):
            rows = slice(start, min(start + chunk, len(prefix)))
            _fill(model, world, batch, sequences, rows, prefix.shape[1], tap, (temperature, seed))
    return sequences


def _fill(
    model: TransformerModel,
    world: TracedWorld,
    batch: Batch,
    sequences: Int[np.ndarray, "batch seq"],
    rows: slice,
    kept: int,
    tap: Tap | None,
    sampling: tuple[float, int],
) -> None:
    """Write the continuations of `rows` into `sequences`, which holds nothing but ends from position `kept` on."""
    written = sequences[rows]  # a view
    device = next(model.parameters()).device
    cache = model.start_cache(len(written), world.length)
    shown = None if batch.features is None else torch.from_numpy(batch.features[rows]).to(device)
    read = np.arange(len(written))  # the rows that the model reads
    ended = (written[:, batch.prompt : kept] == world.end).any(1)  # of those
    given = 0  # positions that the model has read
    for position in range(kept, world.length):
        if ended.all():
            return
        allowed = world.allowed(written[read, batch.prompt : position])
        stuck = ~ended & ~allowed.any(1)
        if stuck.any():
            raise OntogenyError(
                f"the grammar admits no token after {written[read[stuck][0], batch.prompt : position].tolist()}"
            )
        if tap is None and (ended | (allowed.sum(1) == 1)).all():  # there is nothing to choose: no need to ask
            chosen = allowed.argmax(1)
        else:
            fresh = torch.from_numpy(written[read, given:position]).to(device)
            # Without a tap only the last position's logits are computed; a tap may want to edit any position.
            first = fresh.shape[1] - 1 if tap is None else 0
            here = placed(tap, rows, given)
            logits = model(fresh, None if given else shown, prompt=batch.prompt, tap=here, cache=cache, first=first)
            given = position
            scores = logits[:, -1].float().cpu().numpy()
            chosen = _choose(scores, allowed, sampling, position, rows.start + read, len(sequences))
        written[read, position] = np.where(ended, world.end, chosen)
        ended |= chosen == world.end
        if tap is None and ended.mean() > DROPPED:  # a tap counts on all rows being there
            cache.keep(torch.from_numpy(~ended))
            read, ended = read[~ended], ended[~ended]


def placed(tap: Tap | None, rows: slice, start: int) -> Tap | None:
    """The tap for a call on these rows that starts at this position: what its method `at` returns, if it has one."""
    at: Any = getattr(tap, "at", None)
    return tap if at is None else at(rows, start)


def _choose(
    logits: Float[np.ndarray, "rows vocab"],
    allowed: Bool[np.ndarray, "rows vocab"],
    sampling: tuple[float, int],
    position: int,
    rows: Int[np.ndarray, " rows"],
    size: int,
) -> Int[np.ndarray, " rows"]:
    """The likeliest admitted token, or a draw by the Gumbel-max trick with noise that does not depend on chunks."""
    temperature, seed = sampling
    if temperature > 0:
        noise = generator("generation", seed, position).gumbel(size=(size, logits.shape[1]))
        logits = logits / temperature + noise[rows]
    return np.where(allowed, logits, -np.inf).argmax(1)


def score_generation(
    model: TransformerModel,
    world: TracedWorld,
    seed: int,
    split: Split,
    count: int,
    *,
    step: int = 0,
    temperature: float = 0.0,
    chunk: int | None = None,
) -> dict[str, Shaped[np.ndarray, "batch ..."]]:
    """Generate for `count` fresh prompts, world.batch(seed, step, count, split), and score what was written.

    Returns:
        One row a sequence: `tokens`, `length` (tokens written before the end, unless the world says otherwise) and all
        of `world.score`.
    """
    batch = world.batch(seed, step, count, split)
    tokens = generate(model, world, batch, temperature=temperature, seed=seed, chunk=chunk)
    own = lengths(tokens, batch.prompt, world.end)
    return {"tokens": tokens, "length": own, **world.score(batch, tokens)}


def summary(scores: Mapping[str, Shaped[np.ndarray, "batch ..."]], prompt: int) -> dict[str, float]:
    """The mean of every score over sequences, and their diversity."""
    means = {name: float(values.mean()) for name, values in scores.items() if name != "tokens"}
    return {**means, "diversity": diversity(scores["tokens"], prompt)}


def diversity(tokens: Int[np.ndarray, "batch seq"], prompt: int) -> float:
    """Distinct continuations / continuations: 1 where no two are the same."""
    return len(np.unique(tokens[:, prompt:], axis=0)) / len(tokens)


def lengths(tokens: Int[np.ndarray, "batch seq"], prompt: int, end: int) -> Int[np.ndarray, " batch"]:
    """How many tokens each continuation has before its end."""
    ended = tokens[:, prompt:] == end
    return np.where(ended.any(1), ended.argmax(1), ended.shape[1])


def perplexity(model: TransformerModel, world: World, batch: Batch, *, chunk: int = 256) -> float:
    """exp(mean negative log-likelihood) per token of the batch's own continuations, their end included.

    The mean is over all targets that the continuation's tokens are, whatever else the world's loss is on; the
    probabilities are the model's, with no grammar to help.
    """
    total, count = 0.0, 0
    device = next(model.parameters()).device
    first = batch.prompt - 1
    with torch.no_grad():
        for start in range(0, len(batch.tokens), chunk):
            rows = slice(start, start + chunk)
            tokens: Tensor = torch.from_numpy(batch.tokens[rows]).to(device)
            shown = None if batch.features is None else torch.from_numpy(batch.features[rows]).to(device)
            targets = torch.from_numpy(batch.targets[rows, first:]).to(device)
            logits = model(tokens, shown, prompt=batch.prompt, first=first).float()
            total += cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORE, reduction="sum").item()
            count += int((targets != IGNORE).sum())
    return float(np.exp(total / count))
