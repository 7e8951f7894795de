"""Rotary settings as GPT-NeoX and LLaMA give them, before and after transformers 5."""

from typing import NamedTuple

from ontogeny.models.huggingface.settings import Settings


class Rotary(NamedTuple):
    base: float
    share: float
    """How much of each head is rotated."""


def read_rotary(settings: Settings, *, base: str, share: str, default_share: float) -> Rotary:
    """`base` and `share` are the oldest names of the two settings; what `rope_parameters` says wins."""
    found = Rotary(settings.number(base, 10_000.0), settings.number(share, default_share))
    for name in ("rope_scaling", "rope_parameters"):
        part = settings.part(name)
        if part is None:
            continue
        part.only("rope_type", "default")
        part.only("type", "default")
        found = Rotary(part.number("rope_theta", found.base), part.number("partial_rotary_factor", found.share))
        part.finish()
    return found


def share_of(rotated: int, head_width: int) -> float:
    """The share that transformers turns into `rotated` components: int(head_width * share)."""
    share = rotated / head_width
    return share if int(head_width * share) == rotated else (rotated + 0.5) / head_width
