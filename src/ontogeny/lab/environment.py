"""What this machine offers: cores, memory, disk, GPU, versions, and how fast it multiplies matrices."""

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from ontogeny import processor

OPTIONAL_PARTS = {
    "anywidget": "live pages of studies in a notebook",
    "fsspec": "finished runs on an object store: ontogeny push, ontogeny pull",
    "mlflow": "metrics to MLflow: --track mlflow:FILE",
    "ray": "studies on a Ray cluster: ontogeny run --executor ray",
    "submitit": "studies in a Slurm queue: ontogeny run --executor slurm",
    "tensorboard": "metrics to TensorBoard: --track tensorboard:DIR",
    "tokenizers": "text for models of your own: ontogeny explore --model",
    "wandb": "metrics to Weights & Biases: --track wandb:DIR",
    "transformers": "the test suite compares our transformer with its CodeGen",
    "sklearn": "examples for the study gpicl; the test suite compares our probes with it",
}

_VERSIONED = ("ontogeny", "torch", "numpy", "scipy", "numba", "pyarrow", "pydantic")


def available_cores() -> int:
    """Cores this process may use: the affinity mask, cut by a container's quota where there is one."""
    cores = len(os.sched_getaffinity(0))
    quota = Path("/sys/fs/cgroup/cpu.max")
    if quota.is_file():
        allowed, period = quota.read_text().split()
        if allowed != "max":
            cores = min(cores, max(1, int(allowed) // int(period)))
    return cores


def memory_bytes() -> int:
    """Physical memory, cut by a container's limit where there is one."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    if limit.is_file() and (text := limit.read_text().strip()) != "max":
        total = min(total, int(text))
    return total


def versions() -> dict[str, str]:
    """Versions of what numbers depend on."""
    return {"python": platform.python_version()} | {
        name: importlib.metadata.version(name) for name in _VERSIONED if importlib.util.find_spec(name)
    }


def record() -> dict[str, Any]:
    """What is kept with every measurement: versions and hardware. Takes milliseconds, imports nothing heavy."""
    return {
        "versions": versions(),
        "hardware": {"processor": processor.name(), "cores": available_cores(), "memory_gib": _gib(memory_bytes())},
        "system": f"{platform.system()} {platform.machine()}",
    }


def examine(store: Path) -> dict[str, Any]:
    """All facts, the measured matrix product rates among them. Takes a few seconds, mostly for importing torch."""
    import torch

    place = next(path for path in [store.absolute(), *store.absolute().parents] if path.exists())
    facts = record()
    facts["python"] = sys.executable
    facts["torch_threads"] = torch.get_num_threads()
    facts["matrix_product_gflops"] = {
        "fp32": _matrix_product_rate(torch.float32),
        "bf16": _matrix_product_rate(torch.bfloat16),
    }
    facts["gpus"] = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    facts["store"] = str(store)
    facts["disk_free_gib"] = _gib(shutil.disk_usage(place).free)
    facts["optional"] = {name: importlib.util.find_spec(name) is not None for name in OPTIONAL_PARTS}
    return facts


def _matrix_product_rate(dtype: Any, size: int = 512, seconds: float = 0.2) -> float:
    """Billions of multiply-adds times two a second, as models multiply square matrices: the best of a short while."""
    import torch

    from ontogeny.models.linear import linear

    left, right = (torch.full((size, size), 0.5, dtype=dtype) for _ in range(2))
    best, end = float("inf"), time.perf_counter() + seconds
    with torch.no_grad():
        linear(left, right)  # the first product also allocates and picks a kernel
        while time.perf_counter() < end:
            start = time.perf_counter()
            linear(left, right)
            best = min(best, time.perf_counter() - start)
    return round(2 * size**3 / best / 1e9, 1)


def _gib(count: int) -> float:
    return round(count / 2**30, 1)
