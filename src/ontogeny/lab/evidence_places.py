"""Where evidence is: the user's own in the store, and what is committed and comes with the package."""

from dataclasses import dataclass
from pathlib import Path

from ontogeny.errors import UsageError, unknown_name

PACKAGE = Path(__file__).parents[1]
RECORD = "record.yaml"


@dataclass(frozen=True)
class Place:
    """The evidence of one study at one preset, and whose it is."""

    preset: str
    folder: Path
    committed: bool
    """Whether it came with the package rather than from the user's own runs."""


def committed_folder() -> Path:
    """The committed evidence: inside the installed package, or at the root of the checkout it runs from."""
    inside = PACKAGE / "evidence"
    return inside if inside.is_dir() else PACKAGE.parents[1] / "evidence"


def places(study: str, store: Path | None) -> dict[str, Place]:
    """All evidence of a study by preset; the user's own hides what is committed for the same preset.

    Without a store, the committed evidence only.
    """
    found = _places(committed_folder() / study, committed=True)
    return found if store is None else found | _places(store / study / "evidence", committed=False)


def _places(folder: Path, *, committed: bool) -> dict[str, Place]:
    records = sorted(folder.glob(f"*/{RECORD}"))
    return {path.parent.name: Place(path.parent.name, path.parent, committed) for path in records}


def choose(study: str, store: Path | None, preset: str | None) -> Place:
    """The evidence at `preset`; without one, the user's own before the committed, `laptop` before the others."""
    found = places(study, store)
    if not found:
        raise UsageError(f"there is no evidence of {study} yet; make some: ontogeny run {study}")
    if preset is None:
        return min(found.values(), key=lambda place: (place.committed, place.preset != "laptop"))
    if preset not in found:
        raise unknown_name(f"preset with evidence of {study}", preset, found)
    return found[preset]
