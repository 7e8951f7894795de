"""What is read from trained toy models: how many features they hold, in which arrangement, and at which price."""

from functools import cache
from typing import cast

import numpy as np
import pyarrow as pa
import torch
from jaxtyping import Bool, Float

from ontogeny.instruments import dimensionality, interference, represented
from ontogeny.models import Bank
from ontogeny.references.superposition import best_losses, expected_loss
from ontogeny.studies.superposition.settings import Phases
from ontogeny.training import Trajectory

ATTACK = 0.1
"""Euclidean length of an adversarial change of the input."""
ATTACK_STEPS = 10
ATTACKED_DENSITY = 0.1
"""All models are attacked on the same inputs, of this density."""
BOTH = 0.3
"""The shorter of two feature directions counts from this share of the longer one on."""


def last(run: Trajectory) -> Bank:
    """The trained models."""
    return cast(Bank, run.load(run.checkpoints[-1].step))


def directions(run: Trajectory) -> Float[np.ndarray, "model neuron feature"]:
    """Each trained model's features as directions among its hidden units."""
    return last(run).weights[0].detach().numpy().astype(np.float64)


def counts(run: Trajectory) -> pa.Table:
    """How many features each model holds, and how much the held ones interfere, by density."""
    found = directions(run)
    held = np.linalg.norm(found, axis=1) > 0.5  # [model feature]
    between = np.where(held, interference(found), 0).sum(axis=1) / np.maximum(1, held.sum(axis=1))
    return pa.table({"density": np.array(run.world.densities), "features": represented(found), "interference": between})


def phases(run: Trajectory, settings: Phases) -> pa.Table:
    """For each density and importance: what the best trained model does, and what the theory says is best."""
    bank = last(run)
    found, biases = directions(run), bank.biases[0].detach().numpy().astype(np.float64)
    rows = []
    for first in range(0, len(found), settings.repeats):
        density, importance = run.world.densities[first], run.world.decays[first]
        group = range(first, first + settings.repeats)
        losses = [expected_loss(found[model], biases[model], density, importance) for model in group]
        best = first + int(np.argmin(losses))
        expected = np.array(_theory(density, importance))
        ordered = np.sort(expected)
        rows.append(
            {
                "density": density,
                "importance": importance,
                "strategy": strategy(found[best, 0]),
                "theory": int(np.argmin(expected)),
                "margin": float(ordered[1] / ordered[0] - 1),
                "loss": min(losses),
                "least": float(ordered[0]),
            }
        )
    return pa.Table.from_pylist(rows)


@cache
def _theory(density: float, importance: float) -> tuple[float, ...]:
    """The least loss of each strategy; the same for all seeds."""
    return tuple(best_losses(density, importance))


def strategy(weights: Float[np.ndarray, "2"]) -> int:
    """Which of the theory's strategies two weights into one unit are; 3 for both in the same direction."""
    sizes = np.abs(weights)
    if sizes.min() > BOTH * sizes.max():
        return 2 if weights[0] * weights[1] < 0 else 3
    return int(np.argmax(sizes))


def geometry(run: Trajectory) -> dict[str, pa.Table]:
    """Dimensions that each feature has, by density, and what small adversarial changes of the input cost."""
    found = directions(run)
    dimensions = dimensionality(found)
    norms = np.linalg.norm(found, axis=1)
    per_dimension = np.sum(found**2, axis=(1, 2)) / found.shape[1]
    harmed = attack(last(run), found.shape[2], run.seed)
    densities = np.array(run.world.densities)
    features = [
        {"density": density, "feature": feature, "dimensions": dimensions[model, feature]}
        for model, density in enumerate(densities)
        for feature in range(found.shape[2])
        if norms[model, feature] > 0.5
    ]
    prices = {"density": densities, "per_dimension": per_dimension, "vulnerability": harmed}
    return {"dimensions": pa.Table.from_pylist(features), "prices": pa.table(prices)}


def attack(bank: Bank, features: int, seed: int) -> Float[np.ndarray, " model"]:
    """By how much the loss of each model grows under the worst small change of each input that is found.

    Projected gradient ascent from a random start, `ATTACK_STEPS` steps on the sphere of radius `ATTACK`.
    """
    from ontogeny.worlds import SparseFeatures

    batch = SparseFeatures(features=features, densities=(ATTACKED_DENSITY,)).batch(seed, 0, 256, "test")
    shown = torch.from_numpy(batch.inputs).expand(bank.config.models, -1, -1)
    generator = torch.Generator().manual_seed(0)  # the same start for all models
    change = torch.randn(shown.shape[1:], generator=generator).expand_as(shown)

    def harm(change: torch.Tensor) -> torch.Tensor:
        return (bank(shown + change) - shown).square().sum(dim=1)  # [model batch]

    change = _scaled(change)
    for _ in range(ATTACK_STEPS):
        change = change.detach().requires_grad_()
        (slope,) = torch.autograd.grad(harm(change).sum(), change)
        change = _scaled(change.detach() + _scaled(slope))
    with torch.no_grad():
        return (harm(change) - harm(torch.zeros_like(change))).mean(dim=1).numpy().astype(np.float64)


def _scaled(change: torch.Tensor) -> torch.Tensor:
    return ATTACK * change / change.norm(dim=1, keepdim=True).clamp_min(1e-12)


def absolute(run: Trajectory) -> pa.Table:
    """How many features each neuron serves, and how many absolute values and sides of them are computed."""
    rows = []
    for trained, step in ((False, 0), (True, run.checkpoints[-1].step)):
        bank = cast(Bank, run.load(step))
        served = serves(bank.weights[0].detach().numpy().astype(np.float64))
        sides = computes(bank, run.world.features)  # [model feature side]
        rows += [
            {
                "trained": trained,
                "density": density,
                "served": float(served[model]),
                "computed": int(sides[model].all(axis=1).sum()),
                "sides": int(sides[model].sum()),
            }
            for model, density in enumerate(run.world.densities)
        ]
    return pa.Table.from_pylist(rows)


def serves(weights: Float[np.ndarray, "model neuron feature"]) -> Float[np.ndarray, " model"]:
    """Features a neuron: the participation ratio (sum w^2)^2 / sum w^4 of its weights, mean over neurons in use."""
    squares = weights**2
    total = squares.sum(axis=2)
    ratio = np.divide(total**2, (squares**2).sum(axis=2), out=np.zeros_like(total), where=total > 0)
    used = np.sqrt(total) > 0.1 * np.sqrt(total).max(axis=1, keepdims=True)
    return np.sum(np.where(used, ratio, 0), axis=1) / used.sum(axis=1)


def computes(bank: Bank, features: int) -> Bool[np.ndarray, "model feature 2"]:
    """Whether each side of each feature's absolute value, of negative and of positive values shown alone, comes out.

    It does if the mean squared error is less than a quarter of that of the best constant.
    """
    sizes = torch.tensor([0.25, 0.5, 0.75, 1.0])
    values = torch.cat((-sizes, sizes))
    shown = torch.einsum("fg,v->fgv", torch.eye(features), values).flatten(1)[None]  # [1 feature batch]
    with torch.no_grad():
        given = bank(shown).reshape(-1, features, features, len(values))
    own = torch.diagonal(given, dim1=1, dim2=2)  # [model value feature]
    errors = (own - values.abs()[:, None]).square().unflatten(1, (2, -1)).mean(dim=2)  # [model side feature]
    return (errors / sizes.var(correction=0) < 0.25).transpose(1, 2).numpy()
