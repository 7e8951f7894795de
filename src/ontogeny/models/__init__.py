"""What learns: one configurable transformer; recurrent nets, MLPs and others beside it. No data, no optimiser."""

from typing import TYPE_CHECKING

from ontogeny.lazy import importing
from ontogeny.models.transformer import Transformer, codegen

if TYPE_CHECKING:
    from ontogeny.models.cache import Cache
    from ontogeny.models.network import TransformerModel
    from ontogeny.models.taps import Tap

__all__ = ["Cache", "Tap", "Transformer", "TransformerModel", "codegen"]

_LAZY = {"Cache": "cache", "Tap": "taps", "TransformerModel": "network"}  # these need torch, configurations do not

__getattr__ = importing(__name__, _LAZY)
