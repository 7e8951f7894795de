"""What is trained: transformers of two sizes on ever more tasks, and recurrent nets on the most, at presets."""

from dataclasses import dataclass, replace
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le

from ontogeny.configuration import BY_KIND, LATER, configuration
from ontogeny.models import Recurrent, Transformer, recurrent_twin
from ontogeny.training import AdamW, Cosine, Muon, Spacing, Training
from ontogeny.worlds import Classification, Clusters, Table
from ontogeny.worlds.functions.tables import TableName

Count = Annotated[int, Ge(1)]
Power = Annotated[int, Ge(0)]
SMALL, LARGE, TWIN = "small", "large", "twin"
SEEN, UNSEEN, CLUSTERS = "seen", "unseen", "clusters"
SMALL_BATCH, LARGE_BATCH, PERMUTED = "small batch", "large batch", "always permuted"
TABLES: tuple[TableName, ...] = ("iris", "wine", "breast_cancer")
OTHERS = (*TABLES, CLUSTERS)
"""Data that no model is trained on."""


@configuration
class Size:
    """Of a transformer."""

    layers: Count
    width: Count
    heads: Count


@configuration
class Interventions:
    """Trainings of the larger transformer, one thing changed at a time, with positions as published.

    Nothing but the label before is beside an input then, so that there is a plateau before learning.
    """

    power: Power = 12
    """Number of tasks, as a power of two."""
    steps: Count = 1200
    batches: tuple[Count, Count] = (16, 64)
    """A small one and a large one."""
    unpermuted: Annotated[float, Gt(0), Le(1)] = 0.5
    """Share of the episodes in which labels are not permuted, but for one training with the large batch."""
    checkpoints: Count = 24


@configuration
class Settings:
    small: Size
    large: Size
    powers: tuple[Power, ...]
    """Numbers of tasks, as powers of two, in order; recurrent nets are trained on the most alone."""
    cells: tuple[Count, ...]
    """Memory cells a layer of the recurrent nets beside the one with as many parameters as the larger transformer."""
    steps: Count
    batch: Count
    recurrent_layers: Count = 2
    components: Count = 16
    """Of a digit, and of an input once it is projected."""
    labels: Count = 5
    examples: Count = 31
    shown: Literal["shifted", "paired"] = "paired"
    optimiser: Annotated[AdamW | Muon, BY_KIND] = Muon(
        lr=0.02, rest=AdamW(lr=2e-3, betas=(0.9, 0.999), weight_decay=0.0)
    )
    warmup: Count = 50
    checkpoints: Count = 8
    """Of each training, evenly spaced."""
    tested: Count = 1024
    """Episodes of each kind on which a model is tested in the end."""
    followed: Count = 256
    """Episodes of each kind on which it is tested at every checkpoint."""
    interventions: Annotated[Interventions, LATER] = Interventions()


PRESETS = {
    "smoke": Settings(
        small=Size(layers=1, width=8, heads=1),
        large=Size(layers=1, width=32, heads=2),
        powers=(0, 3),
        cells=(8,),
        steps=40,
        batch=32,
        interventions=Interventions(power=3, steps=6, batches=(4, 8), checkpoints=3),
        recurrent_layers=1,
        components=6,
        labels=3,
        examples=9,
        checkpoints=2,
        tested=128,
        followed=64,
    ),
    "laptop": Settings(
        small=Size(layers=1, width=16, heads=2),
        large=Size(layers=2, width=64, heads=4),
        powers=(0, 3, 6, 9, 12),
        cells=(24, 112),
        steps=400,
        batch=64,
        tested=512,
    ),
    "overnight": Settings(
        small=Size(layers=1, width=32, heads=2),
        large=Size(layers=4, width=128, heads=8),
        powers=(0, 2, 4, 6, 8, 10, 12, 14, 16),
        cells=(32, 64, 512),
        steps=20_000,
        batch=128,
        interventions=Interventions(power=14, steps=20_000, batches=(32, 128)),
        labels=10,
        examples=101,
        tested=4096,
    ),
    "paper": Settings(
        small=Size(layers=4, width=32, heads=4),
        large=Size(layers=4, width=256, heads=8),
        powers=tuple(range(0, 25, 2)),
        cells=(64, 1024),
        steps=50_000,  # this and the batch are as remembered, not looked up
        batch=4096,
        interventions=Interventions(power=24, steps=50_000, batches=(512, 4096)),
        components=64,
        labels=10,
        examples=101,
        shown="shifted",
        optimiser=AdamW(lr=2e-4, betas=(0.9, 0.999), weight_decay=0.0),
        warmup=1000,
        checkpoints=50,
        tested=4096,
    ),
}


