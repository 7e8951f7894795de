"""Ontogeny: a laboratory for how networks come to understand.

    import ontogeny as og
    og.study("emergent_semantics").run(preset="laptop", seeds=3).claims
    runs = og.train(og.models.Transformer(layers=4), og.worlds.Karel(side=5), steps=6_000, seeds=range(3))

Everything is imported when it is first asked for: `import ontogeny` takes milliseconds.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ontogeny.memory import reuse_memory

if TYPE_CHECKING:
    from ontogeny import claims as claims
    from ontogeny import instruments as instruments
    from ontogeny import models as models
    from ontogeny import statistics as statistics
    from ontogeny import studies as studies
    from ontogeny import training as training
    from ontogeny import worlds as worlds
    from ontogeny.lab.seeds import train_seeds as train
    from ontogeny.studies import find as study

reuse_memory()

__version__ = "0.1.0"

_ROOMS = ("claims", "instruments", "models", "statistics", "studies", "training", "worlds")
_HOME = {"study": ("studies", "find"), "train": ("lab", "train_seeds")}
__all__ = ["__version__", "study", "train", *_ROOMS]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"{__name__}.{name}")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room, attribute = _HOME[name]
    return getattr(import_module(f"{__name__}.{room}"), attribute)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
