"""How it learns: loop, optimisers, schedules, checkpoints, exact resume. Knows worlds and models by contract only."""

from typing import TYPE_CHECKING

from ontogeny.lazy import importing
from ontogeny.training.schedules import Constant, Cosine, Linear, Published, Trapezoid
from ontogeny.training.settings import SGD, AdamW, Muon, Spacing, Training

if TYPE_CHECKING:
    from ontogeny.training.checkpoints import Checkpoint
    from ontogeny.training.loop import train
    from ontogeny.training.progress import Progress
    from ontogeny.training.run import KINDS, Run
    from ontogeny.training.series import Series, open_trajectory
    from ontogeny.training.trajectory import Trajectory

__all__ = [
    "KINDS",
    "SGD",
    "AdamW",
    "Checkpoint",
    "Constant",
    "Cosine",
    "Linear",
    "Muon",
    "Progress",
    "Published",
    "Run",
    "Series",
    "Spacing",
    "Training",
    "Trajectory",
    "Trapezoid",
    "open_trajectory",
    "train",
]

_LAZY = {  # settings can be read without waiting for torch
    "KINDS": "run",
    "Checkpoint": "checkpoints",
    "Progress": "progress",
    "Run": "run",
    "Series": "series",
    "Trajectory": "trajectory",
    "open_trajectory": "series",
    "train": "loop",
}

__getattr__ = importing(__name__, _LAZY)