def world(settings: Settings, power: int | None) -> Classification:
    """Digits under so many tasks; None: new ones only."""
    return Classification(
        source=Table(name="digits", most=settings.components),
        features=settings.components,
        labels=settings.labels,
        examples=settings.examples,
        pool=None if power is None else 2**power,
        shown=settings.shown,
    )


def unseen(settings: Settings) -> dict[str, Classification]:
    """What no model is trained on, by name: new tasks of digits, and tasks of other data."""
    new = world(settings, None)
    sources: dict[str, Table | Clusters] = {
        name: Table(name=name, most=settings.components, held_out=1.0) for name in TABLES
    }
    sources[CLUSTERS] = Clusters(classes=settings.labels, components=settings.components)
    return {UNSEEN: new} | {name: replace(new, source=source) for name, source in sources.items()}


@dataclass(frozen=True)
class Learner:
    """A model, and the logarithm of the number of tasks that it is trained on."""

    name: str
    model: Transformer | Recurrent
    power: int


def learners(settings: Settings) -> list[Learner]:
    """Transformers of both sizes on every number of tasks, recurrent nets on the most."""
    most = settings.powers[-1]
    sizes = {SMALL: transformer(settings.small, settings.shown), LARGE: transformer(settings.large, settings.shown)}
    shape = shape_of(world(settings, most))
    twin = recurrent_twin(parameters(sizes[LARGE], world(settings, most)), layers=settings.recurrent_layers, **shape)
    nets = {f"{cells} cells": Recurrent(layers=settings.recurrent_layers, width=cells) for cells in settings.cells}
    return [
        *(Learner(name, model, power) for name, model in sizes.items() for power in settings.powers),
        *(Learner(name, model, most) for name, model in ({TWIN: twin} | nets).items()),
    ]


@dataclass(frozen=True)
class Trial:
    """A training of the larger transformer, changed in one way."""

    learner: Learner
    settings: Settings
    world: Classification


def trials(settings: Settings) -> list[Trial]:
    """The interventions: small and large batches with labels often not permuted, large ones with labels that are."""
    own = settings.interventions
    changed = [
        replace(settings, shown="shifted", steps=own.steps, batch=batch, checkpoints=own.checkpoints)
        for batch in own.batches
    ]
    model, tasks = transformer(settings.large, "shifted"), world(changed[0], own.power)
    biased = replace(tasks, unpermuted=own.unpermuted)
    each = ((SMALL_BATCH, changed[0], biased), (LARGE_BATCH, changed[1], biased), (PERMUTED, changed[1], tasks))
    return [Trial(Learner(name, model, own.power), trained, shown) for name, trained, shown in each]


def transformer(size: Size, shown: str) -> Transformer:
    """Without positions where examples come whole, since they are a set."""
    return Transformer(
        layers=size.layers,
        width=size.width,
        heads=size.heads,
        mlp=2 * size.width,
        positions="none" if shown == "paired" else "rotary",
        head_bias=True,
        initial_scale=size.width**-0.5,
    )


def shape_of(world: Classification) -> dict[str, int]:
    return {"vocab": len(world.vocabulary), "feature_size": world.feature_size}


def parameters(model: Transformer | Recurrent, world: Classification) -> int:
    """How many parameters the model has in this world."""
    built = model.build(**shape_of(world), length=world.length, seed=0)
    return sum(parameter.numel() for parameter in built.parameters())


def state(model: Transformer | Recurrent, world: Classification) -> int:
    """Numbers that carry over from the examples before to the last answer, at most.

    Of a transformer the keys and values of all layers and positions; of a recurrent net its cells and their outputs.
    """
    return 2 * model.layers * model.width * (1 if isinstance(model, Recurrent) else world.length)


def training(settings: Settings) -> Training:
    """Rates fall along half a cosine wave; checkpoints are evenly spaced."""
    every = max(1, settings.steps // settings.checkpoints)
    return Training(
        steps=settings.steps,
        batch=settings.batch,
        optimiser=settings.optimiser,
        schedule=Cosine(warmup=min(settings.warmup, settings.steps // 10)),
        checkpoints=Spacing(every=every, logarithmic=False),
        metrics_every=min(every, 100),
    )
