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


class Look(Answer):
    """One forward pass."""

    step: int
    layer: int | None = None
    """Patterns of this layer only; null: of all."""
    ablate: list[Head] = Field(default_factory=list)
    """Heads whose output is replaced by nothing."""
    top: Annotated[int, Field(ge=1, le=20)] = 5


class InspectRequest(Look):
    """What a run of ours is to look at."""

    split: SplitName = "test"
    index: int = 0
    words: list[str] | None = None
    """What follows the prompt of the sample, or with `typed` the whole sequence; null: as in the sample."""
    typed: bool = False


class OwnModel(Answer):
    """A model that was opened with `--model`."""

    id: str
    """Part of its address below /api/models/."""
    name: str
    architecture: str
    """As Hugging Face calls it: `gpt2`."""
    steps: list[int]
    """Of a series of folders; a single one is its own only step."""
    layers: int
    heads: int
    vocabulary: int
    """How many tokens there are."""
    positions: int
    """The longest sequence."""
    text: bool
    """Whether text can be typed; otherwise token numbers are."""
    problem: str | None
    """Why it cannot."""


class OwnModels(Answer):
    models: list[OwnModel]


class OwnRequest(Look):
    """What such a model is to look at: either a text or token numbers."""

    text: Annotated[str, Field(max_length=20_000)] | None = None
    tokens: Annotated[list[int], Field(max_length=10_000)] | None = None


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
