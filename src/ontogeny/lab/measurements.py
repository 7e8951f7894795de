"""Measurements on disk: one tidy table or several by name, in a run's folder, named by all that they follow from."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ontogeny.configuration import to_plain
from ontogeny.lab.tables import read_table, read_tables, write_table, write_tables

if TYPE_CHECKING:
    import pyarrow as pa

MEASUREMENTS = "measurements"


@dataclass(frozen=True)
class Measurement:
    """Where a measurement of a run is, or will be: named by its name, its settings and the checkpoints' hashes."""

    folder: Path
    """Of several tables; a single one is beside it, with `.parquet` at the end."""
    about: Mapping[str, Any]

    @classmethod
    def of(cls, run: Path, name: str, settings: Any, checkpoints: Sequence[str]) -> "Measurement":
        """The measurement `name` with these settings (a configuration) on checkpoints of these SHA-256."""
        about = {
            "measurement": name,
            "settings": {"type": type(settings).__name__, "content": to_plain(settings)},
            "checkpoints": list(checkpoints),
        }
        return cls(run / MEASUREMENTS / digest(about), about)

    def read(self) -> "pa.Table | dict[str, pa.Table] | None":
        """What was kept, None if nothing was. Raises: DamagedFileError naming the file."""
        single = self.folder.with_suffix(".parquet")
        if single.exists():
            return read_table(single)
        return read_tables(self.folder) if self.folder.exists() else None

    def write(self, result: "pa.Table | dict[str, pa.Table]") -> None:
        """Keep one table, or several by name; whole or not at all."""
        if isinstance(result, dict):
            write_tables(self.folder, result, self.about)
        else:
            write_table(self.folder.with_suffix(".parquet"), result, self.about)


def digest(plain: Any) -> str:
    """16 hexadecimal digits that name plain data: nested lists, dicts, numbers and strings."""
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
