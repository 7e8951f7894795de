"""Capture and ablation in any torch.nn.Module, by the names of its modules.

`h.3.mlp` means what that module returns, `h.3.mlp:input` what it is given. Hooks are there for one call and are always
removed, also when the call fails.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ontogeny.errors import UsageError, unknown_name
from ontogeny.instruments.ablation import METHODS, Method
from ontogeny.randomness import torch_generator

INPUT = ":input"
Edit = Callable[[Tensor], Tensor | None]
"""Is shown a value; what it returns is used instead, unless it is None."""


@contextmanager
def hooked(module: nn.Module, edits: Mapping[str, Edit]) -> Iterator[None]:
    """While the block runs, each edit sees the value of its name. Raises: UsageError for a module that is not there."""
    places = {name: _place(module, name) for name in edits}
    handles = []
    try:
        for name, edit in edits.items():
            if name.endswith(INPUT):
                handles.append(places[name].register_forward_pre_hook(_before(name, edit), with_kwargs=True))
            else:
                handles.append(places[name].register_forward_hook(_after(name, edit)))
        yield
    finally:
        for handle in handles:
            handle.remove()


def capture_module(
    module: nn.Module, names: Sequence[str], *arguments: Any, **named: Any
) -> dict[str, Float[Tensor, "..."]]:
    """The values of these names in the call `module(*arguments, **named)`, detached; gradients are not tracked.

    Raises: UsageError for a module that is not there, or that the call does not reach exactly once.
    """
    seen: dict[str, list[Tensor]] = {name: [] for name in names}
    with torch.no_grad(), hooked(module, {name: _keeping(values) for name, values in seen.items()}):
        module(*arguments, **named)
    for name, values in seen.items():
        if len(values) != 1:
            raise UsageError(f"{name} is reached {len(values)} times in this call; expected once: name another module")
    return {name: values[0] for name, values in seen.items()}


def ablate_module(
    module: nn.Module,
    units: Mapping[str, slice | None],
    method: Method,
    *arguments: Any,
    reference: tuple[Any, ...] | None = None,
    seed: int = 0,
    **named: Any,
) -> Any:
    """What `module(*arguments, **named)` returns without some units of some values.

    Args:
        units: for each name, which units of the last axis (a head is a slice of what the output projection is given),
            None for all.
        method: as in `ablation_tap`; the mean is over all axes but the last, resampling exchanges rows of the first.
        reference: arguments of the call that means and resampled values come from; the same call if None.
    """
    if method not in METHODS:
        raise unknown_name("ablation", method, METHODS)
    values: dict[str, Tensor] = {}
    if method != "zero":
        values = capture_module(module, list(units), *(arguments if reference is None else reference), **named)
    edits = {name: _without(part, method, values.get(name), seed) for name, part in units.items()}
    with torch.no_grad(), hooked(module, edits):
        return module(*arguments, **named)


def _without(part: slice | None, method: Method, stored: Tensor | None, seed: int) -> Edit:
    chosen = slice(None) if part is None else part

    def edit(value: Tensor) -> Tensor:
        edited = value.clone()
        if stored is None:
            edited[..., chosen] = 0
        elif method == "mean":
            edited[..., chosen] = stored.flatten(0, -2).mean(0).to(value)[chosen]
        else:
            edited[..., chosen] = _resampled(value, stored, seed)[..., chosen]
        return edited

    return edit


def _resampled(value: Tensor, stored: Tensor, seed: int) -> Tensor:
    if len(stored) < 2 or stored.shape[1:] != value.shape[1:]:
        raise UsageError(
            f"resampling needs at least two rows of one shape: given {tuple(stored.shape)} for {tuple(value.shape)}"
        )
    size = (len(value),)
    shift = torch.randint(1, len(stored), size, generator=torch_generator("resample module", seed))
    return stored[(torch.arange(len(value)) + shift) % len(stored)].to(value)


def _keeping(values: list[Tensor]) -> Edit:
    def keep(value: Tensor) -> None:
        values.append(value.detach().clone())

    return keep


def _place(module: nn.Module, name: str) -> nn.Module:
    known = dict(module.named_modules())
    path = name.removesuffix(INPUT)
    if path not in known:
        raise unknown_name("module", path, [other for other in known if other])
    return known[path]


def _after(name: str, edit: Edit) -> Callable[..., Any]:
    def hook(_module: nn.Module, _inputs: Any, output: Any) -> Any:
        if isinstance(output, Tensor):
            return edit(output)
        if isinstance(output, tuple) and output and isinstance(output[0], Tensor):
            edited = edit(output[0])
            return None if edited is None else (edited, *output[1:])
        raise UsageError(f"{name} returns {type(output).__name__}; expected a tensor, or a tuple that starts with one")

    return hook


def _before(name: str, edit: Edit) -> Callable[..., Any]:
    def hook(_module: nn.Module, inputs: tuple[Any, ...], named: dict[str, Any]) -> Any:
        for place, value in enumerate(inputs):
            if isinstance(value, Tensor):
                edited = edit(value)
                return None if edited is None else ((*inputs[:place], edited, *inputs[place + 1 :]), named)
        for key, value in named.items():
            if isinstance(value, Tensor):
                edited = edit(value)
                return None if edited is None else (inputs, {**named, key: edited})
        raise UsageError(f"{name}: no tensor among the arguments")

    return hook
