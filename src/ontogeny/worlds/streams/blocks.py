"""What streams of questions share: blocks of one size, in each a question and then its answer."""

import numpy as np
from jaxtyping import Bool, Int

from ontogeny.worlds.world import IGNORE, Batch


class Blocks:
    """Question, answer, question, answer: loss falls on answers that what was read so far decides, and on no others."""

    blocks: int
    """How many questions a sequence has."""

    @property
    def block(self) -> int:
        """Tokens of a question and its answer."""
        raise NotImplementedError

    @property
    def feature_size(self) -> int:
        return 0

    @property
    def length(self) -> int:
        return self.blocks * self.block

    def answers(self, batch: Batch) -> Bool[np.ndarray, "batch seq"]:
        """Where the next token is an answer that is decided: wherever there is loss."""
        return batch.learned


def told(
    questions: Int[np.ndarray, "batch block question"],
    answers: Int[np.ndarray, "batch block answer"],
    *,
    untold: int = 0,
) -> Batch:
    """The blocks as sequences; `untold`: how many leading blocks have answers that nothing decides, and so no loss."""
    size, _, asked = questions.shape
    blocks = np.concatenate([questions, answers], axis=2).astype(np.int64)
    decided: np.ndarray = np.zeros(blocks.shape, bool)
    decided[:, untold:, asked:] = True
    tokens, decided = blocks.reshape(size, -1), decided.reshape(size, -1)
    targets = np.full(tokens.shape, IGNORE)
    targets[:, :-1] = np.where(decided[:, 1:], tokens[:, 1:], IGNORE)
    return Batch(tokens, None, targets, prompt=asked, hidden=None)
