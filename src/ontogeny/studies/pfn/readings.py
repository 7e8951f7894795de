"""What is read from the trained models: their densities beside exact and approximate inference."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import pyarrow as pa
import torch
from torch import Tensor

from ontogeny.instruments.calibration import Barred, Density, coverage, divergence, divergences, log_likelihood
from ontogeny.instruments.prior_fitted import PriorFitted
from ontogeny.references.gaussian_process import posterior
from ontogeny.references.hyperpriors import Hyperprior, most_probable, quadrature
from ontogeny.references.normals import Mixture, Normals
from ontogeny.studies.pfn.settings import FROM, UNKNOWN, Settings
from ontogeny.training import Trajectory
from ontogeny.worlds import GaussianProcesses

NULL = "untrained"
LEVELS = [level / 20 for level in range(1, 20)]
GRID = 81
"""Inputs at which the picture of one data set is drawn."""


class Data(NamedTuple):
    """Data sets: the examples given, and inputs at which outputs are asked for."""

    inputs: Tensor
    """[batch, example, input]"""
    outputs: Tensor
    """[batch, example]"""
    asked: Tensor
    """[batch, asked, input]"""


def held_out(run: Trajectory, shown: int, size: int) -> tuple[Data, Tensor]:
    """So many data sets with this number of examples, never trained on, and the outputs asked for [batch, asked]."""
    truth = replace(run.world, shown=(shown, shown)).batch(run.seed, shown, size, "test").hidden
    inputs, outputs = torch.from_numpy(truth.inputs), torch.from_numpy(truth.outputs)
    wanted = slice(shown, shown + 10)
    return Data(inputs[:, :shown], outputs[:, :shown], inputs[:, wanted]), outputs[:, wanted]


def at(run: Trajectory, step: int) -> PriorFitted:
    """The model as it was after `step` updates, as a method of inference."""
    return PriorFitted(run.load(step), run.world)


def trained(run: Trajectory) -> PriorFitted:
    return at(run, run.checkpoints[-1].step)


def hyperprior(prior: GaussianProcesses) -> Hyperprior:
    parts = (prior.length, prior.scale, prior.noise)
    return Hyperprior(prior.kernel, *zip(*((part.median, part.spread) for part in parts), strict=True))


def median_process(prior: GaussianProcesses, data: Data) -> Normals:
    """The exact predictive of the kernel and noise that are the prior's medians: of a known kernel, of that one."""
    settings = replace(hyperprior(prior), spreads=(0.0, 0.0, 0.0)).settings(torch.empty(0, dtype=torch.float64))
    return posterior(*settings, *data)


def one_by_one(infer: Callable[..., Mixture], prior: Hyperprior, data: Data) -> Mixture:
    """Inference on each data set by itself, which takes less memory than on all at once."""
    found = [infer(prior, *own) for own in zip(*(part.split(1) for part in data), strict=True)]
    parts = [torch.cat([getattr(own.parts, name) for own in found]) for name in ("mean", "deviation")]
    return Mixture(Normals(*parts), torch.cat([own.log_weights for own in found]))


def known_kernel(run: Trajectory, settings: Settings) -> dict[str, pa.Table]:
    """Everything that is read from the model of the known kernel."""
    found = {
        "course": course(run, settings),
        "known": by_examples(run, settings),
        "coverage": coverages(run, settings),
        "picture": picture(run),
    }
    return {name: pa.Table.from_pylist(rows) for name, rows in found.items()}


def course(run: Trajectory, settings: Settings) -> list[dict]:
    """The divergence by checkpoint and number of examples."""
    rows = []
    for shown in settings.counts:
        data, _ = held_out(run, shown, settings.tested)
        exact = median_process(run.world.prior, data)
        for checkpoint in run.checkpoints:
            found = divergence(exact, at(run, checkpoint.step)(*data)).mean().item()
            rows.append({"step": checkpoint.step, "examples": shown, "divergence": found})
    return rows


