"""One training over several processes (torchrun): who writes, how they add up, what each learns from.

Every process makes the same whole batch, takes its own rows, and ends each step with the same gradient, so the data
of a run do not depend on the number of processes. The first process alone writes the run's folder, which the others
must be able to read.
"""

import atexit
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from ontogeny.errors import UsageError

# While the first process evaluates, the others wait in their next exchange; evaluations may be long.
_PATIENCE = timedelta(hours=6)

_LETTING_GO = 0.2
"""Seconds: a thread of gloo's takes microseconds for it, and a turn of Python's lock."""


@dataclass(frozen=True)
class Processes:
    """The processes of this training as one of them sees them; a single one unless torchrun started more."""

    rank: int
    size: int
    device: torch.device

    @property
    def first(self) -> bool:
        """Whether this process is the one that writes."""
        return self.rank == 0

    def sum(self, *values: float) -> list[float]:
        """Each value summed over the processes."""
        if self.size == 1:
            return list(values)
        total = torch.tensor(values, dtype=torch.float64, device=self.device)
        distributed.all_reduce(total)
        return total.tolist()

    def wait(self) -> None:
        """Go on when all have come this far."""
        self.sum(0.0)

    def spread(self, model: nn.Module) -> nn.Module:
        """The model to call in training: after its backward pass all processes hold the mean of their gradients."""
        return model if self.size == 1 else DistributedDataParallel(model)


@contextmanager
def gathering(model: Any) -> Iterator[None]:
    """Within it, backward passes add up on each process alone, without exchange."""
    if hasattr(model, "set_requires_gradient_sync"):  # a sharded one
        model.set_requires_gradient_sync(False)
        yield
        model.set_requires_gradient_sync(True)
    else:
        with model.no_sync() if isinstance(model, DistributedDataParallel) else nullcontext():
            yield


def join(device: str) -> Processes:
    """Join the processes that torchrun started, if it did; `device` is auto, or torch's name of a device."""
    if not distributed.is_torchelastic_launched():
        return Processes(0, 1, _device(device, 0))
    own = _device(device, distributed.get_node_local_rank())
    if not distributed.is_initialized():
        if own.type == "cuda":
            torch.cuda.set_device(own)
        distributed.init_process_group("nccl" if own.type == "cuda" else "gloo", timeout=_PATIENCE)
        atexit.register(_leave)
    return Processes(distributed.get_rank(), distributed.get_world_size(), own)


def _leave() -> None:
    """Leave the others, once gloo's threads have let go of the last exchange's tensors.

    They need Python for that, while this thread does nothing; one that is late finds Python gone and ends the process
    with an abort.
    """
    time.sleep(_LETTING_GO)
    distributed.destroy_process_group()


def _device(name: str, local_rank: int) -> torch.device:
    if name == "auto":
        name = f"cuda:{local_rank}" if torch.cuda.is_available() else "cpu"
    try:
        return torch.device(name)
    except RuntimeError:
        raise UsageError(f"unknown device {name!r}; expected auto, cpu or cuda") from None
