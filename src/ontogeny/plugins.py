"""What installed packages add to a room: studies, worlds, models and instruments, found by their entry points.

    [project.entry-points."ontogeny.studies"]
    dice = "dice_study:study"

Only what the user has installed is ever imported; nothing that a stored run or somebody's evidence holds can add to it.
"""

from typing import TYPE_CHECKING, Any

from ontogeny.errors import OntogenyError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


def installed(room: str) -> "dict[str, EntryPoint]":
    """The entry points of the group `ontogeny.<room>` by name; imports none of them."""
    from importlib.metadata import entry_points  # tens of milliseconds

    return {point.name: point for point in entry_points(group=f"ontogeny.{room}")}


def load(room: str, name: str) -> Any:
    """What the entry point `name` of this room stands for. Raises `OntogenyError` that names its package if it fails.

    Raises `KeyError` if nothing of that name is installed.
    """
    point = installed(room)[name]
    try:
        return point.load()
    except Exception as error:  # a foreign module may raise anything
        package = point.dist.name if point.dist else point.value
        raise OntogenyError(
            f"{name!r} in {room} cannot be imported from {point.value}: {type(error).__name__}: {error}; "
            f"repair or uninstall the package {package}"
        ) from error
