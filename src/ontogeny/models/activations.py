"""What bends the neurons of an MLP."""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
import torch
from jaxtyping import BFloat16, Float, UInt16, UInt32
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from ontogeny.models.linear import second_derivatives

# Tables are read by one thread, four times as fast as torch's threads compute one value and its slope.
_MOST_THREADS = 4
_LEAST_VALUES = 2**16

_tanh_form = partial(functional.gelu, approximate="tanh")


def gelu_new(x: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    """GELU by its tanh form, as GPT-2 and CodeGen have it (Hendrycks & Gimpel 2016, arXiv:1606.08415).

    On processors tanh takes torch six times as long as erf. There are only 65,536 numbers in bf16: there its own
    answers are read from a table, and their slopes with them.
    """
    if (
        x.dtype != torch.bfloat16
        or x.device.type != "cpu"
        or x.numel() < _LEAST_VALUES
        or torch.get_num_threads() > _MOST_THREADS
        or second_derivatives()
    ):
        return _tanh_form(x)
    return _Tabulated.apply(x)


def _gated(x: Tensor) -> Tensor:
    gate, value = x.chunk(2, dim=-1)
    return functional.silu(gate) * value


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": functional.gelu,
    "gelu_new": gelu_new,
    "relu": functional.relu,
    "gated": _gated,
}


class _Tabulated(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: BFloat16[Tensor, "*any"]) -> BFloat16[Tensor, "*any"]:
        x = x.contiguous()
        values, slopes = torch.empty_like(x), torch.empty_like(x)
        _look_up()(_table(), _bits(x), _bits(values), _bits(slopes))
        ctx.save_for_backward(slopes)
        return values

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (slopes,) = ctx.saved_tensors
        return gradient * slopes


@cache
def _table() -> UInt32[np.ndarray, "65536"]:
    """For the bits of a number those of the value there, and above them those of the slope."""
    numbers = torch.from_numpy(np.arange(2**16, dtype=np.uint16)).view(torch.bfloat16)
    with torch.enable_grad():
        x = numbers.float().requires_grad_()
        (slopes,) = torch.autograd.grad(_tanh_form(x).sum(), x)
    return _bits(_tanh_form(numbers)) | _bits(slopes.bfloat16()).astype(np.uint32) << 16


def _bits(x: BFloat16[Tensor, "*any"]) -> UInt16[np.ndarray, " number"]:
    return x.view(torch.uint16).numpy().reshape(-1)


@cache
def _look_up() -> Callable[..., None]:
    from numba import njit  # its import takes half a second

    @njit
    def look_up(table: np.ndarray, numbers: np.ndarray, values: np.ndarray, slopes: np.ndarray) -> None:
        for place in range(len(numbers)):
            both = table[numbers[place]]
            values[place] = both & 0xFFFF
            slopes[place] = both >> 16

    return look_up
