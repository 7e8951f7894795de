"""The settings of training: how many steps of what size, by which optimiser, and which checkpoints are kept."""

from typing import Annotated, Literal

from annotated_types import Ge, Gt, Lt

from ontogeny.configuration import BY_KIND, configuration
from ontogeny.training.schedules import Schedule, Trapezoid

Rate = Annotated[float, Gt(0)]
Decay = Annotated[float, Ge(0)]
Memory = Annotated[float, Ge(0), Lt(1)]


@configuration
class AdamW:
    """Adam with decoupled weight decay (Loshchilov & Hutter, ICLR 2019). Biases and norms are not decayed."""

    kind: Literal["adamw"] = "adamw"
    lr: Rate = 1e-3
    betas: tuple[Memory, Memory] = (0.9, 0.95)
    weight_decay: Decay = 0.01
    eps: Rate = 1e-8


@configuration
class Muon:
    """Momentum orthogonalised by Newton-Schulz for the matrices of the model's layers; `rest` for all else.

    Jordan et al. (2024), as torch carries it out: the update of a matrix of shape (rows, columns) is scaled by
    sqrt(max(1, rows / columns)). Embeddings, heads, biases and norms are left to AdamW.
    """

    kind: Literal["muon"] = "muon"
    lr: Rate = 0.02
    momentum: Memory = 0.95
    weight_decay: Decay = 0.0
    rest: AdamW = AdamW(lr=2e-3)


@configuration
class SGD:
    """Gradient descent on what each batch gives, with momentum if wanted; weight decay is added to the gradient."""

    kind: Literal["sgd"] = "sgd"
    lr: Rate = 0.1
    momentum: Memory = 0.0
    weight_decay: Decay = 0.0


@configuration
class Spacing:
    """Which steps are kept as checkpoints: 0, the powers of two below `every`, its multiples, and the last step."""

    every: Annotated[int, Ge(1)] = 500
    logarithmic: bool = True
    """Whether the powers of two are kept; without them the first checkpoint after 0 is at `every`."""

    def steps(self, last: int) -> tuple[int, ...]:
        """The steps kept by a training of `last` steps, in order."""
        early = {2**power for power in range(self.every.bit_length()) if 2**power < min(self.every, last)}
        regular = set(range(0, last, self.every))
        return tuple(sorted(regular | {last} | (early if self.logarithmic else set())))


@configuration
class Training:
    """How a model learns. With the model, the world and a seed it makes a run; all results follow from these."""

    steps: Annotated[int, Ge(1)]
    """Updates of the weights."""
    batch: Annotated[int, Ge(1)] = 128
    """Sequences an update, over all accumulated parts and all processes."""
    optimiser: Annotated[AdamW | Muon | SGD, BY_KIND] = AdamW()
    schedule: Annotated[Schedule, BY_KIND] = Trapezoid()
    clip: Annotated[float, Gt(0)] | None = 1.0
    """Largest norm of the whole gradient; larger ones are scaled down. None: no limit."""
    accumulation: Annotated[int, Ge(1)] = 1
    """Parts that a batch is worked through in, to save memory; the update is that of the whole batch."""
    precision: Literal["fp32", "bf16", "measure"] = "fp32"
    """bf16: matrix products in bfloat16, weights in fp32. measure: the faster of the two, timed at the start."""
    checkpoints: Spacing = Spacing()
    metrics_every: Annotated[int, Ge(1)] = 10
    """Steps between two rows of metrics; the first and the last step always have one."""
