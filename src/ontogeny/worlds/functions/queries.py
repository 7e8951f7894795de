"""Where the last example lies, beside the others: the query distributions of Garg et al. (2022)."""

from typing import Literal

import numpy as np
from jaxtyping import Float

from ontogeny.errors import UsageError

QueryKind = Literal["alike", "opposite", "orthogonal", "repeated"]
"""`alike`: drawn as all others. `opposite`: components of the examples before have one sign each, an episode's own, and
those of the query the other. `orthogonal`: the query, with the length it was drawn with, is turned so that it is
orthogonal to all examples before. `repeated`: it is one of them."""


def check_query(kind: QueryKind, features: int, examples: int) -> None:
    """Raise `UsageError` where there is no such query."""
    if kind == "orthogonal" and examples > features:
        raise UsageError(
            f"query='orthogonal' needs fewer examples before it than there are components, {features}: "
            f"expected examples of at most {features}, given {examples}"
        )
    if kind == "repeated" and examples < 2:
        raise UsageError(
            f"query='repeated' needs an example before it: expected examples of 2 or more, given {examples}"
        )


def place_query(
    kind: QueryKind, random: np.random.Generator, inputs: Float[np.ndarray, "batch example input"]
) -> Float[np.ndarray, "batch example input"]:
    """The same inputs with the query where it should be."""
    if kind == "alike":
        return inputs
    before, query = inputs[:, :-1], inputs[:, -1:]
    if kind == "opposite":
        signs = random.choice([-1.0, 1.0], size=query.shape)
        before, query = np.abs(before) * signs, -np.abs(query) * signs
    elif kind == "repeated":
        chosen = random.integers(before.shape[1], size=(len(inputs), 1, 1))
        query = np.take_along_axis(before, chosen, axis=1)
    else:
        axes = np.linalg.qr(before.transpose(0, 2, 1))[0]  # [batch, input, example], orthonormal columns
        left = query - (query @ axes) @ axes.transpose(0, 2, 1)
        query = left * (np.linalg.norm(query, axis=-1, keepdims=True) / np.linalg.norm(left, axis=-1, keepdims=True))
    return np.concatenate((before, query), axis=1)
