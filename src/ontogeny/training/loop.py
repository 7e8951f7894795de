"""The training loop, from the request to the finished trajectory."""

import math
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ontogeny.configuration import validate
from ontogeny.errors import Interrupted, UsageError
from ontogeny.files import exclusive
from ontogeny.training.environment import describe, read_environment, write_environment
from ontogeny.training.optimisers import Optimisers
from ontogeny.training.precision import Precision, measure
from ontogeny.training.progress import Progress
from ontogeny.training.recorder import Evaluate, Recorder
from ontogeny.training.resume import read_resume
from ontogeny.training.run import Run, claim, refuse_foreign
from ontogeny.training.settings import Training
from ontogeny.training.trajectory import DONE, RESUME, Trajectory
from ontogeny.worlds.world import IGNORE, Batch, World


def train(
    model: Any,
    world: Any,
    training: Training,
    *,
    seed: int,
    folder: Path | str,
    evaluate: Evaluate | None = None,
    progress: Callable[[Progress], None] | None = None,
    device: str = "auto",
    resume_seconds: float = 300.0,
) -> Trajectory:
    """Train a model on a world, or go on where an earlier call stopped, and return the trajectory.

    The result depends on (model, world, training, seed) alone, bit for bit, on the same machine with the same number
    of threads, however often it was interrupted. A finished run is returned as it is.

    Args:
        model: a model configuration; `model.build` gives the untrained network.
        world: a world that is a configuration.
        training: how to train.
        seed: of the initial weights and of the batches.
        folder: where the run is, or will be, stored.
        evaluate: called with the model (evaluation mode, no gradients) and the step at every checkpoint; what it
            returns is stored with the metrics. It must depend on its arguments alone.
        progress: called about twice a second.
        device: "auto" (a GPU if there is one), or torch's name of a device.
        resume_seconds: a moment to resume from is stored at least this often, and at every checkpoint.

    Raises:
        Interrupted: Ctrl-C; the step was finished and stored, the same call goes on from there.
        OntogenyError: the loss is not finite; the message names the last good checkpoint.
        UsageError: `folder` holds something else, or settings are out of range.
    """
    run = Run(model=model, world=world, training=validate(training), seed=seed)
    if training.batch % training.accumulation:
        raise UsageError(f"a batch of {training.batch} does not divide into {training.accumulation} equal parts")
    folder = Path(folder)
    refuse_foreign(folder)
    with exclusive(folder):
        claim(folder, run)
        if not (folder / DONE).exists():
            _train(run, folder, evaluate, progress, _device(device), resume_seconds)
    return Trajectory(folder)


def _train(
    run: Run,
    folder: Path,
    evaluate: Evaluate | None,
    progress: Callable[[Progress], None] | None,
    device: torch.device,
    resume_seconds: float,
) -> None:
    training = run.training
    model = run.build().to(device).train()
    optimisers = Optimisers(model, training.optimiser)
    moment = read_resume(folder / RESUME, model, optimisers)
    first = moment.step if moment else 0
    precision = _precision(run, folder, model, device, first)
    recorder = Recorder(
        folder, training, model, optimisers, moment, evaluate=evaluate, progress=progress, resume_seconds=resume_seconds
    )
    with closing(recorder), _interruptions() as interrupted:
        if moment is None:
            recorder.checkpoint(0)
        for done, batch in _batches(run.world, run.seed, training.batch, first, training.steps):
            loss = backward(model, batch, device, precision, training.accumulation)
            norm = _clip(optimisers.parameters, training.clip)
            if not (math.isfinite(loss) and math.isfinite(norm)):
                raise recorder.failure(done, loss, norm)
            rate = optimisers.step(training.schedule.factor(done, training.steps))
            recorder.stepped(done + 1, loss, norm, rate, batch.tokens.size)
            if interrupted() and done + 1 < training.steps:
                recorder.store(done + 1)
                raise Interrupted(
                    f"stopped after step {done + 1} of {training.steps}; nothing is lost: "
                    f"run the same command again to go on ({folder})"
                )
        recorder.finish()


def backward(model: nn.Module, batch: Batch, device: torch.device, precision: Precision, parts: int = 1) -> float:
    """Add the gradient of the mean cross entropy over all predicted positions; returns that loss in nats.

    The batch is worked through in `parts`; the gradient is that of the whole, whatever number of parts.
    """
    predicted = int(np.count_nonzero(batch.targets != IGNORE))
    total = torch.zeros((), device=device)
    for rows in np.array_split(np.arange(len(batch.tokens)), parts):
        tokens = _to(batch.tokens[rows], device)  # [batch seq]
        targets = _to(batch.targets[rows], device)  # [batch seq]
        features = None if batch.features is None else _to(batch.features[rows], device)  # [batch slot feature]
        with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16"):
            logits = model(tokens, features, prompt=batch.prompt)  # [batch seq vocab]
        loss = F.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), ignore_index=IGNORE, reduction="sum")
        loss = loss / predicted
        loss.backward()
        total += loss.detach()
    return total.item()


def _batches(world: World, seed: int, size: int, first: int, last: int) -> Iterator[tuple[int, Batch]]:
    """Steps and their training batches, each made in the background while the one before is learned from."""
    with ThreadPoolExecutor(1) as background:
        ahead = background.submit(world.batch, seed, first, size, "train")
        for step in range(first, last):
            batch = ahead.result()
            if step + 1 < last:
                ahead = background.submit(world.batch, seed, step + 1, size, "train")
            yield step, batch


def _clip(parameters: list[nn.Parameter], limit: float | None) -> float:
    """Scale the gradient down to the limit; the norm it had before."""
    return nn.utils.clip_grad_norm_(parameters, math.inf if limit is None else limit).item()


def _precision(run: Run, folder: Path, model: nn.Module, device: torch.device, step: int) -> Precision:
    """The precision of this run: as set, or measured at its first start and kept ever after."""
    environment = read_environment(folder)
    asked = run.training.precision
    if environment["precision"] is None and asked == "measure":
        batch = run.world.batch(run.seed, 0, run.training.batch, "train")

        def attempt(precision: Precision) -> None:
            backward(model, batch, device, precision, run.training.accumulation)
            model.zero_grad(set_to_none=True)

        environment["precision"], environment["milliseconds"] = measure(attempt)
    elif environment["precision"] is None:
        environment["precision"] = asked
    environment["starts"].append({"step": step, **describe(device)})
    write_environment(folder, environment)
    return environment["precision"]


@contextmanager
def _interruptions() -> Iterator[Callable[[], bool]]:
    """Turn the first Ctrl-C (or SIGTERM) into a flag that the loop looks at; a second Ctrl-C stops at once."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set  # signals go to the main thread only
        return

    def note(number: int, frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        return torch.device(name)
    except RuntimeError:
        raise UsageError(f"unknown device {name!r}; expected auto, cpu or cuda") from None


def _to(array: np.ndarray, device: torch.device) -> Tensor:
    return torch.from_numpy(array).to(device)
