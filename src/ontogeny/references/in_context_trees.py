"""Regression trees grown greedily on the examples of an episode, batched, called as a model is."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ontogeny.errors import UsageError
from ontogeny.references.in_context import Predictor, by_place


def greedy_tree(depth: int) -> Predictor:
    """Every split takes the component and the threshold that leave the least squared error (CART, Breiman et al. 1984).

    At most `depth` splits lie between the root and a leaf, which predicts the mean of its examples; without any
    example the answer is 0. Thresholds lie halfway between neighbouring examples. Where splits are equally good the
    first component's counts.
    """
    if depth < 0:
        raise UsageError(f"greedy tree: expected a depth of 0 or more, given {depth}")

    def at(place: int, inputs: Tensor, outputs: Tensor) -> Tensor:
        return _grown(inputs[:, :place], outputs[:, :place], inputs[:, place], depth)

    return by_place(at)


def _grown(
    inputs: Float[Tensor, "batch example input"],
    outputs: Float[Tensor, "batch example"],
    asked: Float[Tensor, "batch input"],
    depth: int,
) -> Float[Tensor, " batch"]:
    """The mean output of the leaf in which the asked input lies: only the branch on its way is grown."""
    if not inputs.shape[1]:
        return torch.zeros_like(asked[:, 0])
    order = inputs.argsort(dim=1)  # of each component by itself, [batch, example, input]
    inside = torch.ones_like(outputs, dtype=torch.bool)
    for _ in range(depth):
        component, threshold = best_split(inputs, outputs, order, inside)
        own, where = asked.gather(1, component[:, None]), component[:, None, None].expand(-1, inputs.shape[1], 1)
        inside = inside & ((inputs.gather(2, where)[..., 0] > threshold[:, None]) == (own > threshold[:, None]))
    return (outputs * inside).sum(dim=1) / inside.sum(dim=1)


def best_split(
    inputs: Float[Tensor, "batch example input"],
    outputs: Float[Tensor, "batch example"],
    order: Int[Tensor, "batch example input"],
    inside: Bool[Tensor, "batch example"],
) -> tuple[Int[Tensor, " batch"], Float[Tensor, " batch"]]:
    """The component and threshold of the best split of the examples inside; where there is none, all stay on one side.

    The squared error left is that of means: it is least where (sum left)^2 / (number left), and the same to the right,
    add up to most.
    """
    features = inputs.shape[2]
    held = inside[:, :, None].expand(-1, -1, features).gather(1, order)  # all [batch, rank, input]
    values = torch.where(held, outputs[:, :, None].expand(-1, -1, features).gather(1, order), 0)
    places = torch.where(held, inputs.gather(1, order), torch.inf)
    count, total = held.cumsum(dim=1), values.cumsum(dim=1)
    left, right = count, count[:, -1:] - count
    gain = total**2 / left.clamp(min=1) + (total[:, -1:] - total) ** 2 / right.clamp(min=1)
    following = places.flip(1).cummin(dim=1).values.flip(1).roll(-1, dims=1)  # the next place inside, by rank
    possible = held & (right > 0) & (following > places)
    gain = torch.where(possible, gain, -torch.inf).transpose(1, 2).flatten(1)  # [batch, input * rank]
    best = gain.argmax(dim=1, keepdim=True)
    middles = ((places + following) / 2).transpose(1, 2).flatten(1)
    threshold = torch.where(gain.gather(1, best).isfinite(), middles.gather(1, best), torch.inf)
    return best[:, 0] // inputs.shape[1], threshold[:, 0]
