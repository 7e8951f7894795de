"""Looking inside any transformer: attention, next-token predictions, ablated heads."""

from typing import Annotated

from pydantic import Field

from ontogeny.explorer.answers.common import Answer
from ontogeny.explorer.answers.karel import Alternative, SplitName


class Bench(Answer):
    """What a model can be asked."""

    run: str
    steps: list[int]
    layers: int
    heads: int
    vocabulary: list[str]
    positions: int
    """The longest sequence, its prompt included."""
    prompt: int
    """Leading positions that a sample of the world gives."""
    typed: bool
    """Whether whole sequences can be typed; otherwise (features are shown) words follow the prompt of a sample."""


class Sequence(Answer):
    """A sample of the world, to start from."""

    split: SplitName
    index: int
    shown: list[str]
    """The prompt's positions, by their words or as `example 1 in`."""
    words: list[str]
    """What follows the prompt."""


class Head(Answer):
    layer: Annotated[int, Field(ge=0)]
    head: Annotated[int, Field(ge=0)]


class InspectRequest(Answer):
    """One forward pass."""

    step: int
    split: SplitName = "test"
    index: int = 0
    words: list[str] | None = None
    """What follows the prompt of the sample, or with `typed` the whole sequence; null: as in the sample."""
    typed: bool = False
    layer: int | None = None
    """Patterns of this layer only; null: of all."""
    ablate: list[Head] = Field(default_factory=list)
    """Heads whose output is replaced by nothing."""
    top: Annotated[int, Field(ge=1, le=20)] = 5


class Prediction(Answer):
    """What the model expects after a position."""

    position: int
    next: list[Alternative]
    actual: str | None
    """The word that does follow, if one does."""
    probability: float | None
    """What the model gave it."""


class Pattern(Answer):
    layer: int
    head: int
    weights: list[list[float]]
    """[query position][key position]."""


class Inspection(Answer):
    positions: list[str]
    """The word at each position, or what is shown there."""
    patterns: list[Pattern]
    predictions: list[Prediction]
    """From the last position of the prompt on; for typed sequences, from the first position on."""
    loss: float | None
    """Mean nats a predicted word that does follow."""
    ablated: list[Prediction]
    """The same without the ablated heads; empty if none was."""
    ablated_loss: float | None