def by_examples(run: Trajectory, settings: Settings) -> list[dict]:
    """Divergence, means and likelihood by number of examples.

    `floor` is the divergence of the best that bars can say; `likelihood_lost` the mean logarithm of the exact density
    of what came, less that of the model's.
    """
    rows = []
    for shown in settings.counts:
        data, wanted = held_out(run, shown, settings.tested)
        exact = median_process(run.world.prior, data)
        own, null = trained(run)(*data), at(run, 0)(*data)
        best = Barred(own.bars, own.bars.masses(exact.mean, exact.deviation).clamp(min=1e-300).log())
        densities = {"trained": own, NULL: null, "floor": best}
        found = {name: each.mean().item() for name, each in divergences(exact, densities).items()}
        differences = {
            f"mean_difference_{name}": (density.mean - exact.mean).square().mean().item()
            for name, density in (("trained", own), (NULL, null))
        }
        lost = log_likelihood(exact, wanted) - log_likelihood(own, wanted)
        size = exact.mean.square().mean().item()
        rows.append({"examples": shown, **found, **differences, "mean_square": size, "likelihood_lost": lost})
    return rows


def coverages(run: Trajectory, settings: Settings) -> list[dict]:
    """The share of outputs within central intervals, by the share that these promise, from `FROM` examples on.

    `shuffled`: of another data set's answer. (An untrained model is no control here: whoever answers with the prior
    is calibrated.)
    """
    found = []
    for shown in (count for count in settings.counts if count >= FROM):
        data, wanted = held_out(run, shown, settings.tested)
        own = trained(run)(*data)
        shuffled = Barred(own.bars, own.logits.roll(1, dims=0))
        densities = (own, median_process(run.world.prior, data), shuffled)
        found.append(torch.stack([coverage(density, wanted, LEVELS) for density in densities]))
    means = torch.stack(found).mean(dim=0).T.tolist()
    return [
        {"level": level, "trained": own, "exact": exact, "shuffled": shuffled}
        for level, (own, exact, shuffled) in zip(LEVELS, means, strict=True)
    ]


def picture(run: Trajectory, shown: int = 6) -> list[dict]:
    """What model and exact process say of one data set along its first input, the others being 0, and its examples.

    `low` and `high` are the ends of the central interval of 95 %.
    """
    data, _ = held_out(run, shown, 1)
    line = torch.zeros(1, GRID, data.inputs.shape[2])
    line[0, :, 0] = torch.linspace(-1, 1, GRID)
    data = data._replace(asked=line)
    exact, own = median_process(run.world.prior, data), trained(run)(*data)
    ends = [own.bars.quantile(own.logits, level) for level in (0.025, 0.975)]
    rows = []
    for kind, curves in (
        ("trained", (own.mean, *ends)),
        ("exact", (exact.mean, exact.mean - 1.96 * exact.deviation, exact.mean + 1.96 * exact.deviation)),
    ):
        points = zip(line[0, :, 0].tolist(), *(curve[0].tolist() for curve in curves), strict=True)
        rows += [{"kind": kind, "x": x, "mean": mean, "low": low, "high": high} for x, mean, low, high in points]
    examples = zip(data.inputs[0, :, 0].tolist(), data.outputs[0].tolist(), strict=True)
    return rows + [{"kind": "example", "x": x, "mean": y, "low": y, "high": y} for x, y in examples]


def unknown_kernel(run: Trajectory, other: Trajectory, settings: Settings) -> dict[str, pa.Table]:
    """Divergences from exact inference over kernel and noise, by number of examples.

    `medians` is the Gaussian process of the prior's medians, `known` the model trained on that process alone,
    `most probable` the process of the most probable kernel and noise.
    """
    prior, rows = hyperprior(UNKNOWN), []
    for shown in settings.counts:
        data, _ = held_out(run, shown, settings.inferred)
        exact = one_by_one(lambda *given: quadrature(*given, nodes=settings.nodes), prior, data)
        densities: dict[str, Density] = {
            "trained": trained(run)(*data),
            NULL: at(run, 0)(*data),
            "known": trained(other)(*data),
            "medians": median_process(UNKNOWN, data),
            "most probable": one_by_one(most_probable, prior, data),
        }
        found = {name: each.mean().item() for name, each in divergences(exact, densities).items()}
        rows.append({"examples": shown, **found})
    return {"unknown": pa.Table.from_pylist(rows)}
