"""Inside any transformer: what its heads attend to, what it expects next, and what becomes of that without a head."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from ontogeny.errors import UsageError, unknown_name
from ontogeny.explorer.answers import inspection as answers
from ontogeny.explorer.answers.karel import Alternative
from ontogeny.explorer.keeper import Keeper
from ontogeny.explorer.models import Models, checkpoint_at
from ontogeny.explorer.problems import MissingError, TooLargeError
from ontogeny.models import Transformer, TransformerModel
from ontogeny.training import Trajectory
from ontogeny.worlds import Batch, Karel, Split, World

LARGEST_PATTERNS = 1_000_000
"""Attention weights in one answer."""
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
        """One forward pass, and a second one if heads are to be left out.

        Raises: UsageError for words, layers and heads that do not exist; TooLargeError; MissingError.
        """
        config = _transformer(run)
        batch = self._sample(run, request.split, request.index)
        tokens, first = _asked(run.world, batch, request)
        layers = _layers(config, request.layer)
        if len(layers) * config.heads * len(tokens) ** 2 > LARGEST_PATTERNS:
            raise TooLargeError(
                f"the patterns of {len(layers)} layers over {len(tokens)} positions are too many for one answer; "
                "choose a layer, or fewer words"
            )
        model = self.models.get(run, checkpoint_at(run, request.step))
        features = None if request.typed else batch.features
        watching = Watching(frozenset(f"layers.{layer}.attention.pattern" for layer in layers))
        odds = _odds(model, tokens, features, batch.prompt, watching)
        without = Watching(ablated=_heads(config, request.ablate))
        odds_without = _odds(model, tokens, features, batch.prompt, without) if request.ablate else None
        words = run.world.vocabulary
        return answers.Inspection(
            positions=[words[token] for token in tokens] if request.typed else _labels(run.world, batch, tokens),
            patterns=watching.answer(layers),
            predictions=_predictions(words, tokens, odds, first, request.top),
            loss=_loss(tokens, odds, first),
            ablated=[] if odds_without is None else _predictions(words, tokens, odds_without, first, request.top),
            ablated_loss=None if odds_without is None else _loss(tokens, odds_without, first),
        )

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


@dataclass
class Watching:
    """A tap that keeps attention patterns and silences heads."""

    patterns: frozenset[str] = frozenset()
    ablated: dict[str, list[int]] = field(default_factory=dict)
    """Heads by the activation that holds what they write."""
    seen: dict[str, Float[Tensor, "head seq kv"]] = field(default_factory=dict)

    @property
    def names(self) -> Collection[str]:
        """What the model shows to the tap."""
        return self.patterns | self.ablated.keys()

    def __call__(self, name: str, value: Tensor) -> Tensor:
        if name in self.patterns:
            self.seen[name] = value[0].float()  # [head, seq, kv]
        if name in self.ablated:
            value = value.clone()
            value[:, :, self.ablated[name]] = 0  # [batch, seq, head, head_width]
        return value

    def answer(self, layers: Sequence[int]) -> list[answers.Pattern]:
        """What was seen, head by head."""
        return [
            answers.Pattern(layer=layer, head=head, weights=_rounded(weights))
            for layer in layers
            for head, weights in enumerate(self.seen[f"layers.{layer}.attention.pattern"])
        ]


def _rounded(weights: Float[Tensor, "seq kv"]) -> list[list[float]]:
    return [[round(value, 4) for value in row] for row in weights.tolist()]


def _transformer(run: Trajectory) -> Transformer:
    if not isinstance(run.model_config, Transformer):
        raise MissingError(f"{run.folder} is no transformer: there are no heads to look at")
    if not isinstance(run.world, World):
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


def _layers(config: Transformer, layer: int | None) -> list[int]:
    if layer is None:
        return list(range(config.layers))
    if not 0 <= layer < config.layers:
        raise UsageError(f"layer {layer}: expected 0 to {config.layers - 1}")
    return [layer]


def _heads(config: Transformer, heads: Sequence[answers.Head]) -> dict[str, list[int]]:
    chosen: dict[str, list[int]] = {}
    for one in heads:
        if one.layer >= config.layers or one.head >= config.heads:
            raise UsageError(
                f"head {one.head} of layer {one.layer}: expected layers 0 to {config.layers - 1} "
                f"and heads 0 to {config.heads - 1}"
            )
        chosen.setdefault(f"layers.{one.layer}.attention.heads", []).append(one.head)
    return chosen


def _odds(
    model: TransformerModel,
    tokens: Int[np.ndarray, " seq"],
    features: np.ndarray | None,
    prompt: int,
    tap: Watching,
) -> Float[np.ndarray, "seq vocab"]:
    shown = None if features is None else torch.from_numpy(features)
    with torch.no_grad():
        logits = model(torch.from_numpy(tokens[None]), shown, prompt=min(prompt, len(tokens)), tap=tap)
    return logits[0].float().softmax(-1).numpy()


def _predictions(
    words: Sequence[str], tokens: np.ndarray, odds: np.ndarray, first: int, top: int
) -> list[answers.Prediction]:
    found = []
    for position in range(first, len(tokens)):
        here = odds[position]
        likeliest = np.argsort(-here, kind="stable")[:top]
        follows = int(tokens[position + 1]) if position + 1 < len(tokens) else None
        found.append(
            answers.Prediction(
                position=position,
                next=[Alternative(word=words[w], probability=round(float(here[w]), 4)) for w in likeliest],
                actual=None if follows is None else words[follows],
                probability=None if follows is None else round(float(here[follows]), 4),
            )
        )
    return found


def _loss(tokens: Int[np.ndarray, " seq"], odds: Float[np.ndarray, "seq vocab"], first: int) -> float | None:
    """Mean nats over the tokens that follow `first`; None if none does."""
    positions = np.arange(first, len(tokens) - 1)
    if not len(positions):
        return None
    given = odds[positions, tokens[positions + 1]]
    return round(float(-np.log(np.maximum(given, 1e-30)).mean()), 5)


def _labels(world: World, batch: Batch, tokens: Int[np.ndarray, " seq"]) -> list[str]:
    """What stands at each position: a word, or the slot that is shown there."""
    words = [world.vocabulary[token] for token in tokens]
    slots = 0 if batch.features is None else batch.features.shape[1]
    return [_slot(world, slot, slots) for slot in range(slots)] + words[slots:]


def _slot(world: World, slot: int, slots: int) -> str:
    if not isinstance(world, Karel):
        return f"slot {slot + 1}"
    if slots == world.examples:
        return f"example {slot + 1}"
    return f"example {slot // 2 + 1} {'out' if slot % 2 else 'in'}"
