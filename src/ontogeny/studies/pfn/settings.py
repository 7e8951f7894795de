"""What is trained: transformers on data sets of Gaussian processes, of Bayesian networks, or on tables, at presets."""

from typing import Annotated, Literal

from annotated_types import Ge, Gt

from ontogeny.configuration import LATER, configuration
from ontogeny.models import Transformer
from ontogeny.training import AdamW, Cosine, Muon, Spacing, Training
from ontogeny.worlds import BayesianNetworks, GaussianProcesses, Inputs, LogNormal, PriorData, PriorTables

Count = Annotated[int, Ge(1)]
LENGTH, NOISE = 0.4, 0.2
"""Of the known kernel, and medians of the unknown one; inputs lie between -1 and 1."""
SPREAD = 0.5
"""Standard deviation of the logarithms of both, where they are unknown."""
KNOWN = GaussianProcesses(length=LogNormal(median=LENGTH), noise=LogNormal(median=NOISE))
UNKNOWN = GaussianProcesses(
    length=LogNormal(median=LENGTH, spread=SPREAD), noise=LogNormal(median=NOISE, spread=SPREAD)
)
NETWORKS = BayesianNetworks(hidden=(16,), steepness=4.0, bias=2.0, noise=NOISE)
FROM = 5
"""Examples from which on models are held against exact inference."""
ARMS = {"main": (), "networks": ("prior=networks",), "tables": ("prior=tables",)}


@configuration
class Size:
    """Of the transformer and of the data sets."""

    layers: Count
    width: Count
    heads: Count
    features: Count = 1
    """Inputs of a function."""
    most: Count = 30
    """Examples that a model can be shown."""
    asked: Count = 10
    """Outputs asked for, at least."""
    buckets: Annotated[int, Ge(3)] = 200


@configuration
class Networks:
    """What is asked of the model of Bayesian networks."""

    steps: Count = 1000
    counts: tuple[Count, ...] = (5, 12, 20)
    """Numbers of examples at which it is measured."""
    sets: Count = 48
    """Data sets of each number of examples."""
    chains: Count = 4
    """Of the Monte Carlo that stands for exact inference, for each data set."""
    warmup: Count = 150
    """States that each of them leaves out ..."""
    samples: Count = 200
    """... and after which every fourth of so many is kept."""
    budgets: tuple[Count, ...] = (4, 16, 64, 256)
    """States kept by one chain, for its time; as many are left out before."""
    fits: tuple[Count, ...] = (100, 400, 1600)
    """Steps of variational inference."""


@configuration
class Tables:
    """What is asked of the model of small tables."""

    steps: Count = 1000
    columns: Annotated[int, Ge(2)] = 10
    """Of a table, at most: the first ones of larger tables."""
    given: Count = 30
    """Rows whose labels are given, in the test; in training at most."""
    asked: Count = 40
    """Rows whose labels are asked for, in the test; half as many in training."""
    sets: Count = 12
    """Draws of rows from each table, and tables of the prior."""


@configuration
class Settings:
    size: Size
    steps: Count
    batch: Count
    lr: Annotated[float, Gt(0)]
    """Of Muon, for the layers' matrices; it falls along half a cosine wave."""
    rest_lr: Annotated[float, Gt(0)]
    """Of AdamW, for all else."""
    counts: tuple[Count, ...] = (1, 2, 3, 5, 8, 12, 20, 30)
    """Numbers of examples at which models are measured."""
    timed: Count = 20
    """Examples of the data sets on which time is taken."""
    checkpoints: Count = 12
    """Of the training on the known kernel, evenly spaced."""
    tested: Count = 256
    """Data sets of each number of examples, where the kernel is known."""
    inferred: Count = 48
    """Data sets of each number of examples, where it is not, and of those on which time is taken."""
    nodes: Count = 21
    """Of the grid that stands for exact inference, on each axis."""
    budgets: tuple[Count, ...] = (2, 4, 8, 16, 32, 64, 128, 256, 512)
    """States kept by Markov chain Monte Carlo, as many as half of them left out before."""
    grids: tuple[Count, ...] = (2, 3, 4, 5, 6, 8, 11, 15)
    """Nodes on an axis of the grids on which time is taken."""
    prior: Annotated[Literal["processes", "networks", "tables"], LATER] = "processes"
    """What data sets are drawn from: Gaussian processes, once of a known and once of an unknown kernel, Bayesian
    networks, or a prior of small tables."""
    networks: Annotated[Networks, LATER] = Networks()
    tables: Annotated[Tables, LATER] = Tables()


