"""Muon, orthogonalising all matrices of one shape together.

`torch.optim.Muon` takes one matrix after the other and always in bfloat16, which processors without instructions for it
emulate: there its step costs several times the forward and backward pass.
"""

import math
from collections import defaultdict
from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ontogeny.training.precision import Precision

# Jordan et al. (2024), https://kellerjordan.github.io/posts/muon/: five steps bring singular values to 0.7 to 1.2.
_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_STEPS = 5
_LEAST_NORM = 1e-7


class BatchedMuon(torch.optim.Optimizer):
    """Nesterov momentum, orthogonalised, for matrices alone (Jordan et al. 2024).

    The momentum M is a running mean of gradients G; the update of a matrix of shape (rows, columns) is
    lr * sqrt(max(1, rows / columns)) * orthogonalise((1 - momentum) * G + momentum * M).
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        *,
        lr: float,
        momentum: float,
        weight_decay: float = 0.0,
        precision: Precision = "fp32",
    ) -> None:
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        self._precision = precision

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Update every matrix that has a gradient."""
        for group in self.param_groups:
            alike: dict[torch.Size, list[nn.Parameter]] = defaultdict(list)
            for parameter in group["params"]:
                if parameter.grad is not None:
                    alike[parameter.shape].append(parameter)
            for (rows, columns), members in alike.items():
                moved = torch.stack([self._moved(one, group["momentum"]) for one in members])
                directions = orthogonalise(moved, self._precision)
                rate = group["lr"] * math.sqrt(max(1.0, rows / columns))
                for parameter, direction in zip(members, directions, strict=True):
                    parameter.mul_(1 - group["lr"] * group["weight_decay"]).sub_(direction, alpha=rate)

    def _moved(self, parameter: nn.Parameter, momentum: float) -> Float[Tensor, "row column"]:
        gradient, memory = parameter.grad, self.state[parameter]
        if gradient is None:
            raise ValueError("a matrix without a gradient has no direction")
        if "momentum_buffer" not in memory:
            memory["momentum_buffer"] = torch.zeros_like(gradient)
        return gradient.lerp(memory["momentum_buffer"].lerp_(gradient, 1 - momentum), momentum)


def orthogonalise(
    matrices: Float[Tensor, "matrix row column"], precision: Precision = "fp32"
) -> Float[Tensor, "matrix row column"]:
    """U S' V' of each matrix U S V', with all of S' near 1: a quintic Newton-Schulz iteration.

    On a GPU always in bf16, which is several times faster there and exact enough.
    """
    a, b, c = _COEFFICIENTS
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if tall else matrices
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=_LEAST_NORM)
    if matrices.is_cuda or precision == "bf16":
        x = x.bfloat16()
    for _ in range(_STEPS):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return (x.mT if tall else x).to(matrices.dtype)
