"""One run in full: its settings, checkpoints, curves and measurements; two runs compared."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as parquet

from ontogeny.errors import DamagedFileError, OntogenyError
from ontogeny.explorer.answers import runs as answers
from ontogeny.explorer.downsampling import extremes
from ontogeny.explorer.files import read_yaml
from ontogeny.explorer.tables import plain
from ontogeny.lab.measurements import MEASUREMENTS
from ontogeny.plain import load_json, read_small
from ontogeny.seals import check_seal
from ontogeny.training.journal import read_metrics

_ABOUT = b"ontogeny"
LARGEST_FILE = 1 << 20
"""Bytes of a configuration or an environment that are shown."""


def page(folder: Path, summary: answers.RunSummary, *, writable: bool) -> answers.RunPage:
    """Everything about a run. `writable`: the store is.

    What is damaged is left out; `problem` says what it was.
    """
    problems = [summary.problem] if summary.problem else []

    def readable(make: Any, otherwise: Any) -> Any:
        try:
            return make()
        except (OntogenyError, OSError, ValueError) as error:
            problems.append(str(error))
            return otherwise

    checkpoints = readable(lambda: _checkpoints(folder), [])
    fields = {
        "config": readable(lambda: _mapping(folder / "config.yaml", read_yaml), {}),
        "environment": readable(lambda: _mapping(folder / "environment.json", _read_json), {}),
        "checkpoint_list": checkpoints,
        "metrics": readable(lambda: _metric_infos(folder), []),
        "measurements": readable(lambda: _measurements(folder), []),
    }
    whole = summary.status != "damaged" and bool(checkpoints)
    opened = whole and (summary.model or "").startswith("transformer")
    abilities = answers.Abilities(
        time_machine=opened,
        inspect=opened and summary.world != "in_context",
        resume=writable and summary.status == "stopped",
        stop=writable and summary.status == "running",
    )
    shared = {**dict(summary), "problem": "; ".join(dict.fromkeys(problems)) or None}
    return answers.RunPage(**shared, **fields, abilities=abilities)


def _mapping(path: Path, reader: Any) -> dict[str, Any]:
    """Plain data of one file, as JSON can hold it; nothing where there is no file."""
    if not path.exists():
        return {}
    if path.stat().st_size > LARGEST_FILE:
        raise DamagedFileError(f"{path} is larger than {LARGEST_FILE} bytes: it is not what a run writes")
    data = reader(path)
    if not isinstance(data, dict):
        raise DamagedFileError(f"{path} holds no settings; restore it from a copy")
    return _as_json(data)


def _read_json(path: Path) -> Any:
    try:
        content = load_json(check_seal(path, read_small(path), "restore it from a copy"))
    except ValueError:
        raise DamagedFileError(f"{path} is damaged: it is not JSON; restore it from a copy") from None
    if isinstance(content, dict):
        content.pop("seal", None)
    return content


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _as_json(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(part) for part in value]
    return plain(value)


def _checkpoints(folder: Path) -> list[answers.CheckpointInfo]:
    from ontogeny.training.checkpoints import list_checkpoints  # waits for torch

    return [
        answers.CheckpointInfo(
            step=found.step, bytes=found.path.stat().st_size if found.path.exists() else 0, sha256=found.sha256
        )
        for found in list_checkpoints(folder / "checkpoints")
    ]


def _metric_infos(folder: Path) -> list[answers.MetricInfo]:
    counts = read_metrics(folder)["name"].value_counts().to_pylist()
    return [answers.MetricInfo(name=entry["values"], points=entry["counts"]) for entry in counts]


def _measurements(folder: Path) -> list[answers.MeasurementInfo]:
    """What is kept of the run, by the tables' own metadata. A damaged table tells nothing here."""
    place = folder / MEASUREMENTS
    found = []
    for path in sorted(place.iterdir()) if place.is_dir() else []:
        tables = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
        if path.name.startswith(".") or not tables or tables[0].suffix != ".parquet":
            continue
        name = _measured_name(tables[0])
        found.append(
            answers.MeasurementInfo(
                name=name,
                id=path.stem,
                tables=[table.stem for table in tables] if path.is_dir() else [name],
                bytes=sum(table.stat().st_size for table in tables),
            )
        )
    return found


def _measured_name(path: Path) -> str:
    try:
        about = (parquet.read_schema(path).metadata or {}).get(_ABOUT, b"{}")
        return str(json.loads(about).get("measurement", "unknown"))
    except (OSError, ValueError, AttributeError):
        return "damaged"


def metrics(run: str, folder: Path, names: list[str], points: int) -> answers.Metrics:
    """The metrics of a run, each cut to at most `points` points; all of them if no name is given."""
    table = read_metrics(folder)
    stored = np.array(table["name"].to_pylist(), dtype=object)
    steps, values = table["step"].to_numpy(), table["value"].to_numpy()
    wanted = names or list(dict.fromkeys(stored.tolist()))
    series = []
    for name in wanted:
        rows = np.flatnonzero(stored == name)
        kept = rows[extremes(values[rows], points)]
        series.append(
            answers.Series(
                name=name,
                steps=steps[kept].tolist(),
                values=[value if math.isfinite(value) else None for value in values[kept].tolist()],
                points=len(rows),
            )
        )
    return answers.Metrics(run=run, series=series)


def compare(left: tuple[str, Path], right: tuple[str, Path]) -> answers.Comparison:
    """In which settings two runs differ. Raises: DamagedFileError if one cannot be read."""
    here, there = (_flat(_mapping(folder / "config.yaml", read_yaml)) for _, folder in (left, right))
    settings = list(dict.fromkeys([*here, *there]))
    differing = [name for name in settings if here.get(name) != there.get(name)]
    return answers.Comparison(
        left=left[0],
        right=right[0],
        differences=[
            answers.Difference(setting=name, left=here.get(name), right=there.get(name)) for name in differing
        ],
        same=len(settings) - len(differing),
    )


def _flat(value: dict[str, Any], above: str = "") -> dict[str, Any]:
    """Nested settings by their dotted names."""
    flat: dict[str, Any] = {}
    for name, part in value.items():
        flat |= _flat(part, f"{above}{name}.") if isinstance(part, dict) and part else {f"{above}{name}": part}
    return flat
