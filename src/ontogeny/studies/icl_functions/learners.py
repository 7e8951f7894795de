"""The learners that models are held against, each tuned for every number of examples on episodes of its own."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ontogeny.references import in_context as reference
from ontogeny.references.in_context import Predictor
from ontogeny.references.in_context_boosting import boosted_trees
from ontogeny.references.in_context_lasso import lasso
from ontogeny.references.in_context_networks import trained_networks
from ontogeny.references.in_context_trees import greedy_tree

Episodes = tuple[Tensor, Tensor]
"""Inputs and outputs."""
BOOSTED = [boosted_trees(depth, rounds=20, rate=rate) for depth in (1, 2, 3) for rate in (0.1, 0.3)]


def learners(task: str, neurons: int) -> Mapping[str, Sequence[Predictor]]:
    """By name, the settings of a learner among which it is tuned; the first name is the one made for the class."""
    general = {
        "least squares": [reference.least_squares()],
        "nearest neighbours": [reference.nearest_neighbours(count) for count in (1, 2, 3, 5)],
    }
    own = {
        "linear": {"averaging": [reference.averaging()]},
        "sparse": {"lasso": [lasso(penalty) for penalty in (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)]},
        "networks": {
            "trained networks": [
                trained_networks(neurons, steps, rate) for steps, rate in ((100, 5e-3), (300, 5e-3), (300, 2e-2))
            ]
        },
        "trees": {
            "greedy tree": [greedy_tree(depth) for depth in range(6)],
            "greedy tree on signs": [reference.on(torch.sign, greedy_tree(depth)) for depth in range(6)],
            "boosted trees": BOOSTED,
            "boosted trees on signs": [reference.on(torch.sign, boosted) for boosted in BOOSTED],
        },
    }
    return {**own[task], **general}


def squared_errors(predict: Predictor, episodes: Episodes) -> Tensor:
    """The mean squared error by the number of examples before."""
    with torch.no_grad():
        return (predict(*episodes) - episodes[1]).double().square().mean(dim=0)


def tuned_errors(variants: Sequence[Predictor], probe: Episodes, test: Episodes) -> Tensor:
    """The squared errors on `test` of the variant that is best on `probe`, for each number of examples by itself."""
    found = torch.stack([squared_errors(predict, test) for predict in variants])
    if len(variants) == 1:
        return found[0]
    best = torch.stack([squared_errors(predict, probe) for predict in variants]).argmin(dim=0)
    return found.gather(0, best[None])[0]
