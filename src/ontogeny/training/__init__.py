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
    "Spacing",
    "Training",
    "Trajectory",
    "Trapezoid",
    "train",
]

_LAZY = {  # settings can be read without waiting for torch
    "KINDS": "run",
    "Checkpoint": "checkpoints",
    "Progress": "progress",
    "Run": "run",
    "Trajectory": "trajectory",
    "train": "loop",
}

__getattr__ = importing(__name__, _LAZY)
