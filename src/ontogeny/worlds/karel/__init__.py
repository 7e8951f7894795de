"""Karel the robot: grids, programs and what they do, sampled, shown, traced and scored. No models here."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ontogeny.worlds.karel.collisions import Collisions as Collisions
    from ontogeny.worlds.karel.collisions import count_collisions as count_collisions
    from ontogeny.worlds.karel.grid import Grids as Grids
    from ontogeny.worlds.karel.sampling import Sample as Sample
    from ontogeny.worlds.karel.world import Karel as Karel

_HOME = {
    "Collisions": "collisions",
    "count_collisions": "collisions",
    "Grids": "grid",
    "Sample": "sampling",
    "Karel": "world",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
