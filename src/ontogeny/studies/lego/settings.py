"""What is trained: transformers that see whole texts of chained clauses, from five starts, at four presets."""

from dataclasses import dataclass, replace
from typing import Annotated

from annotated_types import Ge

from ontogeny.configuration import configuration
from ontogeny.models import Transformer
from ontogeny.models.transformer import Role
from ontogeny.training import AdamW, Muon, Spacing, Training, Trapezoid
from ontogeny.worlds import AssociativeRecall, LegoChains, Stages
from ontogeny.worlds.streams.lego import WIDTH

Count = Annotated[int, Ge(1)]

FURTHER = ("scratch", "pretrained", "mimicked", "untied", "convolved")
"""Learners that are told the beginnings of chains."""
WHOLE = ("whole chains", "with decoys")
"""Learners that are told whole chains."""


@dataclass(frozen=True)
class Learner:
    """One training, and how many of its steps come before the first chain."""

    model: Transformer
    world: LegoChains | Stages
    training: Training
    before: int = 0


@configuration
class Settings:
    model: Transformer
    """The one that learns from scratch. Its layers are tied: one layer, passed through again and again."""
    chains: LegoChains
    """Of which the beginnings are told."""
    training: Training
    recall: AssociativeRecall
    """What is learned before chains by the one that is pretrained."""
    recall_steps: Count
    planted: tuple[Role, ...] = ("association", 1, 2)
    """What the first heads of every layer of the mimicking learner look at from the start (see models.planting)."""
    neighbours: Count = WIDTH - 1
    """How many tokens on each side the convolutions of one learner reach: from one end of a clause to the other."""
    whole: LegoChains
    """Single chains told to their end, short enough that their last value can be had by counting signs."""
    decoys: Count
    """Clauses of a second chain that makes counting useless."""
    whole_training: Training
    tested: Count = 512
    """Texts on which everything is measured, the same at every checkpoint."""
    groups: Count = 12
    """Random groups of heads that are ablated for comparison."""

    @property
    def learners(self) -> dict[str, Learner]:
        """All trainings by name; those told whole chains mimic, which is the fastest start."""
        before, mimicking = self.recall_steps, replace(self.model, planted=self.planted)
        later = replace(self.training, steps=self.training.steps + before)
        stages = Stages(first=self.recall, then=self.chains, steps=before)
        decoys = replace(self.whole, chains=(*self.whole.chains, self.decoys))
        return {
            "scratch": Learner(self.model, self.chains, self.training),
            "pretrained": Learner(self.model, stages, later, before),
            "mimicked": Learner(mimicking, self.chains, self.training),
            "untied": Learner(replace(self.model, looped=False), self.chains, self.training),
            "convolved": Learner(replace(self.model, convolution=self.neighbours), self.chains, self.training),
            "whole chains": Learner(mimicking, self.whole, self.whole_training),
            "with decoys": Learner(mimicking, decoys, self.whole_training),
        }


def _model(width: int, passes: int, heads: int) -> Transformer:
    return Transformer(
        layers=passes,
        looped=True,
        width=width,
        heads=heads,
        mlp=2 * width,
        mask="prefix",
        positions="learned",
        norm="rms",
        attention_biases=False,
        initial_scale=width**-0.5,
        scaled_residuals=False,  # what heads write must be seen beside the embedding from the start
    )


def _training(steps: int, every: int, batch: int = 64, lr: float = 0.01) -> Training:
    return Training(
        steps=steps,
        batch=batch,
        optimiser=Muon(lr=lr, rest=AdamW(lr=2e-3)),
        schedule=Trapezoid(warmup=20),
        checkpoints=Spacing(every=every, logarithmic=False),
        metrics_every=every,
    )


PRESETS = {
    "smoke": Settings(
        model=_model(16, 2, heads=4),
        chains=LegoChains(letters=6, chains=(4, 2), learned=2),
        training=_training(10, 5, batch=16),
        recall=AssociativeRecall(keys=6, values=3, pairs=3, draws=9),
        recall_steps=5,
        whole=LegoChains(letters=6, chains=(3,), learned=3),
        decoys=2,
        whole_training=_training(10, 5, batch=16),
        tested=64,
        groups=3,
    ),
    "laptop": Settings(
        model=_model(48, 6, heads=3),
        chains=LegoChains(letters=8, chains=(5, 3), learned=3),
        training=_training(1500, 50),
        recall=AssociativeRecall(keys=8, values=3, pairs=5, draws=12),
        recall_steps=1000,
        whole=LegoChains(letters=8, chains=(4,), learned=4),
        decoys=3,
        whole_training=_training(600, 50),
    ),
    "overnight": Settings(
        model=_model(128, 16, heads=8),
        chains=LegoChains(letters=26, chains=(12, 6), learned=6),
        training=_training(20_000, 500, batch=256),
        recall=AssociativeRecall(keys=26, values=3, pairs=12, draws=27),
        recall_steps=5_000,
        whole=LegoChains(letters=26, chains=(12,), learned=12),
        decoys=6,
        whole_training=_training(20_000, 500, batch=256),
        tested=1024,
    ),
    # The paper's size, and its one chain; its own models were pretrained on text, here on recall.
    "paper": Settings(
        model=_model(768, 12, heads=12),
        chains=LegoChains(letters=26, chains=(12,), learned=6),
        training=_training(40_000, 1000, batch=512),
        recall=AssociativeRecall(keys=26, values=3, pairs=12, draws=18),
        recall_steps=10_000,
        whole=LegoChains(letters=26, chains=(12,), learned=12),
        decoys=6,
        whole_training=_training(40_000, 1000, batch=512),
        tested=2048,
    ),
}
