"""The configuration of many small feed-forward networks of one shape. No torch here."""

from typing import TYPE_CHECKING, Annotated, Literal

from annotated_types import Ge, Gt

from ontogeny.configuration import configuration, validate
from ontogeny.errors import UsageError

if TYPE_CHECKING:
    from ontogeny.models.bank import Bank

Bend = Literal["linear", "relu", "tanh", "sine"]


@configuration
class Perceptrons:
    """`models` feed-forward networks of one shape, held as one tensor and trained in one loop, each as if alone.

    Their number of inputs and outputs is the world's. Without hidden layers they are single neurons, one an output.
    """

    kind: Literal["perceptrons"] = "perceptrons"
    models: Annotated[int, Ge(1)] = 1
    hidden: tuple[Annotated[int, Ge(1)], ...] = (64,)
    """Units in each hidden layer."""
    activation: Bend = "relu"
    """What bends the hidden units."""
    output: Bend = "linear"
    """What bends the outputs."""
    biases: Literal["all", "output", "none"] = "all"
    tied: bool = False
    """One hidden layer, and the way out is the way in transposed: output(W^T W x + b)."""
    initial: Literal["normal", "uniform", "orthogonal"] = "normal"
    """`normal`: standard deviation gain / sqrt(inputs of the layer); `uniform`: between +- that, biases too (torch's
    own); `orthogonal`: gain times a random matrix with orthonormal rows or columns."""
    gain: Annotated[float, Gt(0)] = 1.0
    loss: Literal["squared", "hinge"] = "squared"
    """Of one model: the mean over the batch of the weighted sum over outputs of (output - target)^2, or of
    max(0, 1 - output * target)."""
    rates: tuple[Annotated[float, Gt(0)], ...] = ()
    """Factors on the models' losses, one each: under SGD without weight decay, on their learning rates."""

    def __post_init__(self) -> None:
        if self.tied and len(self.hidden) != 1:
            raise UsageError(f"tied networks have one hidden layer, given hidden={self.hidden}")
        if len(self.rates) not in (0, self.models):
            raise UsageError(f"rates: expected none or one for each of {self.models} models, given {len(self.rates)}")

    def build(self, *, vocab: int, feature_size: int, length: int, seed: int) -> "Bank":
        """The untrained networks (torch.nn.Module), from `feature_size` inputs to `vocab` outputs."""
        from ontogeny.models.bank import Bank

        if length != 1 or not feature_size:
            raise UsageError(
                "perceptrons learn from vectors: expected a world with feature_size >= 1 and length 1, given "
                f"feature_size={feature_size} and length={length}"
            )
        return Bank(validate(self), inputs=feature_size, outputs=vocab, seed=seed)
