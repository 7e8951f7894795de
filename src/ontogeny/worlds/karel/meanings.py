"""Other meanings for the same words: each maps every operation to the one that is carried out in its place."""

import numpy as np
from jaxtyping import Int, Int8

from ontogeny.errors import unknown_name

MOVE, LEFT, RIGHT, PICK, PUT = range(5)

# Which operation is carried out where (move, turn_left, turn_right, pick_marker, put_marker) is written.
_OPERATIONS = {
    "original": (MOVE, LEFT, RIGHT, PICK, PUT),
    "flip": (MOVE, RIGHT, LEFT, PUT, PICK),
    "map3": (LEFT, RIGHT, MOVE, RIGHT, LEFT),
    "map5": (LEFT, RIGHT, MOVE, PUT, PICK),
    "map8": (LEFT, MOVE, RIGHT, PUT, PICK),
    "map11": (RIGHT, MOVE, LEFT, PUT, PICK),
}

MEANINGS: tuple[str, ...] = tuple(_OPERATIONS)
"""The true meaning first, then the re-interpretations of Jin & Rinard (arXiv 2305.11169)."""


def translate(programs: Int[np.ndarray, "batch step"], meaning: str) -> Int8[np.ndarray, "batch step"]:
    """Flat programs with every operation replaced by what it means; guards and padding stay as they are.

    Raises `UsageError` for a meaning that does not exist.
    """
    if meaning not in _OPERATIONS:
        raise unknown_name("meaning", meaning, MEANINGS)
    table = np.array(_OPERATIONS[meaning], dtype=np.int8)
    operation = (programs >= 0) & (programs < len(table))
    return np.where(operation, table[np.where(operation, programs, 0)], programs).astype(np.int8)
