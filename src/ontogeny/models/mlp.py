"""The position-wise network between two layers of attention."""

from jaxtyping import Float
from torch import Tensor, nn

from ontogeny.models.activations import ACTIVATIONS
from ontogeny.models.linear import Linear
from ontogeny.models.taps import Tap, touch
from ontogeny.models.transformer import Transformer


class MLP(nn.Module):
    """Neurons that read the residual stream, are bent by the activation, and write back."""

    def __init__(self, config: Transformer, layer: int) -> None:
        super().__init__()
        self.name = f"layers.{layer}.mlp"
        read = 2 * config.mlp if config.activation == "gated" else config.mlp
        self.input = Linear(config.width, read, bias=config.mlp_biases)
        self.output = Linear(config.mlp, config.width, bias=config.mlp_biases)
        self.activation = config.activation

    def forward(self, x: Float[Tensor, "batch seq width"], tap: Tap | None) -> Float[Tensor, "batch seq width"]:
        hidden = self.input.activated(x, self.activation)  # [batch, seq, neuron]
        if hidden is None:
            hidden = ACTIVATIONS[self.activation](self.input(x))
        hidden = touch(tap, f"{self.name}.hidden", hidden)
        return touch(tap, f"{self.name}.out", self.output(hidden))
