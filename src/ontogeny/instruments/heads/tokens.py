"""Sequences on which heads show what they do: random tokens, repeated at a distance that differs by sequence."""

import numpy as np
from jaxtyping import Int

from ontogeny.errors import UsageError
from ontogeny.randomness import generator

SHORTEST = 3
"""With a period of 2, the token after the last occurrence is the previous token: two kinds of head look alike."""


def repeated_tokens(
    vocab: int, *, length: int, count: int, seed: int, begin: int | None = None
) -> Int[np.ndarray, "batch seq"]:
    """`count` sequences of `length` tokens, each a random segment repeated to the end.

    Within a segment no token occurs twice, so that every earlier occurrence is a whole number of periods away. Periods
    are drawn for each sequence from half to all of what fits twice: a head that looks back by a fixed distance cannot
    pass for one that finds the match. `begin` is put before every sequence (it counts towards `length`) and occurs
    nowhere else.

    Raises: UsageError if fewer than 3 tokens fit a segment, or `begin` is none of the vocabulary.
    """
    if begin is not None and not 0 <= begin < vocab:
        raise UsageError(f"begin {begin}: expected a token of the vocabulary, 0 to {vocab - 1}")
    known = np.array([token for token in range(vocab) if token != begin])
    free = length - (begin is not None)
    longest = min(len(known), free // 2)
    if longest < SHORTEST:
        raise UsageError(
            f"a repeated segment needs {SHORTEST} tokens and room for two of them: given a vocabulary of {vocab} and "
            f"{length} positions"
        )
    random = generator("repeated tokens", seed)
    rows = np.empty((count, length), dtype=np.int64)
    rows[:, : length - free] = 0 if begin is None else begin
    for row in rows:
        period = random.integers(max(SHORTEST, longest // 2), longest + 1)
        segment = random.choice(known, size=period, replace=False)
        row[length - free :] = segment[np.arange(free) % period]
    return rows
