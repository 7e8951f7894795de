"""What is trained: transformers of several depths on linear functions, at several noises and from pools of tasks."""

from typing import Annotated

from annotated_types import Ge, Gt, MinLen

from ontogeny.configuration import BY_KIND, configuration
from ontogeny.errors import UsageError
from ontogeny.models import Transformer
from ontogeny.training import AdamW, Cosine, Muon, Spacing, Training
from ontogeny.worlds import InContext, Inputs

Count = Annotated[int, Ge(1)]
Noise = Annotated[float, Ge(0)]


@configuration
class Settings:
    features: Count = 4
    examples: Count = 9
    """With the last, whose value is only predicted."""
    layers: Annotated[tuple[Count, ...], MinLen(2)] = (1, 2, 4)
    """Depths of the grid, ascending."""
    noises: Annotated[tuple[Noise, ...], MinLen(3)] = (0.0, 0.25, 0.5, 1.0)
    """Standard deviations of the grid, ascending from 0; weights have deviation 1."""
    pools: Annotated[tuple[Count, ...], MinLen(2)] = (4, 16, 64, 256, 1024)
    """Numbers of tasks, ascending."""
    pool_layers: Count = 2
    """One of the grid's depths."""
    pool_noise: Annotated[float, Gt(0)] = 0.5
    """One of the grid's noises."""
    steps: Count = 1400
    """Of each model of the grid and of the pools."""
    control_steps: Count = 300
    """Of the model that is trained on one function alone."""
    width: Count = 64
    heads: Count = 4
    initial_scale: Annotated[float, Gt(0)] = 0.1
    batch: Count = 64
    optimiser: Annotated[AdamW | Muon, BY_KIND] = Muon(
        lr=0.01, rest=AdamW(lr=1e-3, betas=(0.9, 0.999), weight_decay=0.0)
    )
    warmup: Count = 50
    tested: Count = 1024
    """Episodes on which models are held against algorithms."""
    probed: Count = 3000
    """Episodes on which probes are fitted, chosen and tested."""
    neurons: Annotated[int, Ge(1)] = 256
    """Random features of the probes that are not linear."""

    def __post_init__(self) -> None:
        for name, many in (("layers", self.layers), ("noises", self.noises), ("pools", self.pools)):
            if list(many) != sorted(set(many)):
                raise UsageError(f"{name}: expected ascending numbers, given {many}")
        if self.pool_layers not in self.layers or self.pool_noise not in self.noises:
            raise UsageError(
                f"pool_layers={self.pool_layers} and pool_noise={self.pool_noise:g}: expected a depth of {self.layers} "
                f"and a noise of {self.noises}"
            )


PRESETS = {
    "smoke": Settings(
        features=2,
        examples=5,
        layers=(1, 2),
        noises=(0.0, 0.5, 1.0),
        pools=(2, 8),
        steps=10,
        control_steps=5,
        width=16,
        heads=2,
        tested=128,
        probed=200,
        neurons=16,
    ),
    "laptop": Settings(),
    "overnight": Settings(
        features=8,
        examples=17,
        layers=(1, 2, 4, 8),
        pools=(16, 64, 256, 1024, 4096, 16_384),
        pool_layers=4,
        steps=30_000,
        control_steps=3000,
        width=128,
        tested=4096,
        probed=10_000,
        neurons=512,
    ),
    "paper": Settings(
        features=20,
        examples=41,
        layers=(1, 2, 4, 8, 12, 16),
        pools=(64, 256, 1024, 4096, 16_384, 65_536),
        pool_layers=8,
        steps=500_000,
        control_steps=50_000,
        width=512,
        heads=8,
        initial_scale=0.02,
        optimiser=AdamW(lr=1e-4, betas=(0.9, 0.999), weight_decay=0.0),
        tested=4096,
        probed=20_000,
        neurons=1024,
    ),
}


def world(settings: Settings, noise: float, pool: int | None = None) -> InContext:
    """Linear functions, all of them or a pool of so many, whose values are seen with this noise."""
    return InContext(
        inputs=Inputs(features=settings.features),
        examples=settings.examples,
        noise=noise,
        pool=pool,
        shown="interleaved",
    )


def model(settings: Settings, layers: int) -> Transformer:
    """GPT-2's block with its learned positions."""
    return Transformer(
        layers=layers,
        width=settings.width,
        heads=settings.heads,
        mlp=4 * settings.width,
        positions="learned",
        initial_scale=settings.initial_scale,
    )


def training(settings: Settings, steps: int) -> Training:
    """Rates fall along half a cosine wave; what is kept are the beginning and the end."""
    return Training(
        steps=steps,
        batch=settings.batch,
        optimiser=settings.optimiser,
        schedule=Cosine(warmup=min(settings.warmup, steps // 10)),
        checkpoints=Spacing(every=steps, logarithmic=False),
        metrics_every=min(steps, 100),
    )
