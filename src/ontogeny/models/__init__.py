"""What learns: one configurable transformer; recurrent nets; many small feed-forward nets at once. No data."""

from typing import TYPE_CHECKING

from ontogeny.lazy import importing
from ontogeny.models.perceptrons import Perceptrons
from ontogeny.models.recurrent import Recurrent, recurrent_twin
from ontogeny.models.transformer import Transformer, codegen

if TYPE_CHECKING:
    from ontogeny.models.bank import Bank
    from ontogeny.models.bars import Bars
    from ontogeny.models.cache import Cache
    from ontogeny.models.network import TransformerModel
    from ontogeny.models.taps import Tap

__all__ = [
    "Bank",
    "Bars",
    "Cache",
    "Perceptrons",
    "Recurrent",
    "Tap",
    "Transformer",
    "TransformerModel",
    "codegen",
    "recurrent_twin",
]

_LAZY = {"Bank": "bank", "Bars": "bars", "Cache": "cache", "Tap": "taps", "TransformerModel": "network"}  # need torch

__getattr__ = importing(__name__, _LAZY, room="models")
