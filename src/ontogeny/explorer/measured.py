"""What the explorer computes of a checkpoint, kept in the store like any measurement, and in memory."""

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa

from ontogeny.errors import DamagedFileError, OntogenyError
from ontogeny.explorer.keeper import Keeper
from ontogeny.lab.measurements import Measurement
from ontogeny.training import Checkpoint

Tables = dict[str, pa.Table]

KEPT = 512
"""Sets of tables that are kept in memory."""


class Measured:
    """Sets of tables by run, checkpoint, name and settings; each is made by one request, however many ask for it."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = Keeper(kept)
        self._making = threading.RLock()  # one measurement may rest on another

    def find(self, run: Path, checkpoint: Checkpoint, name: str, settings: Any) -> Tables | None:
        """The tables if they were made before, else None. Damaged ones count as not made."""
        place = Measurement.of(run, name, settings, [checkpoint.sha256])
        found = self._kept.peek(place.folder)
        if found is not None:
            return found
        try:
            stored = place.read()
        except DamagedFileError:
            return None
        return self._kept.put(place.folder, stored) if isinstance(stored, dict) else None

    def get(self, run: Path, checkpoint: Checkpoint, name: str, settings: Any, make: Callable[[], Tables]) -> Tables:
        """The tables, made now if need be: one at a time, so that two clients do not compute the same."""
        found = self.find(run, checkpoint, name, settings)
        if found is not None:
            return found
        with self._making:
            found = self.find(run, checkpoint, name, settings)
            if found is not None:
                return found
            tables = make()
            place = Measurement.of(run, name, settings, [checkpoint.sha256])
            with suppress(OntogenyError, OSError):  # a store that cannot be written: memory has them
                place.write(tables)
            return self._kept.put(place.folder, tables)
