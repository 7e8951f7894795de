"""The training loop, from the request to the finished trajectory."""

import math
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ontogeny.configuration import validate
from ontogeny.errors import Interrupted, UsageError
from ontogeny.files import exclusive
from ontogeny.models.perceptrons import Perceptrons
from ontogeny.training.environment import describe, read_environment, write_environment
from ontogeny.training.interruptions import interruptions
from ontogeny.training.optimisers import Optimisers
from ontogeny.training.precision import Precision, measure
from ontogeny.training.processes import Processes, gathering, join
from ontogeny.training.progress import Progress
from ontogeny.training.recorder import Evaluate, Onlooker, Recorder, Track
from ontogeny.training.resume import read_resume
from ontogeny.training.run import Run, claim, refuse_foreign
from ontogeny.training.settings import Training
from ontogeny.training.trajectory import DONE, RESUME, Trajectory
from ontogeny.worlds.world import IGNORE, Batch, Episodes, Examples, World

DIVERGED = 1e15
"""Of many models as one tensor, one with a longer gradient has diverged; its square still fits in single precision."""
if TYPE_CHECKING:
    from ontogeny.training.sharding import Sharded


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
    sharded: bool = False,
    track: Track | None = None,
) -> Trajectory:
    """Train a model on a world, or go on where an earlier call stopped, and return the trajectory.

    The result depends on (model, world, training, seed) alone, bit for bit, on the same machine with the same number
    of threads, however often it was interrupted. A finished run is returned as it is. Started by torchrun, the
    processes share one training.

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
        sharded: divide the model over torchrun's processes, where one device cannot hold it (see `sharding`).
        track: called with the step and the named values of every row of metrics, once it is stored.
        resume_seconds: a moment to resume from is stored at least this often, and at every checkpoint.

    Raises:
        Interrupted: Ctrl-C, or `ask_to_stop`; the step was finished and stored, the same call goes on from there.
        OntogenyError: the loss is not finite; the message names the last good checkpoint.
        UsageError: `folder` holds something else, or settings are out of range.
    """
    run = Run(model=validate(model), world=validate(world), training=validate(training), seed=seed)
    folder = Path(folder)
    refuse_foreign(folder)
    among = join(device)
    _check_division(training, among.size)
    if sharded:
        from ontogeny.training.sharding import check_sharding  # a second of imports that few trainings need

        check_sharding(training, among)
    if isinstance(run.model, Perceptrons):
        _check_bank(training, among.size)
    with exclusive(folder) if among.first else nullcontext():
        if among.first:
            claim(folder, run)
        among.wait()
        if not (folder / DONE).exists():
            _train(run, folder, among, evaluate, progress, resume_seconds, sharded, track)
        among.wait()
    return Trajectory(folder)


def _train(
    run: Run,
    folder: Path,
    among: Processes,
    evaluate: Evaluate | None,
    progress: Callable[[Progress], None] | None,
    resume_seconds: float,
    sharded: bool,
    track: Track | None,
) -> None:
    training = run.training
    model = run.build().to("cpu" if sharded else among.device).train()
    precision = _precision(run, folder, model, among)
    optimisers = Optimisers(model, training.optimiser, precision)
    moment = read_resume(folder / RESUME, model, optimisers)
    first = moment.step if moment else 0
    _note_start(folder, among, first)
    recorder: Recorder | Onlooker = Onlooker()
    if among.first:
        recorder = Recorder(folder, training, model, optimisers, moment, evaluate, progress, resume_seconds, track)
    parts = _parts(model, optimisers, training, among) if sharded else None
    spread, learning = (parts.model, parts.optimisers) if parts else (among.spread(model), optimisers)
    batches = _batches(run.world, run.seed, training.batch, first, training.steps)
    kept = training.checkpoints.steps(training.steps)
    with closing(recorder), closing(batches), interruptions(folder) as interrupted:
        if moment is None:
            recorder.checkpoint(0)
        for done, batch in batches:
            loss = backward(spread, batch, among, precision, training.accumulation)
            loss, stop, due = among.sum(loss, interrupted(), recorder.due)
            norm = _clip(learning.parameters, training.clip)
            if not (math.isfinite(loss) and math.isfinite(norm)):
                raise recorder.failure(done, loss, norm)
            rate = learning.step(training.schedule.factor(done, training.steps))
            if parts and (stop or due or done + 1 in kept):
                parts.gather()
            recorder.stepped(done + 1, loss, norm, rate, batch.size, store=bool(due))
            if stop and done + 1 < training.steps:
                recorder.store(done + 1)
                raise Interrupted(
                    f"stopped after step {done + 1} of {training.steps}; nothing is lost: "
                    f"run the same command again to go on ({folder})"
                )
        recorder.finish()


def backward(
    model: nn.Module, batch: Batch | Episodes | Examples, among: Processes, precision: Precision, parts: int = 1
) -> float:
    """Add the gradient of the loss on the batch, however it is divided into `parts`; returns the loss."""
    if isinstance(batch, Examples):
        return _backward_examples(model, batch, among, precision)
    return _backward_sequences(model, batch, among, precision, parts)


