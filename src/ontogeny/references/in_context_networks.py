"""Networks trained on the examples of an episode, one a prediction, batched, called as a model is."""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import relu

from ontogeny.errors import UsageError
from ontogeny.randomness import torch_generator
from ontogeny.references.in_context import Predictor, by_place


def trained_networks(neurons: int, steps: int, rate: float, *, seed: int = 0) -> Predictor:
    """A network of two layers (ReLU, biases), trained on the examples before each one by Adam on their squared error.

    All examples at once at every step (Garg et al. 2022's baseline for functions of this kind). Weights begin as those
    of torch's linear layers, uniform within 1/sqrt(inputs), the same in all episodes: a function of the seed.
    Predictions cannot be differentiated by the examples, only by the input at which they are made.
    """
    if neurons < 1 or steps < 0 or not rate > 0:
        raise UsageError(
            "trained networks: expected 1 neuron or more, 0 steps or more and a rate above 0, "
            f"given {neurons}, {steps} and {rate:g}"
        )

    def at(place: int, inputs: Tensor, outputs: Tensor) -> Tensor:
        net = [part.to(inputs).expand(len(inputs), -1, -1) for part in _initial(inputs.shape[2], neurons, seed)]
        if place:
            net = _trained(net, inputs[:, :place].detach(), outputs[:, :place].detach(), steps, rate)
        return _answers(net, inputs[:, place : place + 1])[:, 0]

    return by_place(at)


def _initial(features: int, neurons: int, seed: int) -> list[Float[Tensor, "1 row column"]]:
    random = torch_generator("trained networks", seed)

    def uniform(rows: int, columns: int, fan: int) -> Tensor:
        return (2 * torch.rand((1, rows, columns), generator=random, dtype=torch.float64) - 1) / math.sqrt(fan)

    return [
        uniform(features, neurons, features),
        uniform(1, neurons, features),
        uniform(neurons, 1, neurons),
        uniform(1, 1, neurons),
    ]


def _answers(net: list[Tensor], inputs: Float[Tensor, "net example input"]) -> Float[Tensor, "net example"]:
    first, first_bias, second, second_bias = net
    return (relu(inputs @ first + first_bias) @ second + second_bias)[..., 0]


def _trained(
    net: list[Tensor],
    inputs: Float[Tensor, "net example input"],
    outputs: Float[Tensor, "net example"],
    steps: int,
    rate: float,
) -> list[Tensor]:
    """Each net after so many steps on its own examples."""
    net = [part.clone().requires_grad_() for part in net]
    adam = torch.optim.Adam(net, lr=rate)
    with torch.enable_grad():
        for _ in range(steps):
            adam.zero_grad()
            (_answers(net, inputs) - outputs).square().mean(dim=1).sum().backward()
            adam.step()
    return [part.detach() for part in net]
