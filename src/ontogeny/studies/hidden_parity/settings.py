"""What is trained: many small networks on parities of several sizes, at four presets."""

from typing import Annotated

from annotated_types import Ge, Gt

from ontogeny.configuration import configuration
from ontogeny.models import Transformer
from ontogeny.training import SGD, AdamW, Constant, Spacing, Training
from ontogeny.worlds import SparseParity

Count = Annotated[int, Ge(1)]


@configuration
class Task:
    """`models` networks, each with its own hidden bits and its own stream, trained for `steps`."""

    bits: Count
    degree: Count
    steps: Count
    models: Count = 16


@configuration
class Perceptron:
    """One hidden layer of relus, hinge loss, plain gradient descent: as secondary sources report of the paper."""

    width: Count = 100
    lr: Annotated[float, Gt(0)] = 0.1
    weight_decay: Annotated[float, Ge(0)] = 0.01
    batch: Count = 32


@configuration
class Sequence:
    """A small transformer that reads the bits as tokens."""

    world: SparseParity
    model: Transformer
    training: Training


@configuration
class Settings:
    main: Task
    """The task whose progress is followed inside, and whose times are compared with a random search's."""
    grid: tuple[Task, ...]
    """Further sizes, for how the time grows."""
    single_bit: Task
    """Degree 1: the control that gives partial credit."""
    neuron: Task
    """Learned by a single sine neuron without weight decay."""
    transformer: Sequence
    perceptron: Perceptron = Perceptron()
    checkpoints: Count = 80
    """Checkpoints of each training, evenly spaced."""
    tested: Count = 2048
    """Examples on which accuracy is measured."""
    led: Count = 32
    """How many networks of the main task the lead is measured on."""


def _sequence(bits: int, steps: int, every: int, *, layers: int = 1, width: int = 64) -> Sequence:
    return Sequence(
        world=SparseParity(bits=bits, degree=3),
        model=Transformer(layers=layers, width=width, heads=4, mlp=4 * width, positions="learned", initial_scale=0.1),
        training=Training(
            steps=steps,
            batch=128,
            optimiser=AdamW(lr=1e-3),
            schedule=Constant(),
            checkpoints=Spacing(every=every, logarithmic=False),
        ),
    )


_PAIRS = tuple(Task(bits=bits, degree=2, steps=400) for bits in (10, 14, 20, 28, 40))

PRESETS = {
    "smoke": Settings(
        main=Task(bits=8, degree=2, steps=160, models=6),
        grid=(Task(bits=6, degree=2, steps=160, models=6), Task(bits=6, degree=3, steps=480, models=6)),
        single_bit=Task(bits=8, degree=1, steps=40, models=6),
        neuron=Task(bits=8, degree=2, steps=160, models=6),
        transformer=_sequence(6, 60, 5, width=16),
        checkpoints=40,
        tested=512,
        led=3,
    ),
    "laptop": Settings(
        main=Task(bits=20, degree=3, steps=2000, models=32),
        grid=(
            *(Task(bits=bits, degree=2, steps=400, models=8) for bits in (10, 14, 20, 28, 40)),
            *(
                Task(bits=bits, degree=3, steps=steps, models=8)
                for bits, steps in ((10, 1200), (14, 1600), (28, 3200), (40, 5600))
            ),
        ),
        single_bit=Task(bits=20, degree=1, steps=80, models=8),
        neuron=Task(bits=20, degree=3, steps=800, models=8),
        transformer=_sequence(10, 600, 12),
        led=16,
    ),
    "overnight": Settings(
        main=Task(bits=30, degree=3, steps=4000, models=256),
        grid=(
            *_PAIRS,
            *(
                Task(bits=bits, degree=3, steps=steps)
                for bits, steps in ((10, 1200), (14, 1600), (20, 2400), (40, 8000))
            ),
            *(Task(bits=bits, degree=4, steps=steps) for bits, steps in ((10, 8000), (14, 16_000), (20, 60_000))),
        ),
        single_bit=Task(bits=30, degree=1, steps=80),
        neuron=Task(bits=30, degree=3, steps=1600),
        transformer=_sequence(20, 10_000, 100, layers=2),
    ),
    "paper": Settings(
        main=Task(bits=50, degree=3, steps=12_000, models=1000),
        grid=tuple(
            Task(bits=bits, degree=degree, steps=steps)
            for degree, steps in ((2, 1000), (3, 12_000), (4, 100_000))
            for bits in (10, 20, 30, 40)
        ),
        single_bit=Task(bits=50, degree=1, steps=80),
        neuron=Task(bits=50, degree=3, steps=4000),
        transformer=_sequence(30, 40_000, 400, layers=2, width=256),
        perceptron=Perceptron(width=1000),
    ),
}


def training(settings: Settings, steps: int, weight_decay: float) -> Training:
    """Plain gradient descent with evenly spaced checkpoints."""
    return Training(
        steps=steps,
        batch=settings.perceptron.batch,
        optimiser=SGD(lr=settings.perceptron.lr, weight_decay=weight_decay),
        schedule=Constant(),
        clip=None,
        checkpoints=Spacing(every=max(1, steps // settings.checkpoints), logarithmic=False),
        metrics_every=max(1, steps // settings.checkpoints),
    )