def _backward_sequences(
    model: nn.Module, batch: Batch | Episodes, among: Processes, precision: Precision, parts: int
) -> float:
    """Add the gradient of the mean loss over the batch's predicted positions; returns the loss.

    Of tokens the loss is cross entropy in nats, of numbers half the squared error.

    The batch is worked through in `parts` on each process; the gradient is that of the whole batch, however it is
    divided. The loss is this process's share: the sum over the processes is the batch's.
    """
    learned = batch.learned  # [batch seq]
    predicted = int(np.count_nonzero(learned))
    # Nothing follows from positions after the last prediction, but those of a prompt that is seen as a whole, and only
    # keys and values from those before the first.
    first, last = np.flatnonzero(learned.any(axis=0))[[0, -1]].tolist()
    end = max(last + 1, batch.prompt)
    own = np.arange(len(batch.tokens))[among.rank :: among.size]
    total = torch.zeros((), device=among.device)
    for part, rows in enumerate(np.array_split(own, parts)):
        tokens = _to(batch.tokens[rows, :end], among.device)  # [batch seq]
        targets = _to(batch.targets[rows, first:end], among.device)  # [batch asked]
        features = None if batch.features is None else _to(batch.features[rows], among.device)  # [batch slot feature]
        with gathering(model) if part + 1 < parts else nullcontext():
            with torch.autocast(among.device.type, torch.bfloat16, enabled=precision == "bf16"):
                logits = model(tokens, features, prompt=batch.prompt, first=first)  # [batch asked vocab]
            loss = _loss(logits.float(), targets)
            (loss * (among.size / predicted)).backward()  # gradients are averaged over processes, here they must add
        total += loss.detach() / predicted
    return total.item()


def _loss(logits: Tensor, targets: Tensor) -> Tensor:
    """The summed loss of what was given, [batch asked vocab or 1], for the tokens or numbers wanted, [batch asked]."""
    if targets.is_floating_point():
        wanted = ~targets.isnan()
        return (logits[..., 0][wanted] - targets[wanted]).square().sum() / 2
    return cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORE, reduction="sum")


def _backward_examples(model: Any, batch: Examples, among: Processes, precision: Precision) -> float:
    """Add the gradient of the sum over the models' losses, so that each learns as if alone; returns their mean.

    A model that has diverged, whose gradient is not finite or longer than `DIVERGED`, stays as it is and is left out
    of the mean: it shall not take the others with it.
    """
    arrays = (batch.inputs, batch.targets, batch.weights)
    with torch.autocast(among.device.type, torch.bfloat16, enabled=precision == "bf16"):
        losses = model.losses(*(_to(array, among.device) for array in arrays))  # [model]
    (losses * model.rates).sum().backward()
    gradients = [parameter.grad for parameter in model.parameters()]
    lengths = torch.stack([gradient.flatten(1).norm(dim=1) for gradient in gradients])  # [parameter model]
    sound = (lengths < DIVERGED).all(0)
    if not sound.all():
        for gradient in gradients:
            gradient[~sound] = 0
    return losses.detach()[sound].mean().item()


def _batches(
    world: World, seed: int, size: int, first: int, last: int
) -> Generator[tuple[int, Batch | Episodes | Examples], None, None]:
    """Steps and their training batches, each made in the background while the one before is learned from."""
    with ThreadPoolExecutor(1) as background:
        ahead = background.submit(world.batch, seed, first, size, "train")
        for step in range(first, last):
            batch = ahead.result()
            if step + 1 < last:
                ahead = background.submit(world.batch, seed, step + 1, size, "train")
            yield step, batch


def _parts(model: nn.Module, optimisers: Optimisers, training: Training, among: Processes) -> "Sharded":
    from ontogeny.training.sharding import Sharded

    return Sharded(model, optimisers, training, among)


def _clip(parameters: list[Tensor], limit: float | None) -> float:
    """Scale the gradient down to the limit; the norm it had before."""
    norm = nn.utils.clip_grad_norm_(parameters, math.inf if limit is None else limit)
    return (norm.full_tensor() if hasattr(norm, "full_tensor") else norm).item()  # of a sharded model: over all parts


def _precision(run: Run, folder: Path, model: nn.Module, among: Processes) -> Precision:
    """The precision of this run: as set, or measured at its first start and kept ever after."""
    if among.first:
        environment = read_environment(folder)
        if environment["precision"] is None:
            write_environment(folder, environment | _measured(run, model, among))
    among.wait()
    return read_environment(folder)["precision"]


def _note_start(folder: Path, among: Processes, step: int) -> None:
    if among.first:
        environment = read_environment(folder)
        environment["starts"].append({"step": step, **describe(among.device, among.size)})
        write_environment(folder, environment)


def _measured(run: Run, model: nn.Module, among: Processes) -> dict[str, Any]:
    """The precision to use and, if it was measured, the milliseconds of each."""
    training = run.training
    if training.precision != "measure":
        return {"precision": training.precision}
    batch = run.world.batch(run.seed, 0, training.batch, "train")

    def attempt(precision: Precision) -> None:
        backward(model, batch, among, precision, training.accumulation)
        model.zero_grad(set_to_none=True)

    precision, milliseconds = measure(attempt)
    return {"precision": precision, "milliseconds": milliseconds}


def _check_division(training: Training, size: int) -> None:
    parts = training.accumulation * size
    if training.batch % parts:
        over = f" over {size} processes" if size > 1 else ""
        raise UsageError(
            f"a batch of {training.batch} does not divide into accumulation={training.accumulation} equal parts{over}; "
            f"choose a batch that is a multiple of {parts}"
        )


def _check_bank(training: Training, size: int) -> None:
    if size > 1 or training.accumulation > 1 or training.clip is not None:
        raise UsageError(
            "many models as one tensor learn each as if alone: expected one process, accumulation=1 and clip=None, "
            f"given {size} process(es), accumulation={training.accumulation} and clip={training.clip}"
        )


def _to(array: np.ndarray, device: torch.device) -> Tensor:
    return torch.from_numpy(array).to(device)