PRESETS = {
    "smoke": Settings(
        size=Size(layers=2, width=32, heads=2, most=20, buckets=50),
        steps=60,
        batch=32,
        lr=0.02,
        rest_lr=5e-3,
        counts=(1, 5, 20),
        checkpoints=3,
        tested=32,
        inferred=4,
        nodes=11,
        budgets=(2, 16),
        grids=(3, 5),
        networks=Networks(
            steps=40, counts=(5, 20), sets=4, chains=2, warmup=8, samples=8, budgets=(2, 8), fits=(5, 20)
        ),
        tables=Tables(steps=40, asked=20, sets=1),
    ),
    "laptop": Settings(
        size=Size(layers=4, width=64, heads=4),
        steps=1000,
        batch=64,
        lr=0.02,
        rest_lr=5e-3,
    ),
    "overnight": Settings(
        size=Size(layers=6, width=128, heads=4),
        steps=30_000,
        batch=128,
        lr=0.01,
        rest_lr=2e-3,
        tested=1024,
        inferred=256,
        networks=Networks(steps=30_000, sets=256, warmup=500, samples=2000, budgets=(4, 16, 64, 256, 1024)),
        tables=Tables(steps=30_000, sets=100),
    ),
    "paper": Settings(
        size=Size(layers=6, width=512, heads=4, features=5, most=1999, asked=1, buckets=1000),
        steps=200_000,
        batch=64,
        lr=0.01,
        rest_lr=1e-3,
        counts=(1, 2, 5, 20, 100, 500, 1500),
        timed=100,
        inferred=16,
        networks=Networks(steps=200_000, warmup=500, samples=2000, budgets=(4, 16, 64, 256, 1024)),
        tables=Tables(steps=200_000, sets=100),
    ),
}


def world(settings: Settings, prior: GaussianProcesses | BayesianNetworks) -> PriorData:
    """Data sets of this prior, at inputs uniform between -1 and 1."""
    size = settings.size
    return PriorData(
        prior=prior,
        inputs=Inputs(features=size.features, distribution="uniform"),
        examples=size.most + size.asked,
        shown=(1, size.most),
        buckets=size.buckets,
    )


def tables_world(settings: Settings) -> PriorTables:
    """Tables of three classes at most, as those that models are tested on."""
    tables = settings.tables
    return PriorTables(
        features=tables.columns, labels=3, examples=tables.given + tables.asked // 2, shown=(5, tables.given)
    )


def model(settings: Settings) -> Transformer:
    """Without positions, since examples are a set; every position looks at the examples given and at no other."""
    size = settings.size
    return Transformer(
        layers=size.layers,
        width=size.width,
        heads=size.heads,
        mlp=2 * size.width,
        mask="given",
        positions="none",
        head_bias=True,
        initial_scale=size.width**-0.5,
    )


def training(settings: Settings, steps: int | None = None) -> Training:
    """Muon with evenly spaced checkpoints, for so many steps or those of the settings."""
    steps = steps or settings.steps
    every = max(1, steps // settings.checkpoints)
    rest = AdamW(lr=settings.rest_lr, weight_decay=0.0)
    return Training(
        steps=steps,
        batch=settings.batch,
        optimiser=Muon(lr=settings.lr, rest=rest),
        schedule=Cosine(warmup=min(100, steps // 10)),
        checkpoints=Spacing(every=every, logarithmic=False),
        metrics_every=every,
    )
