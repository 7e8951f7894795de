"""What is trained: small attention-only transformers on repeated segments, Markov chains and text, at four presets."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from annotated_types import Ge

from ontogeny.configuration import LATER, configuration
from ontogeny.models import Transformer
from ontogeny.training import AdamW, Constant, Muon, Spacing, Training, Trapezoid
from ontogeny.worlds import MarkovChains, RepeatedSegments, Text

Count = Annotated[int, Ge(1)]

ARMS: Mapping[str, tuple[str, ...]] = {"main": (), "text": ()}
"""What is learned: sequences of which all is known, or text. Both follow from the same settings."""


def twins_of(model: Transformer) -> dict[str, Transformer]:
    """The models that are held against one another: what they lack are layers or smeared keys."""
    return {
        "two layers": model,
        "one layer": replace(model, layers=1),
        "one layer, smeared keys": replace(model, layers=1, smeared_keys=True),
    }


def _text_model(width: int, heads: int) -> Transformer:
    """Positions turn, and what is read is written with the same table: on text all is learned sooner that way."""
    return Transformer(
        layers=2,
        width=width,
        heads=heads,
        mlp=0,
        rotary_base=100.0,
        norm="rms",
        attention_biases=False,
        tied=True,
        initial_scale=width**-0.5,
    )


def _text_training(steps: int, every: int, batch: int) -> Training:
    return Training(
        steps=steps,
        batch=batch,
        optimiser=Muon(lr=0.02, rest=AdamW(lr=4e-3, weight_decay=0.0)),
        schedule=Trapezoid(warmup=20),
        checkpoints=Spacing(every=every, logarithmic=False),
        metrics_every=every,
    )


@configuration
class OnText:
    """The same questions asked of text; what is not said here is as in `Settings`. The defaults are those at laptop."""

    world: Text = Text(length=256, merges=300)
    model: Transformer = _text_model(64, 4)
    training: Training = _text_training(1500, 75, batch=8)
    tested: Count = 128
    window: Count = 25
    matched: Count = 64
    removed: Count = 2
    groups: Count = 12

    @property
    def twins(self) -> dict[str, Transformer]:
        """The models that learn the text."""
        return twins_of(self.model)


@configuration
class Settings:
    model: Transformer
    """The one that learns; its twins have one layer, with and without smeared keys."""
    segments: RepeatedSegments
    training: Training
    chains: MarkovChains
    chains_training: Training
    tested: Count = 128
    """Sequences on which loss, score and accuracy are measured, the same at every checkpoint."""
    window: Count = 5
    """Tokens averaged around each end of the in-context score."""
    matched: Count = 64
    """Sequences of repeated tokens on which heads are scored."""
    removed: Count = 2
    """Heads that are ablated at a time."""
    groups: Count = 12
    """Random groups of other heads that are ablated for comparison."""
    text: Annotated[OnText, LATER] = OnText()

    @property
    def twins(self) -> dict[str, Transformer]:
        """The models that learn the repeated segments."""
        return twins_of(self.model)


def _model(width: int, heads: int) -> Transformer:
    return Transformer(
        layers=2, width=width, heads=heads, mlp=0, positions="learned", norm="rms", attention_biases=False
    )


def _training(steps: int, every: int, batch: int = 32, lr: float = 1e-3) -> Training:
    return Training(
        steps=steps,
        batch=batch,
        optimiser=AdamW(lr=lr),
        schedule=Constant(),
        checkpoints=Spacing(every=every, logarithmic=False),
        metrics_every=every,
    )


PRESETS = {
    "smoke": Settings(
        model=_model(16, 2),
        segments=RepeatedSegments(tokens=8, fillers=1, segment=(3, 5), gap=(0, 1), length=24),
        training=_training(40, 4, batch=16, lr=5e-3),
        chains=MarkovChains(length=24),
        chains_training=_training(40, 4, batch=16, lr=5e-3),
        tested=32,
        matched=8,
        removed=1,
        groups=3,
        text=OnText(
            world=Text(length=24),
            model=_text_model(16, 2),
            training=_text_training(40, 4, batch=16),
            tested=32,
            window=5,
            matched=8,
            removed=1,
            groups=3,
        ),
    ),
    "laptop": Settings(
        model=_model(64, 4),
        segments=RepeatedSegments(segment=(6, 12), gap=(0, 3), length=48),
        training=_training(600, 12, lr=2e-3),
        chains=MarkovChains(length=48),
        chains_training=_training(300, 10, lr=2e-3),
    ),
    "overnight": Settings(
        model=_model(128, 8),
        segments=RepeatedSegments(tokens=64, segment=(16, 32), gap=(0, 8), length=128),
        training=_training(6000, 50, batch=64, lr=5e-4),
        chains=MarkovChains(length=128),
        chains_training=_training(4000, 40, batch=64, lr=5e-4),
        tested=1024,
        text=OnText(
            world=Text(length=256, merges=2000),
            model=_text_model(128, 8),
            training=_text_training(40_000, 400, batch=32),
            tested=512,
        ),
    ),
    # The paper's own models, on other text, go from this size to 13 billion parameters.
    "paper": Settings(
        model=_model(768, 12),
        segments=RepeatedSegments(tokens=1024, fillers=64, segment=(64, 128), gap=(0, 32), length=512),
        training=_training(20_000, 100, batch=256, lr=2e-4),
        chains=MarkovChains(states=8, length=512),
        chains_training=_training(20_000, 100, batch=256, lr=2e-4),
        tested=2048,
        removed=4,
        text=OnText(
            world=Text(length=512, merges=4096),
            model=_text_model(768, 12),
            training=_text_training(100_000, 500, batch=256),
            tested=2048,
            window=51,
            removed=4,
        ),
    ),
}
