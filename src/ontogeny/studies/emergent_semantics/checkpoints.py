"""Opening a checkpoint of this study's trajectories."""

from typing import cast

from ontogeny.models import TransformerModel
from ontogeny.training import Trajectory


def model_at(run: Trajectory, index: int) -> TransformerModel:
    """The model at one of the run's checkpoints: 0 is the untrained one, -1 the last."""
    return cast(TransformerModel, run.load(run.checkpoints[index].step))
