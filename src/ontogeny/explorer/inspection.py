"""Inside the transformer of any run: samples of its world, or words of one's own, looked at through its heads."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from ontogeny.errors import UsageError, unknown_name
from ontogeny.explorer.answers import inspection as answers
from ontogeny.explorer.keeper import Keeper
from ontogeny.explorer.looking import Given, look
from ontogeny.explorer.models import Models
from ontogeny.explorer.problems import MissingError
from ontogeny.models import Transformer
from ontogeny.training import Trajectory
from ontogeny.worlds import Batch, Karel, Split, World

SAMPLES = 256
"""Of each split, that can be looked at."""
_BLOCK = 32


@dataclass(frozen=True)
class Inspector:
    """Answers about runs of transformers, through shared memory."""

    models: Models
    batches: Keeper

    def bench(self, run: Trajectory, name: str) -> answers.Bench:
        """What the model of a run can be asked."""
        config, world = _transformer(run), run.world
        return answers.Bench(
            run=name,
            steps=[checkpoint.step for checkpoint in run.checkpoints],
            layers=config.layers,
            heads=config.heads,
            vocabulary=list(world.vocabulary),
            positions=world.length,
            prompt=self._sample(run, "test", 0).prompt,
            typed=not world.feature_size,
        )

    def sequence(self, run: Trajectory, split: Split, index: int) -> answers.Sequence:
        """A sample of the run's world."""
        _transformer(run)
        batch = self._sample(run, split, index)
        labels = _labels(run.world, batch, batch.tokens[0])
        return answers.Sequence(split=split, index=index, shown=labels[: batch.prompt], words=labels[batch.prompt :])

    def inspect(self, run: Trajectory, request: answers.InspectRequest) -> answers.Inspection:
        """A look at the sequence that is asked for.

        Raises: UsageError for words, layers and heads that do not exist; TooLargeError; MissingError.
        """
        _transformer(run)
        batch = self._sample(run, request.split, request.index)
        tokens, first = _asked(run.world, batch, request)
        words = run.world.vocabulary
        given = Given(
            tokens=tokens,
            labels=[words[token] for token in tokens] if request.typed else _labels(run.world, batch, tokens),
            word=words.__getitem__,
            features=None if request.typed else batch.features,
            prompt=batch.prompt,
            first=first,
        )
        return look(run, self.models, given, request)

    def _sample(self, run: Trajectory, split: Split, index: int) -> Batch:
        """One sample, alone in a batch."""
        if not 0 <= index < SAMPLES:
            raise MissingError(f"sample {index}: expected 0 to {SAMPLES - 1}")
        block, row = divmod(index, _BLOCK)
        key = ("inspect", run.run.hash, split, block)
        batch = self.batches.get(key, lambda: run.world.batch(run.seed, block, _BLOCK, split))
        rows = slice(row, row + 1)
        features = None if batch.features is None else batch.features[rows]
        return Batch(batch.tokens[rows], features, batch.targets[rows], batch.prompt, None)


def _transformer(run: Trajectory) -> Transformer:
    if not isinstance(run.model_config, Transformer):
        raise MissingError(f"{run.folder} is no transformer: there are no heads to look at")
    if not isinstance(run.world, World) or run.model_config.stream == "shown":
        raise MissingError(f"{run.folder} learned no sequences of tokens: there is nothing to type")
    return run.model_config


def _asked(world: World, batch: Batch, request: answers.InspectRequest) -> tuple[Int[np.ndarray, " seq"], int]:
    """The tokens of one sequence, and the first position whose prediction is of interest."""
    if request.words is None:
        return batch.tokens[0], batch.prompt - 1
    if request.typed and world.feature_size:
        raise UsageError("this model is shown features first, which cannot be typed: give the words that follow them")
    typed = np.array([_word(world, word) for word in request.words], dtype=np.int64)
    tokens = typed if request.typed else np.concatenate([batch.tokens[0, : batch.prompt], typed])
    if not 0 < len(tokens) <= world.length:
        raise UsageError(f"expected a sequence of 1 to {world.length} positions, given {len(tokens)}")
    return tokens, 0 if request.typed else batch.prompt - 1


def _word(world: World, word: str) -> int:
    if word not in world.vocabulary:
        raise unknown_name("word", word, world.vocabulary)
    return world.vocabulary.index(word)


def _labels(world: World, batch: Batch, tokens: Int[np.ndarray, " seq"]) -> list[str]:
    """What stands at each position: a word, or the slot that is shown there."""
    words = [world.vocabulary[token] for token in tokens]
    slots = 0 if batch.features is None else batch.features.shape[1]
    return [_slot(world, slot) for slot in range(slots)] + words[slots:]


def _slot(world: World, slot: int) -> str:
    if not isinstance(world, Karel):
        return f"slot {slot + 1}"
    if world.show == "pairs":
        return f"example {slot + 1}"
    if world.show == "rows":
        return f"example {slot // world.rows + 1} row {slot % world.rows + 1}"
    return f"example {slot // 2 + 1} {'out' if slot % 2 else 'in'}"
