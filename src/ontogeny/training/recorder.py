"""Everything a training leaves behind while it runs: metrics, evaluations, checkpoints, the moment to resume from."""

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import nn

from ontogeny.errors import Interrupted, OntogenyError, UsageError
from ontogeny.files import write_atomic
from ontogeny.seals import seal_json, seal_text
from ontogeny.table_files import table_bytes
from ontogeny.training.checkpoints import keep_until, list_checkpoints, write_checkpoint
from ontogeny.training.journal import CRC, Journal, read_rows, to_table
from ontogeny.training.optimisers import Optimisers
from ontogeny.training.progress import Pace, Progress
from ontogeny.training.resume import Moment, clear_resume, write_resume
from ontogeny.training.settings import Training
from ontogeny.training.trajectory import CHECKPOINTS, DONE, FAILED, JOURNAL, METRICS, RESUME

Evaluate = Callable[[nn.Module, int], Mapping[str, float]]
Track = Callable[[int, Mapping[str, float]], None]
MEASURED = ("loss", "learning_rate", "gradient_norm", "samples_per_second", "tokens_per_second", "seconds")
"""Metrics that training itself writes; an evaluation gives its own other names."""

_BETWEEN_REPORTS = 0.5  # seconds


class Recorder:
    """Writes a run's folder. The order of writing is what makes resuming exact: the moment to resume from comes last,
    so everything up to its step is already stored, and everything after it is dropped and made again."""

    def __init__(
        self,
        folder: Path,
        training: Training,
        model: nn.Module,
        optimisers: Optimisers,
        moment: Moment | None,
        evaluate: Evaluate | None,
        progress: Callable[[Progress], None] | None,
        resume_seconds: float,
        track: Track | None = None,
    ) -> None:
        step = moment.step if moment else -1
        (folder / FAILED).unlink(missing_ok=True)
        keep_until(folder / CHECKPOINTS, step)
        self._journal = Journal(folder / JOURNAL, step)
        self._folder, self._training, self._model, self._optimisers = folder, training, model, optimisers
        self._evaluate, self._progress, self._resume_seconds = evaluate, progress, resume_seconds
        self._track = track
        self._kept = training.checkpoints.steps(training.steps)
        self._pace = Pace(moment.seconds if moment else 0.0)
        self._metrics = _newest_evaluation(folder / JOURNAL)
        self._loss, self._tokens = math.nan, 0
        self._reported = self._stored = time.perf_counter()

    @property
    def due(self) -> bool:
        """Whether it is time to store the moment again."""
        return time.perf_counter() - self._stored >= self._resume_seconds

    def stepped(
        self, step: int, loss: float, gradient_norm: float, learning_rate: float, tokens: int, *, store: bool = False
    ) -> None:
        """The `step`-th update has been made, from a batch of so many `tokens`; `store` the moment if it was due."""
        self._pace.stepped()
        self._loss, self._tokens = loss, tokens
        if step % self._training.metrics_every == 0 or step in (1, self._training.steps):
            values = {"loss": loss, "learning_rate": learning_rate, "gradient_norm": gradient_norm}
            rates = {"samples_per_second": self._samples_per_second, "tokens_per_second": self._tokens_per_second}
            self._add(step, {**values, **rates, "seconds": round(self._pace.seconds, 3)})
        if step in self._kept:
            self.checkpoint(step)
        elif store:
            self.store(step)
        if time.perf_counter() - self._reported >= _BETWEEN_REPORTS:
            try:
                self.report(step)
            except Interrupted:  # whoever watched is gone: the loop does not get to store this step
                self.store(step)
                raise

    def checkpoint(self, step: int) -> None:
        """Evaluate the model, keep its weights, and store the moment."""
        write_checkpoint(self._folder / CHECKPOINTS, step, self._model)
        if self._evaluate:
            self._metrics = _checked(self._run_evaluation(self._evaluate, step))
            self._add(step, self._metrics)
        self.store(step)
        self._pace.paused()
        self.report(step)

    def store(self, step: int) -> None:
        """Store the moment to resume from."""
        self._journal.sync()
        write_resume(self._folder / RESUME, self._model, self._optimisers, step, self._pace.seconds)
        self._stored = time.perf_counter()

    def report(self, step: int) -> None:
        """Tell whoever watches."""
        self._reported = time.perf_counter()
        if self._progress:
            steps = self._training.steps
            left = self._pace.left(steps - step, sum(kept > step for kept in self._kept))
            rates = (self._samples_per_second, self._tokens_per_second)
            self._progress(Progress(step, steps, self._loss, *rates, left, self._metrics))

    def failure(self, step: int, loss: float, gradient_norm: float) -> OntogenyError:
        """Mark the run as failed because of numbers that are not finite; the error to raise."""
        good = [checkpoint for checkpoint in list_checkpoints(self._folder / CHECKPOINTS) if checkpoint.step < step]
        last = f"the last good checkpoint is {good[-1].path}" if good else "no checkpoint before it is good"
        reason = (
            f"training stopped after step {step}: the loss is {loss}, the norm of its gradient {gradient_norm}; "
            f"{last}; try a lower learning rate, a longer warm-up or fp32"
        )
        write_atomic(self._folder / FAILED, seal_text(reason + "\n"))
        return OntogenyError(reason)

    def finish(self) -> None:
        """Turn the journal into a table, mark the run as done, and drop what only resuming needs."""
        self._journal.close()
        write_atomic(self._folder / METRICS, table_bytes(to_table(read_rows(self._folder / JOURNAL))))
        content = {"steps": self._training.steps, "seconds": round(self._pace.seconds, 3)}
        write_atomic(self._folder / DONE, seal_json(content))
        clear_resume(self._folder / RESUME)
        (self._folder / JOURNAL).unlink()

    def close(self) -> None:
        """Let go of the journal; what is stored stays."""
        self._journal.close()

    @property
    def _samples_per_second(self) -> float:
        return self._pace.steps_per_second * self._training.batch

    @property
    def _tokens_per_second(self) -> float:
        return self._pace.steps_per_second * self._tokens

    def _add(self, step: int, values: Mapping[str, float]) -> None:
        self._journal.add(step, values)
        if self._track:
            self._track(step, values)

    def _run_evaluation(self, evaluate: Evaluate, step: int) -> Mapping[str, float]:
        self._model.eval()
        try:
            with torch.no_grad():
                return evaluate(self._model, step)
        finally:
            self._model.train()


class Onlooker:
    """What the other processes of a distributed training have in the recorder's place: it writes nothing."""

    due = False

    def stepped(
        self, step: int, loss: float, gradient_norm: float, learning_rate: float, tokens: int, *, store: bool = False
    ) -> None: ...

    def checkpoint(self, step: int) -> None: ...

    def store(self, step: int) -> None: ...

    def failure(self, step: int, loss: float, gradient_norm: float) -> OntogenyError:
        return OntogenyError(f"training stopped after step {step}: the loss is {loss}; the first process says more")

    def finish(self) -> None: ...

    def close(self) -> None: ...


def _checked(metrics: Mapping[str, float]) -> dict[str, float]:
    taken = sorted(set(metrics) & {*MEASURED, "step", CRC})
    if taken:
        raise UsageError(f"an evaluation returned {taken[0]!r}, which training itself writes; give it another name")
    return {name: float(value) for name, value in metrics.items()}


def _newest_evaluation(journal: Path) -> Mapping[str, float]:
    rows = (row for row in reversed(read_rows(journal)) if "loss" not in row)
    return {name: value for name, value in next(rows, {}).items() if name != "step"}
