"""Where evidence is: the user's own in the store, and what is committed and comes with the package."""

from dataclasses import dataclass
from pathlib import Path

import ontogeny
from ontogeny.errors import UsageError, unknown_name

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
    package = Path(ontogeny.__file__).parent
    inside = package / "evidence"
    return inside if inside.is_dir() else package.parents[1] / "evidence"


def places(study: str, store: Path, *, committed: Path | None = None) -> dict[str, Place]:
    """All evidence of a study by preset; the user's own hides what is committed for the same preset."""
    found = {}
    for folder, is_committed in ((committed or committed_folder()) / study, True), (store / study / "evidence", False):
        if folder.is_dir():
            for path in sorted(folder.glob(f"*/{RECORD}")):
                found[path.parent.name] = Place(path.parent.name, path.parent, is_committed)
    return found


def choose(study: str, store: Path, preset: str | None, *, committed: Path | None = None) -> Place:
    """The evidence at `preset`; without one, the user's own before the committed, `laptop` before the others."""
    found = places(study, store, committed=committed)
    if not found:
        raise UsageError(f"no evidence of {study} in {store}, and none is committed; make some: ontogeny run {study}")
    if preset is None:
        return min(found.values(), key=lambda place: (place.committed, place.preset != "laptop"))
    if preset not in found:
        raise unknown_name(f"preset with evidence of {study}", preset, found)
    return found[preset]
