"""What is read from the model of Bayesian networks: its likelihood and time beside inference over their weights."""

from collections.abc import Callable
from functools import partial

import pyarrow as pa

from ontogeny.instruments.calibration import Density, log_likelihood
from ontogeny.references.bayesian_networks import NetworkPrior, monte_carlo, prior_predictive, variational
from ontogeny.studies.pfn.readings import NULL, Data, at, held_out, trained
from ontogeny.studies.pfn.settings import NETWORKS, Settings
from ontogeny.studies.pfn.timing import FORWARD, SAMPLED, seconds
from ontogeny.training import Trajectory
from ontogeny.worlds import PriorData

VARIATIONAL, PRIOR = "variational", "prior"
TIMED = 5
"""Data sets that are worked on one at a time, for their time."""

Infer = Callable[[Data], Density]


def prior_of(world: PriorData) -> NetworkPrior:
    """The prior of the networks of this world, as inference over weights takes it."""
    return NetworkPrior(world.inputs.features, NETWORKS.hidden, NETWORKS.steepness, NETWORKS.bias, NETWORKS.noise)


def beside_inference(run: Trajectory, settings: Settings) -> dict[str, pa.Table]:
    """Mean log likelihoods of the outputs asked for, by number of examples, and by method and time."""
    found = {"networks": by_examples(run, settings), "network_times": times(run, settings)}
    return {name: pa.Table.from_pylist(rows) for name, rows in found.items()}


def by_examples(run: Trajectory, settings: Settings) -> list[dict]:
    """Beside long chains, the longest variational inference, and whoever has seen no example."""
    prior, networks, rows = prior_of(run.world), settings.networks, []
    for shown in networks.counts:
        data, wanted = held_out(run, shown, networks.sets)
        chains = partial(monte_carlo, samples=networks.samples, warmup=networks.warmup, chains=networks.chains, every=4)
        densities: dict[str, Density] = {
            "trained": trained(run)(*data),
            NULL: at(run, 0)(*data),
            SAMPLED: chains(prior, *data, seed=run.seed),
            VARIATIONAL: variational(prior, *data, steps=networks.fits[-1], seed=run.seed),
            PRIOR: prior_predictive(prior, *data),
        }
        found = {name: log_likelihood(density, wanted) for name, density in densities.items()}
        rows.append({"examples": shown, **found})
    return rows


def methods(run: Trajectory, settings: Settings) -> list[tuple[str, int, Infer]]:
    """Ways of inference by name and budget, each from examples to densities."""
    prior, model, networks = prior_of(run.world), trained(run), settings.networks

    def sampled(budget: int) -> Infer:
        return lambda data: monte_carlo(prior, *data, samples=budget, warmup=budget, seed=run.seed)

    def fitted(steps: int) -> Infer:
        return lambda data: variational(prior, *data, steps=steps, seed=run.seed)

    return [
        (FORWARD, 1, lambda data: model(*data)),
        (PRIOR, 1, lambda data: prior_predictive(prior, *data)),
        *((SAMPLED, budget, sampled(budget)) for budget in networks.budgets),
        *((VARIATIONAL, steps, fitted(steps)) for steps in networks.fits),
    ]


def times(run: Trajectory, settings: Settings) -> list[dict]:
    """Seconds of one core a data set, one at a time, and the mean log likelihood of the outputs of all."""
    data, wanted = held_out(run, settings.timed, settings.networks.sets)
    few = Data(*(part[:TIMED] for part in data))
    return [
        {
            "method": name,
            "budget": budget,
            "seconds": seconds(infer, few),
            "likelihood": log_likelihood(infer(data), wanted),
        }
        for name, budget, infer in methods(run, settings)
    ]
