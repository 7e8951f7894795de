"""A training read back: its settings, checkpoints and metrics. Reading never executes anything that is stored."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import nn

from ontogeny.errors import OntogenyError, UsageError
from ontogeny.training.checkpoints import Checkpoint, list_checkpoints, read_tensors, set_weights
from ontogeny.training.journal import JOURNAL, METRICS, read_metrics
from ontogeny.training.run import Run, read_run
from ontogeny.training.settings import Training

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["CHECKPOINTS", "DONE", "FAILED", "JOURNAL", "METRICS", "RESUME", "Trajectory"]

DONE, FAILED = "DONE", "FAILED"
CHECKPOINTS, RESUME = "checkpoints", "resume"


class Trajectory:
    """The folder of a run, finished or not. A folder that is not a run raises `OntogenyError`."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self.run: Run = read_run(self.folder)

    def __repr__(self) -> str:
        return f"Trajectory({str(self.folder)!r}, {len(self.checkpoints)} checkpoints, done={self.done})"

    @property
    def model_config(self) -> Any:
        return self.run.model

    @property
    def world(self) -> Any:
        return self.run.world

    @property
    def training(self) -> Training:
        return self.run.training

    @property
    def seed(self) -> int:
        return self.run.seed

    @property
    def done(self) -> bool:
        """Whether training has reached its last step."""
        return (self.folder / DONE).exists()

    @property
    def checkpoints(self) -> list[Checkpoint]:
        """The checkpoints stored so far, by step; the first is the untrained model."""
        if not self.folder.is_dir():
            raise OntogenyError(f"{self.folder} is gone; bring it back and run the same command again")
        return list_checkpoints(self.folder / CHECKPOINTS)

    def load(self, step: int) -> nn.Module:
        """The model as it was after `step` updates, on the CPU, in evaluation mode; its file is verified first."""
        found = {checkpoint.step: checkpoint for checkpoint in self.checkpoints}
        if step not in found:
            known = ", ".join(str(other) for other in found) or "none yet"
            raise UsageError(f"{self.folder} has no checkpoint at step {step}; its checkpoints: {known}")
        remedy = f"restore it from a copy, or remove {self.folder} and train again"
        stored = read_tensors(found[step].path, found[step].sha256, remedy)
        model = self.run.build()
        set_weights(model, stored, found[step].path)
        return model.eval()

    def metrics(self) -> "pa.Table":
        """All metrics so far as a tidy table: step (int64), name (string), value (float64)."""
        return read_metrics(self.folder)
