"""In-context Markov chains: each sequence has transitions of its own, to be learned while reading it."""

from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt
from jaxtyping import Bool, Float

from ontogeny.configuration import configuration
from ontogeny.randomness import generator
from ontogeny.worlds.world import IGNORE, Batch, Split


@configuration
class MarkovChains:
    """Sequences of states; each has transition probabilities of its own, drawn from a Dirichlet distribution.

    The task of Edelman, Edelman, Goel, Malach & Tsilivis (2024, arXiv 2402.11004). The first state is uniform.
    """

    kind: Literal["markov_chains"] = "markov_chains"
    states: Annotated[int, Ge(2)] = 3
    concentration: Annotated[float, Gt(0)] = 1.0
    """Of the Dirichlet distribution, the same for all states: 1 is uniform over all rows of probabilities."""
    length: Annotated[int, Ge(2)] = 64

    @property
    def vocabulary(self) -> tuple[str, ...]:
        return tuple(str(state) for state in range(self.states))

    @property
    def feature_size(self) -> int:
        return 0

    @property
    def chance(self) -> float:
        """How often the best guess is right that minds no token."""
        return 1 / self.states

    def batch(self, seed: int, step: int, size: int, split: Split = "train") -> Batch:
        """`hidden` holds the transition probabilities, [batch state next]."""
        random = generator("markov chains", split, seed, step)
        chains = random.dirichlet(np.full(self.states, self.concentration), size=(size, self.states))
        draws = random.random((size, self.length))
        tokens = np.empty((size, self.length), np.int64)
        tokens[:, 0] = draws[:, 0] * self.states
        bounds = chains.cumsum(axis=2)[:, :, :-1]  # without the last bound, 1, which rounding may miss
        for i in range(1, self.length):
            tokens[:, i] = (draws[:, i, None] >= bounds[np.arange(size), tokens[:, i - 1]]).sum(axis=1)
        targets = np.full(tokens.shape, IGNORE)
        targets[:, :-1] = tokens[:, 1:]
        return Batch(tokens, None, targets, prompt=1, hidden=chains)

    def answers(self, batch: Batch) -> Bool[np.ndarray, "batch seq"]:
        """Where something is known of the next token: after states that were there before."""
        seen = batch.tokens[:, :, None] == batch.tokens[:, None, :]  # [batch seq kv]
        return (seen & np.tri(self.length, k=-1, dtype=bool)).any(axis=2) & batch.learned

    def predictions(self, batch: Batch) -> Float[np.ndarray, "batch seq vocab"]:
        """The Bayes answer: (n_ij + a) / (n_i + states * a), from how often each state followed the current one."""
        one_hot = np.eye(self.states)[batch.tokens]  # [batch seq vocab]
        pairs = one_hot[:, :-1, :, None] * one_hot[:, 1:, None, :]  # [batch seq-1 state next]
        counts = np.concatenate([np.zeros_like(pairs[:, :1]), pairs.cumsum(axis=1)], axis=1)
        return self._posterior(np.einsum("bsi,bsij->bsj", one_hot, counts))

    def unigram(self, batch: Batch) -> Float[np.ndarray, "batch seq vocab"]:
        """What whoever counts states without minding their order says: (n_j + a) / (n + states * a)."""
        return self._posterior(np.eye(self.states)[batch.tokens].cumsum(axis=1))

    def _posterior(self, counts: Float[np.ndarray, "batch seq vocab"]) -> Float[np.ndarray, "batch seq vocab"]:
        raised = counts + self.concentration
        return raised / raised.sum(axis=2, keepdims=True)
