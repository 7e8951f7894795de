"""The lab hands out runs and measurements: what exists is found, what does not is made."""

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ontogeny.errors import HeldError
from ontogeny.files import held
from ontogeny.lab.notices import Notice, Notify, quiet
from ontogeny.lab.store import run_folder, status
from ontogeny.lab.trackers import tracking

if TYPE_CHECKING:
    from torch import nn

    from ontogeny.training import Progress, Training, Trajectory
    from ontogeny.worlds.world import World

Measured = TypeVar("Measured")
"""One tidy table (`pyarrow.Table`), or several by name."""

WAITING_SECONDS = 0.5
"""How often a patient lab looks whether a run has been let go."""


class Lab:
    """A run store with somebody to tell. Holds no results itself: everything is in the folders.

    A `patient` lab waits for a run that another process trains, as cells of one study do that need the same run.
    """

    def __init__(
        self,
        store: Path,
        *,
        notify: Notify = quiet,
        task: str = "run",
        sinks: Sequence[str] = (),
        patient: bool = False,
    ) -> None:
        self.store = store
        self.task = task
        self.used: list[str] = []
        """The runs handed out so far, as `name/hash`."""
        self._notify = notify
        self._sinks = sinks
        self._patient = patient

    def say(self, phase: str, done: int = 0, total: int = 0, **values: float) -> None:
        """Tell whoever watches what is being done; with `done` of `total`, they also see the time left."""
        self._notify(Notice(self.task, phase, done, total, values))

    def remark(self, text: str) -> None:
        """Tell whoever watches something that should stay in sight."""
        self._notify(Notice(self.task, "", remark=text))

    def train(
        self,
        name: str,
        model: Any,
        world: "World",
        training: "Training",
        seed: int,
        *,
        evaluate: "Callable[[nn.Module, int], dict[str, float]] | None" = None,
    ) -> "Trajectory":
        """The trajectory of this model on this world: found if it is there, continued if it was stopped, else trained.

        `evaluate(model, step)` gives figures to keep beside the loss; it is not part of the run's identity. Raises
        `HeldError` if another process trains the same run, unless the lab is patient.
        """
        from ontogeny.training import Run, Trajectory, train

        run = Run(model, world, training, seed)
        folder = run_folder(self.store, name, run.hash)
        self.used.append(folder.relative_to(self.store).as_posix())
        while status(folder) != "done":
            if self._patient and held(folder):
                self._wait_for(folder)
                continue
            try:
                with tracking(self._sinks, folder.parent.name, run, self.remark) as track:
                    return train(
                        model,
                        world,
                        training,
                        seed=seed,
                        folder=folder,
                        evaluate=evaluate,
                        progress=self._training_progress,
                        track=track,
                    )
            except HeldError:  # of two that found it free, the other was faster
                if not self._patient:
                    raise
        return Trajectory(folder)

    def measure(
        self, trajectory: "Trajectory", name: str, settings: Any, function: "Callable[[], Measured]"
    ) -> "Measured":
        """What `function()` measures on the trajectory: one tidy table or several by name, computed once and kept.

        The measurement is named by `name`, `settings` (a configuration) and the hashes of the trajectory's
        checkpoints; `function` is only called if no measurement of that name exists. Raises `DamagedFileError` naming
        the file if what was kept is not readable.
        """
        from ontogeny.lab.measurements import Measurement

        checkpoints = [checkpoint.sha256 for checkpoint in trajectory.checkpoints]
        measurement = Measurement.of(trajectory.folder, name, settings, checkpoints)
        kept = measurement.read()
        if kept is not None:
            return cast("Measured", kept)
        self.say(name)
        result = function()
        measurement.write(result)
        return result

    def _wait_for(self, folder: Path) -> None:
        """Say what is waited for, and wait a moment; where nobody listens any more, saying it ends the waiting."""
        self.say(f"waiting for {folder.parent.name}/{folder.name}, which another process trains")
        time.sleep(WAITING_SECONDS)

    def _training_progress(self, progress: "Progress") -> None:
        rate = progress.tokens_per_second or math.nan  # 0 before the first step of this process
        values = {"loss": progress.loss, "tokens_per_second": rate, **progress.metrics}
        left = None if math.isnan(progress.seconds_left) else progress.seconds_left
        self._notify(Notice(self.task, "training", progress.step, progress.steps, values, left))
