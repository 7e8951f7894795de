"""What a training ran on: kept beside its results, so that a difference between two runs can be traced."""

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from ontogeny import processor
from ontogeny.errors import DamagedFileError
from ontogeny.files import write_atomic
from ontogeny.plain import load_json, read_small
from ontogeny.seals import check_seal, seal_json

ENVIRONMENT = "environment.json"
PRECISIONS = (None, "fp32", "bf16")
_PACKAGES = ("ontogeny", "torch", "numpy", "numba", "safetensors", "pyarrow")


def describe(device: torch.device, processes: int = 1) -> dict[str, Any]:
    """Versions, processor and threads, as plain data."""
    return {
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
        "platform": platform.platform(),
        "cpu": processor.name(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "processes": processes,
    }


def read_environment(folder: Path) -> dict[str, Any]:
    """What `environment.json` holds; empty before the first start."""
    path = folder / ENVIRONMENT
    remedy = "restore it or train again in another folder"
    if not path.exists():
        return {"precision": None, "milliseconds": {}, "starts": []}
    try:
        content = load_json(check_seal(path, read_small(path), remedy))
        if not (content.get("precision") in PRECISIONS and isinstance(content.get("starts"), list)):
            raise ValueError
    except (ValueError, AttributeError):
        raise DamagedFileError(f"{path} is damaged; {remedy}") from None
    content.pop("seal", None)
    return content


def write_environment(folder: Path, content: dict[str, Any]) -> None:
    """Store `environment.json`: the precision used, how it was measured, and every start with its step."""
    write_atomic(folder / ENVIRONMENT, seal_json(content))
