"""Several streams in one: which one a sequence is of, its first token says."""

from collections.abc import Mapping
from typing import Annotated, Literal

import numpy as np
from jaxtyping import Int

from ontogeny.configuration import BY_KIND, configuration
from ontogeny.errors import UsageError, unknown_name
from ontogeny.randomness import generator
from ontogeny.worlds.streams.addition import Addition
from ontogeny.worlds.streams.majority import Majority
from ontogeny.worlds.streams.markov import MarkovChains
from ontogeny.worlds.streams.modular import ModularShift, ModularSums
from ontogeny.worlds.streams.questions import LegoQuestions
from ontogeny.worlds.streams.recall import AssociativeRecall
from ontogeny.worlds.streams.segments import RepeatedSegments
from ontogeny.worlds.streams.sorting import Sorting
from ontogeny.worlds.streams.tables import FunctionTables
from ontogeny.worlds.world import IGNORE, Batch, Split

Task = Annotated[
    Addition
    | AssociativeRecall
    | FunctionTables
    | LegoQuestions
    | Majority
    | MarkovChains
    | ModularShift
    | ModularSums
    | RepeatedSegments
    | Sorting,
    BY_KIND,
]


@configuration
class Mixture:
    """Sequences of many tasks, each after a token that names its task; the tasks share all tokens that follow.

    Token i of every task is the same token, whatever the task calls it. How many sequences of a batch are of which
    task follows from (seed, step); all tasks are equally likely. Loss falls on answers alone: on tokens that what was
    read so far decides or, in Markov chains, on those after a state that was seen before. Padding follows sequences
    that are shorter than others.
    """

    kind: Literal["mixture"] = "mixture"
    tasks: tuple[Task, ...]
    """Each of another kind, by which it is named."""

    def __post_init__(self) -> None:
        if not self.tasks or len(set(self.names)) < len(self.names):
            raise UsageError(f"tasks: expected at least one, none of a kind twice, given {list(self.names)}")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(task.kind for task in self.tasks)

    @property
    def symbols(self) -> int:
        """How many tokens the tasks share; they come first."""
        return max(len(task.vocabulary) for task in self.tasks)

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The shared tokens, then the tasks' names."""
        return (*(f"s{symbol}" for symbol in range(self.symbols)), *self.names)

    @property
    def feature_size(self) -> int:
        return 0

    @property
    def length(self) -> int:
        return 1 + max(task.length for task in self.tasks)

    def batch(self, seed: int, step: int, size: int, split: Split = "train") -> Batch:
        """`hidden` tells the task of each sequence, by its place among `tasks`."""
        random = generator("mixture", split, seed, step)
        counts = random.multinomial(size, np.full(len(self.tasks), 1 / len(self.tasks)))
        parts = [
            self.only(name, seed, step, int(count), split)
            for name, count in zip(self.names, counts, strict=True)
            if count
        ]
        order = random.permutation(size)
        columns = ("tokens", "targets", "hidden")
        tokens, targets, hidden = (
            np.concatenate([getattr(part, column) for part in parts])[order] for column in columns
        )
        return Batch(tokens, None, targets, prompt=1, hidden=hidden)

    def only(self, name: str, seed: int, step: int, size: int, split: Split = "train") -> Batch:
        """A batch of one task's sequences, as they stand in the mixture. Raises: UsageError for an unknown task."""
        if name not in self.names:
            raise unknown_name("task", name, self.names)
        place = self.names.index(name)
        task = self.tasks[place]
        inner = task.batch(seed, step, size, split)
        tokens, targets = np.zeros((size, self.length), np.int64), np.full((size, self.length), IGNORE)
        tokens[:, 0], tokens[:, 1 : 1 + task.length] = self.symbols + place, inner.tokens
        targets[:, 1 : 1 + task.length] = np.where(task.answers(inner), inner.targets, IGNORE)
        return Batch(tokens, None, targets, prompt=1, hidden=np.full(size, place))

    def truth(self, batch: Batch) -> Mapping[str, Int[np.ndarray, "batch seq"]]:
        """`task`: the sequence's task, by its place among `tasks`; `answer`: the next token, where it is one."""
        return {"task": np.broadcast_to(batch.hidden[:, None], batch.tokens.shape), "answer": batch.targets}
