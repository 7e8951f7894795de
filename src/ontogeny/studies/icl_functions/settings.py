"""What is trained: one transformer a class of functions, on examples shown as inputs and values in turns."""

from typing import Annotated

from annotated_types import Ge, Gt

from ontogeny.configuration import BY_KIND, configuration
from ontogeny.errors import UsageError
from ontogeny.models import Recurrent, Transformer, recurrent_twin
from ontogeny.training import AdamW, Cosine, Muon, Spacing, Training
from ontogeny.worlds import Curriculum, DecisionTrees, InContext, Inputs, LinearFunctions, Networks
from ontogeny.worlds.functions.world import FunctionKind

Count = Annotated[int, Ge(1)]


@configuration
class Course:
    """How much of one class of functions is shown, and for how long."""

    features: Count
    examples: Count
    """With the last, whose value is only predicted."""
    steps: Count
    curriculum: Curriculum | None = None


@configuration
class Settings:
    linear: Course
    sparse: Course
    networks: Course
    trees: Course
    growth: Course
    """Of linear functions, with a curriculum; the same is trained without it."""
    nonzero: Count = 2
    """Weights of a sparse function that are not 0."""
    neurons: Count = 25
    """Of a network that is to be learned."""
    depth: Count = 3
    """Of a tree that is to be learned."""
    layers: Count = 3
    width: Count = 64
    heads: Count = 4
    recurrent_layers: Count = 2
    """Of the recurrent net beside the transformer."""
    initial_scale: Annotated[float, Gt(0)] = 0.1
    batch: Count = 64
    optimiser: Annotated[AdamW | Muon, BY_KIND] = Muon(
        lr=0.02, rest=AdamW(lr=2e-3, betas=(0.9, 0.999), weight_decay=0.0)
    )
    warmup: Count = 50
    checkpoints: Count = 10
    """Checkpoints of each training, evenly spaced."""
    tested: Count = 2048
    """Episodes on which linear functions are tested."""
    compared: Count = 256
    """Episodes on which models are tested beside slow learners, and as many others on which those are tuned."""

    def __post_init__(self) -> None:
        if self.growth.curriculum is None:
            raise UsageError("growth needs a curriculum: it is what training with one and without one is told apart by")


PRESETS = {
    "smoke": Settings(
        linear=Course(features=2, examples=5, steps=60),
        sparse=Course(features=3, examples=4, steps=5),
        networks=Course(features=2, examples=5, steps=5),
        trees=Course(features=2, examples=5, steps=5),
        growth=Course(features=2, examples=5, steps=5, curriculum=Curriculum(features=1, examples=3, every=2)),
        nonzero=1,
        neurons=3,
        depth=2,
        layers=1,
        width=32,
        heads=2,
        checkpoints=2,
        tested=256,
        compared=32,
    ),
    "laptop": Settings(
        linear=Course(features=5, examples=11, steps=3000),
        sparse=Course(features=8, examples=17, steps=2000, curriculum=Curriculum(features=2, examples=5, every=20)),
        networks=Course(features=5, examples=16, steps=400),
        trees=Course(features=5, examples=16, steps=600),
        growth=Course(features=8, examples=17, steps=600, curriculum=Curriculum(features=2, examples=5, every=20)),
    ),
    "overnight": Settings(
        linear=Course(features=8, examples=17, steps=50_000),
        sparse=Course(features=12, examples=25, steps=50_000),
        networks=Course(features=8, examples=33, steps=50_000),
        trees=Course(features=8, examples=33, steps=50_000),
        growth=Course(
            features=16, examples=33, steps=50_000, curriculum=Curriculum(features=4, examples=9, every=1000)
        ),
        neurons=40,
        layers=6,
        width=128,
        tested=8192,
        compared=1024,
    ),
    "paper": Settings(
        linear=Course(features=20, examples=41, steps=500_000, curriculum=Curriculum()),
        sparse=Course(features=20, examples=41, steps=500_000, curriculum=Curriculum()),
        networks=Course(features=20, examples=101, steps=500_000, curriculum=Curriculum(examples=26, more_examples=5)),
        trees=Course(features=20, examples=101, steps=500_000, curriculum=Curriculum(examples=26, more_examples=5)),
        growth=Course(features=20, examples=41, steps=500_000, curriculum=Curriculum()),
        nonzero=3,
        neurons=100,
        depth=4,
        layers=12,
        width=256,
        heads=8,
        initial_scale=0.02,
        optimiser=AdamW(lr=1e-4, betas=(0.9, 0.999), weight_decay=0.0),
        checkpoints=50,
        tested=8192,
        compared=1024,
    ),
}

TASKS = ("linear", "sparse", "networks", "trees")
ANOTHER = 10_000
"""Added to a seed for a second training of the same recipe: no seed of the study itself."""


def world(settings: Settings, task: str) -> InContext:
    """The episodes of one class of functions."""
    course: Course = getattr(settings, task)
    functions: dict[str, FunctionKind] = {
        "linear": LinearFunctions(),
        "growth": LinearFunctions(),
        "sparse": LinearFunctions(nonzero=settings.nonzero),
        "networks": Networks(neurons=settings.neurons),
        "trees": DecisionTrees(depth=settings.depth),
    }
    return InContext(
        functions=functions[task],
        inputs=Inputs(features=course.features),
        examples=course.examples,
        shown="interleaved",
        curriculum=course.curriculum,
    )


def model(settings: Settings) -> Transformer:
    """GPT-2's block with its learned positions."""
    return Transformer(
        layers=settings.layers,
        width=settings.width,
        heads=settings.heads,
        mlp=4 * settings.width,
        positions="learned",
        initial_scale=settings.initial_scale,
    )


def recurrent(settings: Settings) -> Recurrent:
    """The recurrent net with as many parameters as the model has on linear functions."""
    shown = world(settings, "linear")
    shape = {"vocab": len(shown.vocabulary), "feature_size": shown.feature_size}
    parameters = model(settings).build(**shape, length=shown.length, seed=0).parameters()
    return recurrent_twin(sum(part.numel() for part in parameters), layers=settings.recurrent_layers, **shape)


def training(settings: Settings, task: str) -> Training:
    """Rates fall along half a cosine wave; checkpoints are evenly spaced."""
    steps = getattr(settings, task).steps
    every = max(1, steps // settings.checkpoints)
    return Training(
        steps=steps,
        batch=settings.batch,
        optimiser=settings.optimiser,
        schedule=Cosine(warmup=min(settings.warmup, steps // 10)),
        checkpoints=Spacing(every=every, logarithmic=False),
        metrics_every=min(every, 100),
    )
