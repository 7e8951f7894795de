"""Boosted regression trees on the examples of an episode, batched, called as a model is."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ontogeny.errors import UsageError
from ontogeny.references.in_context import Predictor, by_place
from ontogeny.references.in_context_trees import best_split


def boosted_trees(depth: int, rounds: int, rate: float) -> Predictor:
    """The examples' mean and, round by round, `rate` times a tree grown greedily on what that leaves of their outputs.

    Gradient boosting of the squared error (Friedman 2001), with the trees of `greedy_tree`; without any example the
    answer is 0.
    """
    if depth < 1 or rounds < 1 or not rate > 0:
        raise UsageError(
            "boosted trees: expected a depth and rounds of 1 or more and a rate above 0, "
            f"given {depth}, {rounds} and {rate:g}"
        )

    def at(place: int, inputs: Tensor, outputs: Tensor) -> Tensor:
        if place == 0:
            return torch.zeros_like(outputs[:, 0])
        inputs, outputs = inputs[:, : place + 1], outputs[:, :place]
        order = inputs[:, :place].argsort(dim=1)
        given = outputs.mean(dim=1, keepdim=True).expand(-1, place + 1)
        for _ in range(rounds):
            given = given + rate * _tree(inputs, outputs - given[:, :place], order, depth)
        return given[:, -1]

    return by_place(at)


def _tree(
    inputs: Float[Tensor, "batch asked input"],
    outputs: Float[Tensor, "batch example"],
    order: Int[Tensor, "batch example input"],
    depth: int,
) -> Float[Tensor, "batch asked"]:
    """What a tree grown on the examples, all inputs but the last, answers at every input."""
    examples = outputs.shape[1]
    leaf = torch.zeros(inputs.shape[:2], dtype=torch.int64, device=inputs.device)
    for level in range(depth):
        above = torch.zeros_like(leaf)
        for node in range(2**level):
            here = leaf == node
            component, threshold = best_split(inputs[:, :examples], outputs, order, here[:, :examples])
            values = inputs.gather(2, component[:, None, None].expand(-1, examples + 1, 1))[..., 0]
            above += here & (values > threshold[:, None])
        leaf = 2 * leaf + above
    sums = outputs.new_zeros(len(outputs), 2**depth).scatter_add(1, leaf[:, :examples], outputs)
    counts = outputs.new_zeros(len(outputs), 2**depth).scatter_add(1, leaf[:, :examples], torch.ones_like(outputs))
    return (sums / counts.clamp(min=1)).gather(1, leaf)
