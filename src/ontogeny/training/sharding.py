"""A model that no device can hold: every process keeps a part of each weight and of the optimiser's memory.

torch's `fully_shard` does the work. What is stored is the same as ever: before something is written all processes hand
their parts over, and the first one's whole copy, in ordinary memory, is what recorder and evaluations see. So a
run may be resumed on another number of processes, sharded or not.
"""

import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor

from ontogeny.errors import UsageError
from ontogeny.training.optimisers import Optimisers
from ontogeny.training.processes import Processes
from ontogeny.training.settings import AdamW, Training


def check_sharding(training: Training, among: Processes) -> None:
    """Raise for what cannot be divided among processes."""
    if among.size == 1:
        raise UsageError("a sharded training needs several processes: start it with torchrun --nproc-per-node N")
    if not isinstance(training.optimiser, AdamW):
        raise UsageError(
            f"a sharded training needs an optimiser that works weight by weight: expected adamw, "
            f"given {training.optimiser.kind}, which takes whole matrices"
        )
    if training.precision == "measure":
        raise UsageError("a sharded model does not fit one device to be timed on: set precision to fp32 or bf16")


class Sharded:
    """The parts that learn, and how the whole is put together from them.

    `model` and `optimisers` are the whole in the state to begin from; on the first process `gather` brings them up to
    date, on the others they are of no use afterwards.
    """

    def __init__(self, model: nn.Module, optimisers: Optimisers, training: Training, among: Processes) -> None:
        self._whole, self._whole_optimisers, self._first = model, optimisers, among.first
        mesh = init_device_mesh(among.device.type, (among.size,))
        self.model = copy.deepcopy(model)
        for layer in getattr(self.model, "layers", ()):
            fully_shard(layer, mesh=mesh)
        fully_shard(self.model, mesh=mesh)
        self.optimisers = Optimisers(self.model, training.optimiser)
        self.optimisers.restore(optimisers.state(), place=_part)

    def gather(self) -> None:
        """Bring the whole up to date. All processes call this together."""
        targets = self._whole.state_dict()
        with torch.no_grad():
            for name, value in self.model.state_dict().items():
                gathered = _whole(value)
                if self._first:
                    targets[name].copy_(gathered)
        state = {name: _whole(value) for name, value in self.optimisers.state().items()}
        if self._first:
            self._whole_optimisers.restore(state)


def _whole(value: Tensor) -> Tensor:
    """All of a tensor, from the parts of all processes."""
    return value.full_tensor() if isinstance(value, DTensor) else value


def _part(value: Tensor, parameter: Any) -> Tensor:
    """This process's part of something that has the shape of a parameter; counters are kept whole."""
    if not value.ndim:
        return value.clone()
    mesh = parameter.device_mesh
    # Every process has read the whole: nothing needs to be sent.
    return distribute_tensor(value.to(mesh.device_type), mesh, parameter.placements, src_data_rank=None)
