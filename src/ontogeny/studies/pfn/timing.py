"""How long inference over an unknown kernel takes, and how near it comes: a forward pass beside the usual ways."""

import time
from collections.abc import Callable
from functools import partial
from statistics import median

import pyarrow as pa

from ontogeny.instruments.calibration import Density, divergences
from ontogeny.references.hyperpriors import most_probable, quadrature, slice_sampling
from ontogeny.studies.pfn.readings import Data, held_out, hyperprior, median_process, one_by_one, trained
from ontogeny.studies.pfn.settings import UNKNOWN, Settings
from ontogeny.training import Trajectory

Infer = Callable[[Data], Density]
TIMED = 12
"""Data sets that are worked on one at a time, for their time."""
FORWARD, MEDIANS, OPTIMISED, SAMPLED, GRID = "forward pass", "medians", "most probable", "sampling", "grid"


def methods(run: Trajectory, settings: Settings) -> list[tuple[str, int, Infer]]:
    """Ways of inference by name and budget, each from examples to densities."""
    prior, model = hyperprior(UNKNOWN), trained(run)

    def sampled(budget: int) -> Infer:
        return lambda data: slice_sampling(prior, *data, samples=budget, warmup=budget // 2, seed=run.seed)

    def grid(nodes: int) -> Infer:
        return lambda data: quadrature(prior, *data, nodes=nodes, reach=2.5)

    return [
        (FORWARD, 1, lambda data: model(*data)),
        (MEDIANS, 1, partial(median_process, UNKNOWN)),
        (OPTIMISED, 1, lambda data: most_probable(prior, *data)),
        *((SAMPLED, budget, sampled(budget)) for budget in settings.budgets),
        *((GRID, nodes, grid(nodes)) for nodes in settings.grids),
    ]


def times(run: Trajectory, settings: Settings) -> dict[str, pa.Table]:
    """Seconds of one core a data set, one at a time and all at once, and the divergence from exact inference."""
    data, _ = held_out(run, settings.timed, settings.inferred)
    exact = one_by_one(partial(quadrature, nodes=settings.nodes), hyperprior(UNKNOWN), data)
    rows, densities = [], {}
    for name, budget, infer in methods(run, settings):
        alone = seconds(infer, data)
        start = time.process_time()
        densities[f"{name} {budget}"] = infer(data)
        together = (time.process_time() - start) / len(data.inputs)
        rows.append({"method": name, "budget": budget, "seconds": alone, "together": together})
    found = divergences(exact, densities).values()
    rows = [{**row, "divergence": each.mean().item()} for row, each in zip(rows, found, strict=True)]
    return {"times": pa.Table.from_pylist(rows)}


def seconds(infer: Infer, data: Data) -> float:
    """The median time that inference on one data set takes, over the first few of them."""
    alone = [Data(*own) for own in zip(*(part[:TIMED].split(1) for part in data), strict=True)]
    infer(alone[0])  # what is made at the first call only does not count
    taken = []
    for own in alone:
        start = time.process_time()
        infer(own)
        taken.append(time.process_time() - start)
    return median(taken)
