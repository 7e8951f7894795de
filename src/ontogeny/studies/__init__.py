"""One folder a paper: what to train, what to measure, what it claims, what to draw.

A folder is found by itself: a package here with an attribute `study` whose id is the package's name. Its modules
`claims.py` and `figures.py`, where present, judge and draw but do not measure: editing them measures nothing anew.
Studies of other packages are found by their entry points (`ontogeny.studies`).
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

from ontogeny import plugins
from ontogeny.errors import OntogenyError, unknown_name
from ontogeny.studies.study import Findings, Paper, SeedResult, Study

if TYPE_CHECKING:
    from ontogeny.claims import Quantity

__all__ = ["Findings", "Paper", "Quantity", "SeedResult", "Study", "all", "find", "names"]


def __getattr__(name: str) -> Any:
    if name != "Quantity":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ontogeny.claims import Quantity  # needs pyarrow, which finding and naming studies does not

    return Quantity


def names() -> list[str]:
    """Ids of all studies, in alphabetical order, without importing any."""
    return sorted({*built_in(), *plugins.installed("studies")})


def find(id: str) -> Study:
    """The study with this id. Raises `UsageError` with the nearest ids if there is none."""
    if id in built_in():
        return import_module(f"{__name__}.{id}").study
    if id not in names():
        raise unknown_name("study", id, names())
    found = plugins.load("studies", id)
    if not isinstance(found, Study) or found.id != id:
        raise OntogenyError(f"the entry point {id!r} of ontogeny.studies is no Study of that id, but {found!r}")
    return found


def built_in() -> set[str]:
    """Ids of the studies in this folder, without importing any."""
    return {module.name for module in iter_modules(__path__) if module.ispkg}


def all() -> list[Study]:
    """Every study, by id."""
    return [find(id) for id in names()]
