"""Linear maps, by the faster of the two libraries that torch brings for the processor at hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from ontogeny import processor

# Below so many rows or multiplications, setting oneDNN up costs more than it saves.
_LEAST_ROWS = 64
_LEAST_PRODUCTS = 4_000_000

# The same kernel on tensors as they are, a third faster and without a gradient. It is what torch.compile calls, and no
# part of torch's documented interface.
_WITHOUT_COPIES = getattr(torch.ops.mkldnn, "_linear_pointwise", None)

_FUSED = {"gelu": ("gelu", "none"), "gelu_new": ("gelu", "tanh"), "relu": ("relu", "")}
"""What that kernel calls the activations of `mlp` that it can carry out on its way."""

_twice = False  # whether derivatives of derivatives are asked for


def linear(
    x: Float[Tensor, "*rows input"], weight: Float[Tensor, "output input"], bias: Float[Tensor, " output"] | None = None
) -> Float[Tensor, "*rows output"]:
    """`torch.nn.functional.linear`, to rounding; it has no second derivatives but within `twice_differentiable`.

    In fp32 torch leaves products on processors to MKL, which keeps its AVX-512 kernels to Intel's: elsewhere oneDNN
    takes half as long, forwards and backwards.
    """
    if not _by_onednn(x, weight):
        return functional.linear(x, weight, bias)
    if torch.is_grad_enabled() or _WITHOUT_COPIES is None:
        return functional.linear(x.to_mkldnn(), weight, bias).to_dense()
    return _WITHOUT_COPIES(x, weight, bias, "none", [], "")


class Linear(nn.Linear):
    """`torch.nn.Linear` by `linear`."""

    def forward(self, x: Float[Tensor, "*rows input"]) -> Float[Tensor, "*rows output"]:
        return linear(x, self.weight, self.bias)

    def activated(self, x: Float[Tensor, "*rows input"], activation: str) -> Float[Tensor, "*rows output"] | None:
        """An activation of the map, to rounding, in one pass over memory.

        None where there is no such pass, or a hook wants to see what is between.
        """
        watched = self._forward_hooks or self._forward_pre_hooks
        if watched or activation not in _FUSED or torch.is_grad_enabled() or _WITHOUT_COPIES is None:
            return None
        if not _by_onednn(x, self.weight):
            return None
        kind, algorithm = _FUSED[activation]
        return _WITHOUT_COPIES(x, self.weight, self.bias, kind, [], algorithm)


def second_derivatives() -> bool:
    """Whether derivatives are to be differentiated again: within `twice_differentiable`."""
    return _twice


@contextmanager
def twice_differentiable() -> Iterator[None]:
    """Within it `linear` and attention are torch's own operations, whose derivatives can be differentiated."""
    global _twice
    before, _twice = _twice, True
    try:
        yield
    finally:
        _twice = before


def _by_onednn(x: Tensor, weight: Tensor) -> bool:
    rows = x.numel() // max(x.shape[-1], 1)
    return (
        rows >= _LEAST_ROWS
        and rows * weight.numel() >= _LEAST_PRODUCTS
        and x.dtype == weight.dtype == torch.float32
        and x.device.type == "cpu"
        and not _twice
        and not torch.is_autocast_enabled("cpu")
        and _mkl_is_slow()
    )


@cache
def _mkl_is_slow() -> bool:
    """Whether the processor has AVX-512 and is not Intel's."""
    if torch.backends.cpu.get_cpu_capability() != "AVX512" or not torch.backends.mkldnn.is_available():
        return False
    return processor.maker() not in ("", "GenuineIntel")
