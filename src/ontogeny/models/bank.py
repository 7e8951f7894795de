"""Many small networks as one tensor: the axis `model` comes first, `batch` last."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ontogeny.errors import UsageError
from ontogeny.models.perceptrons import Perceptrons
from ontogeny.randomness import torch_generator

BENDS = {"linear": lambda x: x, "relu": torch.relu, "tanh": torch.tanh, "sine": torch.sin}


class Bank(nn.Module):
    """Feed-forward networks of one shape. Each model's weights follow from (seed, parameter, its place) alone."""

    weights: nn.ParameterList
    """One [model, out, in] a layer, from the inputs on; a tied network has one for both its layers."""
    biases: nn.ParameterList
    """One [model, out] a layer that has them, from the inputs on."""

    def __init__(self, config: Perceptrons, *, inputs: int, outputs: int, seed: int) -> None:
        super().__init__()
        if config.tied and inputs != outputs:
            raise UsageError(f"tied networks give back what they are shown: given {inputs} inputs, {outputs} outputs")
        self.config = config
        sizes = (inputs, *config.hidden, outputs)
        layers = list(zip(sizes[1:], sizes[:-1], strict=True))  # out, in
        matrices = layers[:1] if config.tied else layers
        self.weights = nn.ParameterList(torch.empty(config.models, *layer) for layer in matrices)
        biased = {"all": layers, "output": layers[-1:], "none": []}[config.biases]
        self.biases = nn.ParameterList(torch.zeros(config.models, out) for out, _ in biased)
        self.register_buffer("rates", torch.tensor(config.rates or [1.0]), persistent=False)
        _initialise(self, seed, [fan_in for _, fan_in in biased])

    def forward(self, inputs: Float[Tensor, "_model feature batch"]) -> Float[Tensor, "model output batch"]:
        """The outputs of every model; inputs with a first axis of 1 are shown to all."""
        return self.layers(inputs)[-1]

    def layers(self, inputs: Float[Tensor, "_model feature batch"]) -> list[Tensor]:
        """What each layer's units give, [model, unit, batch], from the first hidden layer to the outputs."""
        config = self.config
        x = inputs.expand(config.models, -1, -1)
        matrices = [*self.weights, self.weights[0].transpose(1, 2)] if config.tied else list(self.weights)
        bare = len(matrices) - len(self.biases)
        found = []
        for layer, matrix in enumerate(matrices):
            bend = BENDS[config.output if layer + 1 == len(matrices) else config.activation]
            if layer < bare:
                x = bend(torch.bmm(matrix, x))
            else:
                x = bend(torch.baddbmm(self.biases[layer - bare][:, :, None], matrix, x))
            found.append(x)
        return found

    def losses(
        self,
        inputs: Float[Tensor, "_model feature batch"],
        targets: Float[Tensor, "_model output batch"],
        weights: Float[Tensor, "_model output"],
    ) -> Float[Tensor, " model"]:
        """Each model's loss on these examples, before `rates`."""
        given = self(inputs).float()
        if self.config.loss == "squared":
            errors = (given - targets).square().mean(dim=2)
        else:
            errors = torch.relu(1 - given * targets).mean(dim=2)
        return (errors * weights).sum(dim=1)  # [model]


def _initialise(bank: Bank, seed: int, fans: list[int]) -> None:
    """Set every model's weights; `fans` are the numbers of inputs to the layers that have biases."""
    config = bank.config
    with torch.no_grad():
        for layer, matrices in enumerate(bank.weights):
            scale = config.gain / math.sqrt(matrices.shape[2])
            for model, matrix in enumerate(matrices):
                random = torch_generator("initialise", seed, f"weights.{layer}", model)
                if config.initial == "normal":
                    matrix.normal_(0.0, scale, generator=random)
                elif config.initial == "uniform":
                    matrix.uniform_(-scale, scale, generator=random)
                else:
                    nn.init.orthogonal_(matrix, config.gain, generator=random)
        if config.initial == "uniform":
            for layer, (biases, fan) in enumerate(zip(bank.biases, fans, strict=True)):
                reach = config.gain / math.sqrt(fan)
                for model, bias in enumerate(biases):
                    bias.uniform_(
                        -reach, reach, generator=torch_generator("initialise", seed, f"biases.{layer}", model)
                    )
