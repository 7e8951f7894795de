"""What there is to be learned: samplers of sequences, with the truth behind every position. No models here."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ontogeny.worlds.karel.world import Karel as Karel
    from ontogeny.worlds.world import IGNORE as IGNORE
    from ontogeny.worlds.world import Batch as Batch
    from ontogeny.worlds.world import Split as Split
    from ontogeny.worlds.world import TracedWorld as TracedWorld
    from ontogeny.worlds.world import World as World

_HOME = {"Karel": "karel.world", **dict.fromkeys(("IGNORE", "Batch", "Split", "TracedWorld", "World"), "world")}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
