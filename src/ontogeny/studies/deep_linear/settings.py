"""What is trained: small linear networks, hundreds at once, at four presets."""

from typing import Annotated

from annotated_types import Ge, Gt, Le

from ontogeny.configuration import configuration
from ontogeny.training import SGD, Constant, Spacing, Training
from ontogeny.worlds import Hierarchy, Teacher

Count = Annotated[int, Ge(1)]
Positive = Annotated[float, Gt(0)]


@configuration
class Modes:
    """Two-layer networks from small random weights, whose every mode is followed over training."""

    models: Count = 8
    """Networks with weights of their own, on the same task."""
    width: Count = 64
    gain: Positive = 0.01
    """Initial scale: small, so that each mode has its plateau."""
    lr: Positive = 0.0015
    """Small, so that steps follow the gradient flow that the theory solves."""
    steps: Count = 3000
    every: Count = 50


@configuration
class Depths:
    """Networks of growing depth from weights of scale 1, at the best of many learning rates."""

    world: Teacher = Teacher(inputs=16, outputs=8, singular_values=(2.0, 1.8, 1.6, 1.4, 1.2, 1.0, 0.8, 0.6))
    layers: tuple[Annotated[int, Ge(2)], ...] = (2, 4, 8, 16)
    width: Count = 16
    rates: Count = 36
    """Learning rates tried, from `slowest` on, each `factor` times the one before; all divided by the layers."""
    slowest: Positive = 0.02
    factor: Annotated[float, Gt(1)] = 1.1
    steps: Count = 120
    every: Count = 1
    learned: Annotated[float, Gt(0), Le(0.5)] = 0.01
    """A task is learned once the loss is below this share of the untrained network's."""


@configuration
class Calibration:
    """Noisy readings of the mode curves, given to the change-point detector, which does not know the truth."""

    noises: tuple[Positive, ...] = (0.02, 0.05, 0.1)
    """Standard deviations of what is added to each reading, as shares of the mode's strength."""


@configuration
class Settings:
    spectrum: Teacher = Teacher(inputs=16, outputs=16, singular_values=(5.0, 4.0, 3.2, 2.6, 2.1, 1.7, 1.4, 1.1))
    hierarchy: Hierarchy = Hierarchy(levels=3)
    modes: Modes = Modes()
    depths: Depths = Depths()
    calibration: Calibration = Calibration()


PRESETS = {
    "smoke": Settings(
        spectrum=Teacher(inputs=8, outputs=8, singular_values=(4.0, 3.0, 2.0)),
        hierarchy=Hierarchy(levels=2),
        modes=Modes(models=2, width=32, lr=0.005, steps=600, every=15),
        depths=Depths(layers=(2, 4), rates=8, factor=1.4, steps=40, every=2),
        calibration=Calibration(noises=(0.05,)),
    ),
    "laptop": Settings(),
    "overnight": Settings(
        modes=Modes(models=64, width=256, lr=0.0005, steps=9000, every=75),
        depths=Depths(layers=(2, 4, 8, 16, 32, 64), width=32, rates=60, factor=1.06, steps=400, every=2),
    ),
    # The paper's own sizes are of this order; its depth experiment, on images of digits, goes to 100 layers.
    "paper": Settings(
        modes=Modes(models=64, width=256, lr=0.0002, steps=24_000, every=200),
        depths=Depths(
            world=Teacher(inputs=784, outputs=10, singular_values=(3.0, 2.0, 1.5, 1.2, 1.0, 0.9, 0.8, 0.7, 0.6, 0.5)),
            layers=(2, 5, 10, 20, 50, 100),
            width=1000,
            rates=24,
            factor=1.15,
            steps=400,
            every=4,
        ),
    ),
}


def training(lr: float, steps: int, every: int, batch: int) -> Training:
    """Plain gradient descent on all examples at once."""
    return Training(
        steps=steps,
        batch=batch,
        optimiser=SGD(lr=lr),
        schedule=Constant(),
        clip=None,
        checkpoints=Spacing(every=every, logarithmic=False),
        metrics_every=every,
    )
