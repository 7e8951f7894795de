"""Meters of attention heads, each defined once: where a head looks, what it writes, which heads read one another."""

from typing import TYPE_CHECKING

from ontogeny.lazy import importing

if TYPE_CHECKING:
    from ontogeny.instruments.heads.patterns import (
        METERS,
        attention_on,
        chance,
        score_patterns,
        score_wanted,
        wanted_keys,
    )
    from ontogeny.instruments.heads.tables import composition_table, head_table
    from ontogeny.instruments.heads.tokens import repeated_tokens
    from ontogeny.instruments.heads.weights import HeadWeights, composition, copying_logits, copying_spectrum

_LAZY = {
    "METERS": "patterns",
    "HeadWeights": "weights",
    "attention_on": "patterns",
    "chance": "patterns",
    "composition": "weights",
    "composition_table": "tables",
    "copying_logits": "weights",
    "copying_spectrum": "weights",
    "head_table": "tables",
    "repeated_tokens": "tokens",
    "score_patterns": "patterns",
    "score_wanted": "patterns",
    "wanted_keys": "patterns",
}

__all__ = [
    "METERS",
    "HeadWeights",
    "attention_on",
    "chance",
    "composition",
    "composition_table",
    "copying_logits",
    "copying_spectrum",
    "head_table",
    "repeated_tokens",
    "score_patterns",
    "score_wanted",
    "wanted_keys",
]

__getattr__ = importing(__name__, _LAZY)
