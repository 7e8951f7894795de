"""Taps: functions given to a model call that see every named activation and may put another value in its place."""

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor

Tap = Callable[[str, Tensor], Tensor]
"""Called as `tap(name, value)`; what it returns is used instead of `value`, and must have its shape.

A tap that has an attribute `names` (a collection) asks for those activations only; the model may then take a faster
way past the others: for long sequences a fused attention kernel, whose last bits differ from the steps written out.
Being an argument of one call, a tap leaves nothing behind in the model.
"""


def wants(tap: Tap | None, name: str) -> bool:
    """Whether `tap` asks for the activation `name`."""
    if tap is None:
        return False
    names = getattr(tap, "names", None)
    return names is None or name in names


def within(tap: Tap | None, part: str) -> Tap | None:
    """`tap`, or None where it asks for nothing inside this part of the model: the part then need not ask it."""
    names = getattr(tap, "names", None)
    return tap if names is None or any(name.startswith(f"{part}.") for name in names) else None


def touch(tap: Tap | None, name: str, value: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """`value`, or what `tap` puts in its place."""
    return tap(name, value) if tap is not None and wants(tap, name) else value
