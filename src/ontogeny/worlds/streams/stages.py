"""One stream after another: what a model is to have learned before it meets what is studied."""

from typing import Annotated, Literal

from annotated_types import Ge

from ontogeny.configuration import BY_KIND, configuration
from ontogeny.worlds.streams.lego import LegoChains
from ontogeny.worlds.streams.markov import MarkovChains
from ontogeny.worlds.streams.recall import AssociativeRecall
from ontogeny.worlds.streams.segments import RepeatedSegments
from ontogeny.worlds.world import Batch, Split

Stream = Annotated[AssociativeRecall | LegoChains | MarkovChains | RepeatedSegments, BY_KIND]


@configuration
class Stages:
    """Training batches of `first` for so many steps, then those that `then` gives from its own first step on.

    The two share token ids, whatever each calls them. All other splits are those of `then`.
    """

    kind: Literal["stages"] = "stages"
    first: Stream
    then: Stream
    steps: Annotated[int, Ge(1)]
    """How many training steps `first` lasts."""

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The tokens of `then`, and those beyond that only `first` has."""
        later = self.then.vocabulary
        return (*later, *(f"first {token}" for token in self.first.vocabulary[len(later) :]))

    @property
    def feature_size(self) -> int:
        return 0

    @property
    def length(self) -> int:
        return max(self.first.length, self.then.length)

    def batch(self, seed: int, step: int, size: int, split: Split = "train") -> Batch:
        if split != "train":
            return self.then.batch(seed, step, size, split)
        if step < self.steps:
            return self.first.batch(seed, step, size)
        return self.then.batch(seed, step - self.steps, size)
