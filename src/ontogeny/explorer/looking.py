"""One look into a transformer: attention patterns, next-token predictions, and both without some heads."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor

from ontogeny.errors import UsageError
from ontogeny.explorer.answers import inspection as answers
from ontogeny.explorer.answers.karel import Alternative
from ontogeny.explorer.models import Models, Source, checkpoint_at
from ontogeny.explorer.problems import TooLargeError
from ontogeny.models import Transformer, TransformerModel

LARGEST_PATTERNS = 1_000_000
"""Attention weights in one answer."""


@dataclass(frozen=True)
class Given:
    """One sequence for a model, and how it is told of."""

    tokens: Int[np.ndarray, " seq"]
    labels: Sequence[str]
    """What stands at each position."""
    word: Callable[[int], str]
    """What each token of the vocabulary is called."""
    features: Shaped[np.ndarray, "1 slot feature"] | None = None
    prompt: int = 0
    first: int = 0
    """The first position whose prediction is of interest."""


def look(source: Source, models: Models, given: Given, request: answers.Look) -> answers.Inspection:
    """One forward pass, and a second one if heads are to be left out.

    Raises: UsageError for layers and heads that do not exist; TooLargeError; MissingError.
    """
    config, tokens = source.model_config, given.tokens
    layers = _layers(config, request.layer)
    silenced = _heads(config, request.ablate)
    if len(layers) * config.heads * len(tokens) ** 2 > LARGEST_PATTERNS:
        raise TooLargeError(
            f"the patterns of {len(layers)} layers over {len(tokens)} positions are too many for one answer; "
            "choose a layer, or fewer words"
        )
    model = models.get(source, checkpoint_at(source, request.step))
    watching = Watching(frozenset(f"layers.{layer}.attention.pattern" for layer in layers))
    odds = _odds(model, given, watching)
    odds_without = _odds(model, given, Watching(ablated=silenced)) if silenced else None
    return answers.Inspection(
        positions=list(given.labels),
        patterns=watching.answer(layers),
        predictions=_predictions(given, odds, request.top),
        loss=_loss(given, odds),
        ablated=[] if odds_without is None else _predictions(given, odds_without, request.top),
        ablated_loss=None if odds_without is None else _loss(given, odds_without),
    )


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


def _odds(model: TransformerModel, given: Given, tap: Watching) -> Float[np.ndarray, "seq vocab"]:
    shown = None if given.features is None else torch.from_numpy(given.features)
    prompt = min(given.prompt, len(given.tokens))
    with torch.no_grad():
        logits = model(torch.from_numpy(given.tokens[None]), shown, prompt=prompt, tap=tap)
    return logits[0].float().softmax(-1).numpy()


def _predictions(given: Given, odds: Float[np.ndarray, "seq vocab"], top: int) -> list[answers.Prediction]:
    found = []
    for position in range(given.first, len(given.tokens)):
        here = odds[position]
        likeliest = np.argsort(-here, kind="stable")[:top].tolist()
        follows = int(given.tokens[position + 1]) if position + 1 < len(given.tokens) else None
        found.append(
            answers.Prediction(
                position=position,
                next=[Alternative(word=given.word(w), probability=round(float(here[w]), 4)) for w in likeliest],
                actual=None if follows is None else given.word(follows),
                probability=None if follows is None else round(float(here[follows]), 4),
            )
        )
    return found


def _loss(given: Given, odds: Float[np.ndarray, "seq vocab"]) -> float | None:
    """Mean nats over the tokens that follow the first position of interest; None if none does."""
    positions = np.arange(given.first, len(given.tokens) - 1)
    if not len(positions):
        return None
    found = odds[positions, given.tokens[positions + 1]]
    return round(float(-np.log(np.maximum(found, 1e-30)).mean()), 5)
