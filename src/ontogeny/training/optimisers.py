"""Optimisers from settings: which parameters go to which, one factor for all their learning rates, their state."""

from collections.abc import Callable, Iterable, Mapping

import torch
from torch import Tensor, nn

from ontogeny.errors import DamagedFileError, UsageError
from ontogeny.training.muon import BatchedMuon
from ontogeny.training.precision import Precision
from ontogeny.training.settings import SGD, AdamW, Muon


def _beside(value: Tensor, parameter: Tensor) -> Tensor:
    return value.to(parameter.device)


class Optimisers:
    """One or two torch optimisers that together update all parameters of a model."""

    def __init__(self, model: nn.Module, settings: AdamW | Muon | SGD, precision: Precision = "fp32") -> None:
        named = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
        self._names: dict[Tensor, str] = {parameter: name for name, parameter in named.items()}
        if isinstance(settings, AdamW):
            self._all: list[torch.optim.Optimizer] = [_adamw(named.values(), settings)]
        elif isinstance(settings, SGD):
            self._all = [
                torch.optim.SGD(
                    named.values(), lr=settings.lr, momentum=settings.momentum, weight_decay=settings.weight_decay
                )
            ]
        else:
            # The matrices of the repeated layers. Embeddings and heads are matrices too, but their rows are
            # addressed one by one, which orthogonalisation would mix.
            matrices = {name: p for name, p in named.items() if name.startswith("layers.") and p.ndim == 2}
            if not matrices:
                raise UsageError("Muon needs matrices under the model's `layers`, found none; choose adamw instead")
            rest = [parameter for name, parameter in named.items() if name not in matrices]
            muon = BatchedMuon(
                matrices.values(),
                lr=settings.lr,
                momentum=settings.momentum,
                weight_decay=settings.weight_decay,
                precision=precision,
            )
            self._all = [muon, _adamw(rest, settings.rest)]
        self._rates = [group["lr"] for optimiser in self._all for group in optimiser.param_groups]

    @property
    def parameters(self) -> list[Tensor]:
        """All parameters that are updated."""
        return list(self._names)

    def step(self, factor: float) -> float:
        """Update the parameters by their gradients, at `factor` times the learning rates; the first rate used."""
        groups = [group for optimiser in self._all for group in optimiser.param_groups]
        for group, rate in zip(groups, self._rates, strict=True):
            group["lr"] = rate * factor
        for optimiser in self._all:
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        return self._rates[0] * factor

    def state(self) -> dict[str, Tensor]:
        """Everything the optimisers remember, as named tensors (`parameter/quantity`)."""
        return {
            f"{self._names[parameter]}/{key}": value
            for optimiser in self._all
            for parameter, memory in optimiser.state.items()
            for key, value in memory.items()
        }

    def restore(self, state: Mapping[str, Tensor], *, place: Callable[[Tensor, Tensor], Tensor] = _beside) -> None:
        """Put back what `state` gave; afterwards the next update is the one that would have followed.

        `place` puts a stored value where the parameter that it belongs to is.
        """
        for optimiser in self._all:
            for group in optimiser.param_groups:
                for parameter in group["params"]:
                    prefix = self._names[parameter] + "/"
                    memory = {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
                    if any(value.ndim and value.shape != parameter.shape for value in memory.values()):
                        raise DamagedFileError(f"the stored optimiser state of {prefix[:-1]} has another shape")
                    optimiser.state[parameter] = {key: place(value, parameter) for key, value in memory.items()}


def _adamw(parameters: Iterable[nn.Parameter], settings: AdamW) -> torch.optim.Optimizer:
    parameters = list(parameters)
    decayed = [parameter for parameter in parameters if parameter.ndim >= 2]
    plain = [parameter for parameter in parameters if parameter.ndim < 2]
    groups = [
        {"params": members, "weight_decay": decay}
        for members, decay in ((decayed, settings.weight_decay), (plain, 0.0))
        if members
    ]
    # fused: one pass over the memory on the CPU as on the GPU.
    return torch.optim.AdamW(groups, lr=settings.lr, betas=settings.betas, eps=settings.eps, fused=True)
