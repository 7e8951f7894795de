"""Chains of reasoning: variables defined by one another, in shuffled order, each + or - (Zhang et al. 2022)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge
from jaxtyping import Bool, Int

from ontogeny.configuration import configuration
from ontogeny.errors import UsageError
from ontogeny.randomness import generator
from ontogeny.worlds.world import IGNORE, Batch, Split

VARIABLE, SIGN, REFERENCE = range(3)
"""The tokens of a clause."""
WIDTH = 3

Clauses = Int[np.ndarray, "batch clause"]


@dataclass(frozen=True)
class Graph:
    """What defines what; what the model never sees. Clauses stand in the order of their chains, chain after chain."""

    letters: Clauses
    """The variable that each clause defines."""
    negative: Clauses
    """1 where the clause says minus."""
    parents: Clauses
    """The clause that defines what this one refers to, always an earlier one; -1 at a root."""
    places: Clauses
    """Where each clause stands in the text."""

    @property
    def values(self) -> Clauses:
        """0 where a variable is +, 1 where it is -."""
        found, rows = self.negative.copy(), np.arange(len(self.negative))
        for clause in range(found.shape[1]):
            parent = self.parents[:, clause]
            found[:, clause] ^= np.where(parent < 0, 0, found[rows, parent])
        return found


@configuration
class LegoChains:
    """`a + 1`, `b - a`, `c + b`, ...: chains of clauses, all in random order; wanted is each variable's value.

    A clause has three tokens: the variable, a sign, and what is signed, 1 at a root. (The published text also has an
    equals sign and a separator, the same in every clause.) The value, `+` or `-`, is the target at the variable that
    the clause defines; the model must read the whole text, with the mask `prefix`.

    The published text is one chain. In one chain signs tell too much: the root's and its own tell the second variable's
    value, whatever refers to what, and all signs together the last one's. A second chain makes both of no use.
    """

    kind: Literal["lego_chains"] = "lego_chains"
    letters: Annotated[int, Ge(1)] = 12
    chains: tuple[Annotated[int, Ge(1)], ...] = (8,)
    """Clauses of each chain, the root included."""
    learned: Annotated[int, Ge(1)] = 4
    """How many of each, from the root on, carry loss."""

    def __post_init__(self) -> None:
        if not self.chains or self.chains[0] < 3:
            raise UsageError(f"chains: expected at least one, the first of 3 clauses or more, given {self.chains}")
        if self.learned > self.chains[0]:
            raise UsageError(f"learned: expected at most the first chain's {self.chains[0]}, given {self.learned}")
        if self.clauses > self.letters:
            raise UsageError(
                f"every clause defines a letter of its own: expected at least {self.clauses} letters, given "
                f"{self.letters}"
            )

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """Letters come first, then the two signs, then 1."""
        return (*(f"x{i}" for i in range(self.letters)), "+", "-", "1")

    @property
    def feature_size(self) -> int:
        return 0

    @property
    def clauses(self) -> int:
        """In a text."""
        return sum(self.chains)

    @property
    def length(self) -> int:
        return WIDTH * self.clauses

    @property
    def depths(self) -> Int[np.ndarray, " clause"]:
        """Each clause's place in its chain, 0 at the root."""
        return np.concatenate([np.arange(size) for size in self.chains])

    def batch(self, seed: int, step: int, size: int, split: Split = "train") -> Batch:
        random = generator("lego chains", split, seed, step)
        parents = np.where(self.depths == 0, -1, np.arange(self.clauses) - 1)
        graph = Graph(
            letters=random.random((size, self.letters)).argsort(axis=1)[:, : self.clauses],
            negative=random.integers(2, size=(size, self.clauses)),
            parents=np.tile(parents, (size, 1)),
            places=random.random((size, self.clauses)).argsort(axis=1),
        )
        return self._told(graph)

    def truth(self, batch: Batch) -> Mapping[str, Int[np.ndarray, "batch seq"]]:
        """At the variable that a clause defines, `value`: its token; `depth`: its place in its chain; `chain`: which.

        `source`, at what a clause refers to: the position where that is defined. `IGNORE` elsewhere.
        """
        graph: Graph = batch.hidden
        defined = np.take_along_axis(WIDTH * graph.places, graph.parents.clip(min=0), axis=1)
        number = np.repeat(np.arange(len(self.chains)), self.chains)
        return {
            "value": self._at(graph, VARIABLE, self.letters + graph.values),
            "depth": self._at(graph, VARIABLE, np.broadcast_to(self.depths, graph.letters.shape)),
            "chain": self._at(graph, VARIABLE, np.broadcast_to(number, graph.letters.shape)),
            "source": self._at(graph, REFERENCE, np.where(graph.parents < 0, IGNORE, defined)),
        }

    def swapped(self, batch: Batch, seed: int) -> tuple[Batch, Bool[np.ndarray, " batch"]]:
        """The same texts but for one token, and whether the value of the first chain's last variable has changed.

        What the last clause refers to is swapped for another, randomly drawn variable of the chain. The signs stay:
        whoever counts them gives the old answer.
        """
        graph: Graph = batch.hidden
        last, parents = self.chains[0] - 1, graph.parents.copy()
        # Never the one before last, to which it referred.
        parents[:, last] = generator("lego swap", seed).integers(last - 1, size=len(parents))
        other = replace(graph, parents=parents)
        return self._told(other), other.values[:, last] != graph.values[:, last]

    def _told(self, graph: Graph) -> Batch:
        """The text of a graph."""
        refers = np.take_along_axis(graph.letters, graph.parents.clip(min=0), axis=1)
        tokens = np.zeros((len(graph.letters), self.length), np.int64)
        for part, ids in (
            (VARIABLE, graph.letters),
            (SIGN, self.letters + graph.negative),
            (REFERENCE, np.where(graph.parents < 0, self.letters + 2, refers)),
        ):
            np.put_along_axis(tokens, WIDTH * graph.places + part, ids, axis=1)
        told = np.where(self.depths < self.learned, self.letters + graph.values, IGNORE)
        return Batch(tokens, None, self._at(graph, VARIABLE, told), prompt=self.length, hidden=graph)

    def _at(self, graph: Graph, part: int, values: Clauses) -> Int[np.ndarray, "batch seq"]:
        """Values of clauses at one of their tokens, `IGNORE` at all others."""
        found = np.full((len(values), self.length), IGNORE)
        np.put_along_axis(found, WIDTH * graph.places + part, values, axis=1)
        return found
