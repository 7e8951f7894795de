"""The run store: where each run's folder is, and what state it is in.

    <store>/<name>/<hash>/config.yaml, environment.json, metrics.parquet, checkpoints/, resume/, measurements/, DONE

The folders are the truth. Whatever indexes them can be thrown away.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from ontogeny.errors import UsageError

Status = Literal["done", "failed", "unfinished"]

_HASH = re.compile(r"[0-9a-f]{16}")


def safe_name(name: str) -> str:
    """The name as one portable folder name: letters, digits, `_`, `-` and `.`; anything else becomes `-`.

    >>> safe_name("Karel, 5 x 5 (text)")
    'Karel-5-x-5-text'
    """
    safe = re.sub(r"[^A-Za-z0-9_.]+", "-", name).strip("-.")[:80]
    if not safe:
        raise UsageError(f"run name {name!r}: expected at least one letter or digit")
    return safe


def run_folder(store: Path, name: str, digest: str) -> Path:
    """The folder of the run `name` whose configuration has this content hash (16 hexadecimal digits)."""
    if not _HASH.fullmatch(digest):
        raise UsageError(f"run hash {digest!r}: expected 16 hexadecimal digits")
    return store / safe_name(name) / digest


def run_folders(store: Path) -> Iterator[Path]:
    """Every run in the store, by name and hash. A store that does not exist yet holds none."""
    return (store / path for path in run_paths(store))


def run_paths(store: Path) -> Iterator[str]:
    """As `run_folders`, but `name/hash` within the store: of ten thousand runs as strings, a tenth of a second."""
    if not store.is_dir():
        return
    for name in sorted(entry.name for entry in os.scandir(store) if entry.is_dir()):
        for digest in sorted(filter(_HASH.fullmatch, os.listdir(store / name))):
            path = f"{name}/{digest}"
            if os.path.isfile(f"{store}/{path}/config.yaml"):
                yield path


def is_run(folder: Path) -> bool:
    """Whether the folder holds a run: something that was asked for (config.yaml)."""
    return (folder / "config.yaml").is_file()


def status(folder: Path | str) -> Status:
    """Where a run stands. An unfinished run goes on when it is asked for again."""
    # `access` takes two thirds of the time of `exists`, and a catalogue asks this of ten thousand runs.
    if os.access(f"{folder}/DONE", os.F_OK):
        return "done"
    return "failed" if os.access(f"{folder}/FAILED", os.F_OK) else "unfinished"
