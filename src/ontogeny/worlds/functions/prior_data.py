"""Data sets drawn from a prior over functions, each to be learned from at once (Mueller et al. 2022)."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge
from jaxtyping import Float, Float32

from ontogeny.configuration import BY_KIND, configuration
from ontogeny.errors import UsageError
from ontogeny.randomness import generator
from ontogeny.worlds.functions.bayesian_networks import BayesianNetworks
from ontogeny.worlds.functions.gaussian_process import GaussianProcesses
from ontogeny.worlds.functions.inputs import Inputs
from ontogeny.worlds.world import IGNORE, Batch, Split

SAMPLED = 2**18
"""Outputs of the prior from which the borders between buckets are taken."""


@dataclass(frozen=True)
class Truth:
    """The functions of a batch and all that was seen of them."""

    parameters: Float[np.ndarray, "batch parameter"]
    """Of each function or of the process from which it was drawn; the noise is the last."""
    inputs: Float32[np.ndarray, "batch example input"]
    outputs: Float32[np.ndarray, "batch example"]
    """With noise: what is shown of the first examples and to be predicted of the others."""
    values: Float[np.ndarray, "batch example"]
    """Without noise."""


@configuration
class PriorData:
    """Functions drawn from a prior, shown by noisy examples in any number; at the other inputs outputs are asked for.

    A position shows [x; y; 1] where the output is given and [x; 0; 0] where it is asked for. Outputs are predicted as
    one of many buckets, equally likely under the prior: with the buckets' borders, a model's answer is a density (see
    `models.bars`).
    """

    kind: Literal["prior_data"] = "prior_data"
    prior: Annotated[GaussianProcesses | BayesianNetworks, BY_KIND] = GaussianProcesses()
    inputs: Inputs = Inputs(features=1, distribution="uniform")
    examples: Annotated[int, Ge(2)] = 40
    """Of each function, given or asked for."""
    shown: tuple[Annotated[int, Ge(1)], Annotated[int, Ge(1)]] = (1, 30)
    """The fewest and the most that are given: all numbers between are equally likely; all of a batch have the same."""
    buckets: Annotated[int, Ge(3)] = 100

    def __post_init__(self) -> None:
        fewest, most = self.shown
        if not 1 <= fewest <= most < self.examples:
            raise UsageError(
                f"shown: expected the fewest and the most examples given, from 1 to below examples = {self.examples}, "
                f"given {self.shown}"
            )

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The buckets' names."""
        return tuple(f"bucket {bucket}" for bucket in range(self.buckets))

    @property
    def feature_size(self) -> int:
        return self.inputs.features + 2

    @property
    def length(self) -> int:
        return self.examples

    @property
    def borders(self) -> Float[np.ndarray, " border"]:
        """Of the buckets, one more than there are.

        The inner ones are quantiles of the prior's outputs. The first and the last bucket have no end; their outer
        borders have half of their outputs beyond.
        """
        return _borders(self.prior, self.inputs, self.buckets)

    def batch(self, seed: int, step: int, size: int, split: Split = "train") -> Batch:
        random = generator("prior data", split, seed, step)
        fewest, most = self.shown
        shown = int(random.integers(fewest, most + 1))
        inputs = self.inputs.sample(random, size, self.examples, seed)
        drawn = self.prior.draw(random, size, self.inputs.features)
        values = self.prior.values(random, drawn, inputs)
        outputs = values + drawn[:, -1:] * random.normal(size=values.shape)
        truth = Truth(drawn, inputs.astype(np.float32), outputs.astype(np.float32), values)
        targets = np.full(values.shape, IGNORE, np.int64)
        targets[:, shown:] = np.searchsorted(self.borders[1:-1], truth.outputs[:, shown:], side="right")
        features = self.features(truth.inputs, truth.outputs[:, :shown])
        return Batch(np.zeros_like(targets), features, targets, shown, truth)

    def features(
        self, inputs: Float32[np.ndarray, "batch example input"], outputs: Float32[np.ndarray, "batch shown"]
    ) -> Float32[np.ndarray, "batch example feature"]:
        """Any examples in the form in which this world shows them; outputs that are not there are asked for."""
        shown = outputs.shape[1]
        features = np.zeros((*inputs.shape[:2], self.feature_size), np.float32)
        features[:, :, :-2] = inputs
        features[:, :shown, -2] = outputs
        features[:, :shown, -1] = 1
        return features


@lru_cache(maxsize=8)
def _borders(prior: GaussianProcesses | BayesianNetworks, inputs: Inputs, buckets: int) -> Float[np.ndarray, " border"]:
    outputs = prior.outputs(generator("prior data", "borders"), inputs, SAMPLED)
    shares = np.arange(buckets + 1) / buckets
    shares[[0, -1]] = 0.5 / buckets, 1 - 0.5 / buckets
    borders = np.quantile(outputs, shares)
    borders.flags.writeable = False  # all batches share it
    return borders
