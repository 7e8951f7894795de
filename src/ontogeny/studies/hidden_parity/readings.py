"""What is read from checkpoints: accuracy, when it rises, and what has happened inside before."""

from typing import cast

import numpy as np
import pyarrow as pa
import torch
from jaxtyping import Float, Int

from ontogeny.instruments import fourier_gap, lead_time
from ontogeny.models import Bank
from ontogeny.statistics import crossing
from ontogeny.studies.hidden_parity.settings import Settings
from ontogeny.training import Trajectory
from ontogeny.worlds import Examples

GUESSING, KNOWING = 0.6, 0.95
"""Below the one nothing is known yet; at the other the parity is learned."""
GRADIENT_EXAMPLES = 16_384


def accuracies(run: Trajectory, size: int) -> pa.Table:
    """Share of right signs of every network at every checkpoint, on two test sets of its own stream."""
    world = run.world
    sets = [_tensors(world.batch(run.seed, step, size, "test")) for step in (0, 1)]
    rows = []
    for checkpoint in run.checkpoints:
        bank = cast(Bank, run.load(checkpoint.step))
        with torch.no_grad():
            right = [((bank(inputs) * targets) > 0).double().mean(dim=(1, 2)) for inputs, targets, _ in sets]
            loss = bank.losses(*sets[0])
        rows += [
            {
                "bits": world.bits,
                "degree": world.degree,
                "step": checkpoint.step,
                "model": model,
                "accuracy": float(right[0][model]),
                "again": float(right[1][model]),
                "loss": float(loss[model]),
            }
            for model in range(world.models)
        ]
    return pa.Table.from_pylist(rows)


def transformer_accuracy(run: Trajectory, size: int) -> pa.Table:
    """The same for one transformer, whose loss is the cross entropy."""
    world = run.world
    batches = [world.batch(run.seed, step, size, "test") for step in (0, 1)]
    rows = []
    for checkpoint in run.checkpoints:
        model = run.load(checkpoint.step)
        right, losses = [], []
        for batch in batches:
            wanted = torch.from_numpy(batch.targets[:, -2])
            with torch.no_grad():
                logits = model(torch.from_numpy(batch.tokens[:, :-1]), first=world.bits)[:, 0]
            right.append(float((logits.argmax(dim=1) == wanted).double().mean()))
            losses.append(float(torch.nn.functional.cross_entropy(logits, wanted)))
        place = {"bits": world.bits, "degree": world.degree, "step": checkpoint.step, "model": 0}
        rows.append({**place, "accuracy": right[0], "again": right[1], "loss": losses[0]})
    return pa.Table.from_pylist(rows)


def times(kind: str, table: pa.Table) -> pa.Table:
    """When each network leaves guessing and when it knows; inf where it does not within its training."""
    rows = []
    for model in np.unique(table["model"].to_numpy()):
        steps, curve = curve_of(table, int(model), "accuracy")
        place = {"kind": kind, "bits": table["bits"][0].as_py(), "degree": table["degree"][0].as_py()}
        left, known = crossing(steps, curve, GUESSING), crossing(steps, curve, KNOWING)
        rows.append({**place, "model": int(model), "leaves": left, "knows": known})
    return pa.Table.from_pylist(rows)


def shown(kind: str, table: pa.Table) -> pa.Table:
    """The curves of the first network, for figures."""
    steps, accuracy = curve_of(table, 0, "accuracy")
    _, loss = curve_of(table, 0, "loss")
    return pa.table({"kind": [kind] * len(steps), "step": steps, "accuracy": accuracy, "loss": loss})


def curve_of(
    table: pa.Table, model: int, column: str
) -> tuple[Int[np.ndarray, " checkpoint"], Float[np.ndarray, " checkpoint"]]:
    """One network's steps and values."""
    chosen = table["model"].to_numpy() == model
    return table["step"].to_numpy()[chosen], table[column].to_numpy()[chosen]


def inside(run: Trajectory, settings: Settings) -> dict[str, pa.Table]:
    """Fourier gaps of what training has done to the weights, their lead over accuracy, and the gap at the start."""
    steps, gaps = movement_gaps(run)
    seen = accuracies(run, settings.tested)
    leads, rows = [], []
    for model in range(min(settings.led, run.world.models)):
        _, accuracy = curve_of(seen, model, "accuracy")
        _, again = curve_of(seen, model, "again")
        found = lead_time(steps, gaps[:, model], accuracy, seed=model)
        null = lead_time(steps, again, accuracy, seed=model)
        leads.append(
            {
                "model": model,
                "lead": np.nan if found is None else found.share,
                "low": np.nan if found is None else found.low / found.visible.step,
                "high": np.nan if found is None else found.high / found.visible.step,
                "null": np.nan if null is None else null.share,
            }
        )
        if model == 0:
            rows = [
                {"step": int(step), "gap": gap, "accuracy": share}
                for step, gap, share in zip(steps, gaps[:, 0], accuracy, strict=True)
            ]
    return {"leads": pa.Table.from_pylist(leads), "progress": pa.Table.from_pylist(rows), "start": at_the_start(run)}


def movement_gaps(run: Trajectory) -> tuple[Int[np.ndarray, " checkpoint"], Float[np.ndarray, "checkpoint model"]]:
    """The Fourier gap of how far gradients have moved the weights of each input, over neurons, by checkpoint.

    What weight decay alone would have left of the first weights is taken off.
    """
    optimiser, secrets = run.training.optimiser, run.world.secrets(run.seed)
    first = _inputs(run, 0)
    steps, gaps = [], []
    for checkpoint in run.checkpoints:
        left = (1 - optimiser.lr * optimiser.weight_decay) ** checkpoint.step
        moved = _inputs(run, checkpoint.step) - left * first
        steps.append(checkpoint.step)
        gaps.append(fourier_gap(np.sqrt(np.mean(moved**2, axis=1)), secrets))
    return np.array(steps), np.stack(gaps)


def at_the_start(run: Trajectory) -> pa.Table:
    """How much larger the untrained networks' gradient is on the hidden bits than on the others, in logarithms.

    The gradient of the loss on many examples, root mean square over neurons. `other`: on as many wrong bits.
    """
    bank = cast(Bank, run.load(0))
    bank.losses(*_tensors(run.world.batch(run.seed, 0, GRADIENT_EXAMPLES, "probe"))).sum().backward()
    gradient = bank.weights[0].grad
    assert gradient is not None
    sizes = gradient.square().mean(dim=1).sqrt().numpy().astype(np.float64)  # [model feature]
    secrets = run.world.secrets(run.seed)
    rows = []
    for model, secret in enumerate(secrets):
        rest = np.setdiff1d(np.arange(run.world.bits), secret)
        wrong, others = rest[: len(secret)], rest[len(secret) :]
        excess = float(np.log(sizes[model, secret].mean() / sizes[model, rest].mean()))
        null = float(np.log(sizes[model, wrong].mean() / sizes[model, others].mean())) if len(others) else 0.0
        rows.append({"model": model, "excess": excess, "other": null})
    return pa.Table.from_pylist(rows)


def _inputs(run: Trajectory, step: int) -> Float[np.ndarray, "model neuron feature"]:
    return cast(Bank, run.load(step)).weights[0].detach().numpy().astype(np.float64)


def _tensors(batch: Examples) -> list[torch.Tensor]:
    return [torch.from_numpy(array) for array in (batch.inputs, batch.targets, batch.weights)]
