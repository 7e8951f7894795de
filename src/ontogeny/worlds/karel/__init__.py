"""Karel the robot: grids, programs and what they do, sampled, shown, traced and scored. No models here."""

from typing import TYPE_CHECKING

from ontogeny.lazy import importing

if TYPE_CHECKING:
    from ontogeny.worlds.karel.collisions import Collisions as Collisions
    from ontogeny.worlds.karel.collisions import count_collisions as count_collisions
    from ontogeny.worlds.karel.engine import run as run
    from ontogeny.worlds.karel.engine import run_flat as run_flat
    from ontogeny.worlds.karel.grid import Grids as Grids
    from ontogeny.worlds.karel.language import Program as Program
    from ontogeny.worlds.karel.language import parse as parse
    from ontogeny.worlds.karel.msr import read_tasks as read_tasks
    from ontogeny.worlds.karel.sampling import Sample as Sample
    from ontogeny.worlds.karel.truth import ABSOLUTE as ABSOLUTE
    from ontogeny.worlds.karel.truth import EGOCENTRIC as EGOCENTRIC
    from ontogeny.worlds.karel.world import Karel as Karel

# Where each public name lives; imported on first use, because the compiled engine takes long to import.
_HOME = {
    "ABSOLUTE": "truth",
    "Collisions": "collisions",
    "EGOCENTRIC": "truth",
    "Grids": "grid",
    "Karel": "world",
    "Program": "language",
    "Sample": "sampling",
    "count_collisions": "collisions",
    "parse": "language",
    "read_tasks": "msr",
    "run": "engine",
    "run_flat": "engine",
}

__getattr__ = importing(__name__, _HOME)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
