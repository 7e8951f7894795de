"""What is trained: small attention-only transformers on repeated segments and on Markov chains, at four presets."""

from dataclasses import replace
from typing import Annotated

from annotated_types import Ge

from ontogeny.configuration import configuration
from ontogeny.models import Transformer
from ontogeny.training import AdamW, Constant, Spacing, Training
from ontogeny.worlds import MarkovChains, RepeatedSegments

Count = Annotated[int, Ge(1)]


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

    @property
    def twins(self) -> dict[str, Transformer]:
        """The models that learn the repeated segments."""
        return {
            "two layers": self.model,
            "one layer": replace(self.model, layers=1),
            "one layer, smeared keys": replace(self.model, layers=1, smeared_keys=True),
        }


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
    ),
    # The paper's own models, on text, go from this size to 13 billion parameters.
    "paper": Settings(
        model=_model(768, 12),
        segments=RepeatedSegments(tokens=1024, fillers=64, segment=(64, 128), gap=(0, 32), length=512),
        training=_training(20_000, 100, batch=256, lr=2e-4),
        chains=MarkovChains(states=8, length=512),
        chains_training=_training(20_000, 100, batch=256, lr=2e-4),
        tested=2048,
        removed=4,
    ),
}
