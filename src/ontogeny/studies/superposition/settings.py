"""What is trained: banks of toy models, one density or importance each, at four presets."""

from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le

from ontogeny.configuration import configuration
from ontogeny.training import AdamW, Linear, Spacing, Training

Count = Annotated[int, Ge(1)]
Share = Annotated[float, Gt(0), Le(1)]


@configuration
class Sweep:
    """Models of one size over densities from 1 down to `sparsest`, evenly spaced in logarithms."""

    features: Count
    hidden: Count
    decay: Annotated[float, Gt(0), Le(1)]
    """Feature i counts decay ** i."""
    models: Annotated[int, Ge(2)]
    sparsest: Share
    steps: Count
    batch: Count = 256
    lr: Annotated[float, Gt(0)] = 1e-3

    @property
    def densities(self) -> tuple[float, ...]:
        """One a model, from 1 down."""
        return tuple(float(density) for density in np.geomspace(1, self.sparsest, self.models))


@configuration
class Phases:
    """Two features and one hidden unit: densities by importances of the second feature, each some times over."""

    densities: Annotated[int, Ge(2)] = 10
    sparsest: Share = 0.01
    importances: Annotated[int, Ge(2)] = 10
    widest: Annotated[float, Gt(1)] = 10.0
    """Importances go from one over this to this, evenly spaced in logarithms."""
    repeats: Count = 10
    """Of these the one with the least loss counts: gradient descent has local minima here."""
    steps: Count = 3000
    batch: Count = 128
    lr: Annotated[float, Gt(0)] = 5e-3


@configuration
class Settings:
    toy: Sweep = Sweep(features=5, hidden=2, decay=0.9, models=100, sparsest=0.01, steps=10_000, batch=128, lr=3e-3)
    linear_steps: Count = 10_000
    """The twin without the relu, on the same densities."""
    phases: Phases = Phases()
    geometry: Sweep = Sweep(features=80, hidden=20, decay=1.0, models=10, sparsest=0.02, steps=10_000, lr=4e-3)
    absolute: Sweep = Sweep(features=100, hidden=40, decay=0.8, models=4, sparsest=0.01, steps=10_000, lr=4e-3)


PRESETS = {
    "smoke": Settings(
        toy=Sweep(features=5, hidden=2, decay=0.9, models=6, sparsest=0.02, steps=600, batch=128, lr=0.01),
        linear_steps=200,
        phases=Phases(densities=3, importances=3, repeats=2, steps=200, batch=128, lr=0.02),
        geometry=Sweep(features=12, hidden=4, decay=1.0, models=4, sparsest=0.05, steps=300, batch=128, lr=0.02),
        absolute=Sweep(features=8, hidden=4, decay=0.8, models=3, sparsest=0.05, steps=200, batch=128, lr=0.02),
    ),
    "laptop": Settings(),
    "overnight": Settings(
        toy=Sweep(features=5, hidden=2, decay=0.9, models=1000, sparsest=0.01, steps=10_000, batch=1024),
        phases=Phases(densities=50, importances=50, repeats=3, steps=10_000, batch=1024, lr=1e-3),
        geometry=Sweep(features=200, hidden=20, decay=1.0, models=50, sparsest=0.01, steps=10_000, batch=1024),
        absolute=Sweep(features=100, hidden=40, decay=0.8, models=20, sparsest=0.01, steps=10_000, batch=1024),
    ),
    "paper": Settings(
        toy=Sweep(features=5, hidden=2, decay=0.9, models=100, sparsest=0.01, steps=10_000, batch=1024),
        phases=Phases(densities=50, importances=50, repeats=10, steps=10_000, batch=1024, lr=1e-3),
        geometry=Sweep(features=400, hidden=30, decay=1.0, models=50, sparsest=0.01, steps=20_000, batch=1024),
        absolute=Sweep(features=100, hidden=40, decay=0.8, models=20, sparsest=0.001, steps=20_000, batch=1024),
    ),
}


def training(steps: int, batch: int, lr: float) -> Training:
    """AdamW as published, with a rate that falls to 0; only the first and the last weights are kept."""
    return Training(
        steps=steps,
        batch=batch,
        optimiser=AdamW(lr=lr),
        schedule=Linear(),
        clip=None,
        checkpoints=Spacing(every=steps, logarithmic=False),
        metrics_every=max(1, steps // 20),
    )
