"""Questions about chains of reasoning: what a text of clauses says of a variable, asked after the text."""

from typing import Literal

import numpy as np
from jaxtyping import Bool

from ontogeny.configuration import configuration
from ontogeny.randomness import generator
from ontogeny.worlds.streams.lego import WIDTH, LegoChains
from ontogeny.worlds.world import IGNORE, Batch, Split


@configuration
class LegoQuestions:
    """A text of chained clauses, then variable, value, variable, value: to be read from left to right.

    Asked, in random order, are those variables whose values carry loss in the chains themselves.
    """

    kind: Literal["lego_questions"] = "lego_questions"
    chains: LegoChains = LegoChains(letters=8, chains=(3, 3), learned=2)
    """By default roots, and what refers to a root: one hop."""

    @property
    def vocabulary(self) -> tuple[str, ...]:
        return self.chains.vocabulary

    @property
    def feature_size(self) -> int:
        return 0

    @property
    def asked(self) -> int:
        """How many questions follow a text."""
        return int((self.chains.depths < self.chains.learned).sum())

    @property
    def length(self) -> int:
        return WIDTH * self.chains.clauses + 2 * self.asked

    @property
    def chance(self) -> float:
        """How often the best guess is right that minds no token."""
        return 0.5

    def batch(self, seed: int, step: int, size: int, split: Split = "train") -> Batch:
        """`hidden` holds the text's graph; the text is the prompt."""
        text = self.chains.batch(seed, step, size, split)
        order = generator("lego questions", split, seed, step).random((size, self.asked)).argsort(axis=1)
        said = np.take_along_axis(np.nonzero(text.learned)[1].reshape(size, -1), order, axis=1)  # [batch question]
        tokens = np.empty((size, self.length), np.int64)
        tokens[:, : text.prompt] = text.tokens
        tokens[:, text.prompt :: 2] = np.take_along_axis(text.tokens, said, axis=1)
        tokens[:, text.prompt + 1 :: 2] = np.take_along_axis(text.targets, said, axis=1)
        targets = np.full(tokens.shape, IGNORE)
        targets[:, text.prompt : -1 : 2] = tokens[:, text.prompt + 1 :: 2]
        return Batch(tokens, None, targets, prompt=text.prompt, hidden=text.hidden)

    def answers(self, batch: Batch) -> Bool[np.ndarray, "batch seq"]:
        """Where the next token is decided: at the variables that are asked."""
        return batch.learned
