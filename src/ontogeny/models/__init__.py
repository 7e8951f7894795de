"""What learns: one configurable transformer; recurrent nets, MLPs and others beside it. No data, no optimiser."""

from typing import TYPE_CHECKING, Any

from ontogeny.models.transformer import Transformer, codegen

if TYPE_CHECKING:
    from ontogeny.models.cache import Cache
    from ontogeny.models.network import TransformerModel
    from ontogeny.models.taps import Tap

__all__ = ["Cache", "Tap", "Transformer", "TransformerModel", "codegen"]

_LAZY = {"Cache": "cache", "Tap": "taps", "TransformerModel": "network"}  # these need torch, configurations do not


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
