"""What is trained: attention that learns from examples, and agents that imitate shortest paths, at four presets."""

from dataclasses import dataclass, replace
from typing import Annotated

from annotated_types import Ge, Le

from ontogeny.configuration import configuration
from ontogeny.errors import UsageError
from ontogeny.models import Transformer
from ontogeny.studies.icl_gd.settings import Recipe, model
from ontogeny.training import AdamW, Cosine, Spacing, Training
from ontogeny.worlds import MarkedGoals

Count = Annotated[int, Ge(1)]
Share = Annotated[float, Ge(0), Le(1)]

LEARNERS = ("looped", "layers")
"""One layer passed through several times, and as many layers of their own weights."""


@dataclass(frozen=True)
class Agent:
    """One agent's size and training: what share of its items had goal and marker apart."""

    width: int
    share: float


@configuration
class Settings:
    descent: Recipe
    """Of self-attention on linear regression (the study icl_gd's model and world)."""
    depth: Count = 4
    """Its layers, or passes through its one layer."""
    extra: Count = 4
    """Further passes than in training."""
    grid: MarkedGoals = MarkedGoals()
    shares: tuple[Share, ...] = (0.0, 0.005, 0.01, 0.02, 0.05)
    """Of training items with goal and marker apart, from none on."""
    few: Share = 0.01
    many: Share = 0.05
    """Two of them that claims speak of."""
    widths: tuple[Count, Count] = (16, 64)
    """Of the smaller and the larger agent."""
    training: Training
    """Of agents."""
    episodes: Count = 512
    """Of regression, on which losses are measured."""
    tuned: Count = 32_768
    """Episodes on which descent is tuned: on fewer, GD++ with a rate for each of four steps may be orders of magnitude
    worse on others."""
    tested: Count = 1024
    """Items of each kind on which agents act."""
    probed: Count = 2048
    """Items drawn with goal and marker apart; each that came up is probed once."""

    def __post_init__(self) -> None:
        if self.shares[:1] != (0.0,) or not {self.few, self.many} <= set(self.shares):
            raise UsageError(
                f"shares: expected 0 first, and few = {self.few} and many = {self.many} among them, given {self.shares}"
            )

    @property
    def agents(self) -> tuple[Agent, ...]:
        return tuple(Agent(width, share) for width in self.widths for share in self.shares)

    def world(self, share: float) -> MarkedGoals:
        return replace(self.grid, apart=share)


def agent_model(width: int) -> Transformer:
    """Two layers over words, with learned positions."""
    return Transformer(
        layers=2,
        width=width,
        heads=4,
        mlp=4 * width,
        positions="learned",
        norm="rms",
        initial_scale=width**-0.5,
        embedding_scale=0.1,
    )


def learner_model(settings: Settings, learner: str) -> Transformer:
    """Self-attention alone, as the study icl_gd has it."""
    return model(settings.descent, layers=settings.depth, looped=learner == "looped")


def learner_training(settings: Settings) -> Training:
    """AdamW without weight decay along half a cosine wave; the untrained and the trained model are kept."""
    recipe = settings.descent
    return Training(
        steps=recipe.steps,
        batch=recipe.batch,
        optimiser=AdamW(lr=recipe.lr, betas=(0.9, 0.999), weight_decay=0.0),
        schedule=Cosine(warmup=min(50, recipe.steps // 10)),
        checkpoints=Spacing(every=recipe.steps, logarithmic=False),
        metrics_every=max(1, recipe.steps // 10),
    )


def _imitation(steps: int, batch: int = 128, lr: float = 3e-3) -> Training:
    return Training(
        steps=steps,
        batch=batch,
        optimiser=AdamW(lr=lr),
        schedule=Cosine(warmup=min(50, steps // 10), final=0.05),
        checkpoints=Spacing(every=steps, logarithmic=False),
        metrics_every=max(1, steps // 10),
    )


PRESETS = {
    "smoke": Settings(
        descent=Recipe(steps=60, batch=128, lr=1e-2, initial_scale=0.2),
        depth=2,
        extra=1,
        grid=MarkedGoals(side=3),
        shares=(0.0, 0.5),
        few=0.5,
        many=0.5,
        widths=(8, 16),
        training=_imitation(40, batch=64, lr=1e-2),
        episodes=128,
        tuned=2048,
        tested=256,
        probed=512,
    ),
    "laptop": Settings(
        descent=Recipe(steps=2000, batch=256, lr=1e-2, initial_scale=0.2),
        training=_imitation(1000),
    ),
    "overnight": Settings(
        descent=Recipe(steps=20_000, batch=1024, lr=5e-3, initial_scale=0.2),
        grid=MarkedGoals(side=8),
        shares=(0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1),
        widths=(32, 128),
        training=_imitation(20_000, lr=1e-3),
    ),
    # The paper has no experiment, and so no size.
    "paper": Settings(
        descent=Recipe(steps=200_000, batch=2048, lr=1e-3, initial_scale=0.2),
        depth=12,
        grid=MarkedGoals(side=10),
        shares=(0.0, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1),
        widths=(64, 256),
        training=_imitation(100_000, batch=256, lr=1e-3),
    ),
}
