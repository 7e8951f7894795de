"""Which seeds of which studies rest on which run."""

from pathlib import Path
from typing import Any

from ontogeny.errors import DamagedFileError
from ontogeny.explorer.answers.runs import Use
from ontogeny.explorer.files import Stamp, read_yaml, stamp_of
from ontogeny.lab.evidence_places import RECORD


class Uses:
    """Read from the records of all measured seeds in a store; each record once until it changes."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._known: dict[Path, tuple[Stamp, list[tuple[str, Use]]]] = {}

    def by_run(self) -> dict[str, list[Use]]:
        """The uses of each run, by its id. A record that cannot be read tells nothing."""
        found: dict[str, list[Use]] = {}
        for folder in sorted(path.parent for path in self._store.glob(f"*/seeds/*/{RECORD}")):
            for run, use in self._uses(folder):
                found.setdefault(run, []).append(use)
        return found

    def _uses(self, folder: Path) -> list[tuple[str, Use]]:
        stamp = stamp_of(folder, (RECORD,))
        known = self._known.get(folder)
        if known is None or known[0] != stamp:
            known = self._known[folder] = (stamp, _read(folder / RECORD))
        return known[1]


def _read(path: Path) -> list[tuple[str, Use]]:
    try:
        record: Any = read_yaml(path)
        names = {"study": str(record["study"]), "preset": str(record["preset"])}
        return [
            (str(run), Use(**names, arm=str(entry["arm"]), seed=int(entry["seed"])))
            for entry in record["seeds"]
            for run in entry.get("runs", [])
        ]
    except (DamagedFileError, OSError, TypeError, KeyError, ValueError, AttributeError):
        return []
