"""Cached tables on disk: whole or not there, checked when read, and saying what they hold."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ontogeny.errors import DamagedFileError
from ontogeny.files import naming_full_disk, temporary_beside, write_atomic
from ontogeny.plain import load_json, read_small
from ontogeny.table_files import LARGEST, load_table, table_bytes

if TYPE_CHECKING:
    import pyarrow as pa

_ABOUT = b"ontogeny"


def write_table(path: Path, table: "pa.Table", about: Mapping[str, Any]) -> None:
    """Write one table as sealed parquet; `about` (plain data) goes into the file's own metadata."""
    described = table.replace_schema_metadata({**(table.schema.metadata or {}), _ABOUT: json.dumps(about).encode()})
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, table_bytes(described))


def read_table(path: Path) -> "pa.Table":
    """Read what `write_table` wrote. Raises `DamagedFileError` naming the file if it holds anything else."""
    try:
        table = load_table(read_small(path, LARGEST))
    except (ValueError, OSError) as error:
        raise DamagedFileError(f"{path} is damaged ({error}); delete it and it will be measured again") from None
    metadata = {key: value for key, value in (table.schema.metadata or {}).items() if key != _ABOUT}
    return table.replace_schema_metadata(metadata or None)


def about(path: Path) -> dict[str, Any]:
    """What `write_table` was told about the table in this file."""
    import pyarrow.parquet as parquet

    try:
        return load_json((parquet.read_schema(path).metadata or {})[_ABOUT])
    except (ValueError, OSError, KeyError):
        raise DamagedFileError(f"{path} does not say what it is; delete it and it will be measured again") from None


def write_tables(folder: Path, tables: "Mapping[str, pa.Table]", about: Mapping[str, Any]) -> None:
    """Write several tables as `<folder>/<name>.parquet`; the folder appears once all of them are in it."""
    with appearing(folder) as unfinished:
        for name, table in tables.items():
            write_table(unfinished / f"{name}.parquet", table, about)


@contextmanager
def appearing(folder: Path) -> Iterator[Path]:
    """A folder to be filled, which takes its name once the block has ended well.

    Where another process has finished the same folder meanwhile, that one stays: both hold the same.
    """
    unfinished = temporary_beside(folder)
    try:
        with naming_full_disk(folder):
            unfinished.mkdir(parents=True)
        yield unfinished
        if not folder.is_dir():
            unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def read_tables(folder: Path) -> "dict[str, pa.Table]":
    """Read what `write_tables` wrote."""
    return {path.stem: read_table(path) for path in sorted(folder.glob("*.parquet"))}
