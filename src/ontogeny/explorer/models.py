"""Checkpoints held in memory for live inference: the least recently used go first when their bound is reached."""

import math
import threading
from collections import OrderedDict
from pathlib import Path

from ontogeny.errors import UsageError
from ontogeny.explorer.problems import MissingError, TooLargeError
from ontogeny.models import TransformerModel
from ontogeny.models.huggingface.shards import Shards
from ontogeny.training import Checkpoint, Series, Trajectory

MEMORY = 1 << 30
"""Bytes that weights held in memory may take by default."""

Source = Trajectory | Series
"""Where models come from: a run of ours, or folders of other people's."""


class Models:
    """Models by checkpoint, together at most `memory` bytes of weights."""

    def __init__(self, memory: int = MEMORY) -> None:
        self.memory = memory
        self._lock = threading.Lock()
        self._held: OrderedDict[str, tuple[TransformerModel, int]] = OrderedDict()

    @property
    def used(self) -> int:
        """Bytes held now."""
        return sum(size for _, size in self._held.values())

    def get(self, source: Source, checkpoint: Checkpoint) -> TransformerModel:
        """The model at a checkpoint, from memory or from its verified file.

        Raises: TooLargeError if its weights alone exceed the bound; DamagedFileError; UsageError where the run's model
        is no transformer.
        """
        with self._lock:
            if checkpoint.sha256 in self._held:
                self._held.move_to_end(checkpoint.sha256)
                return self._held[checkpoint.sha256][0]
            self._make_room(checkpoint.path)
            model = source.load(checkpoint.step)
            if not isinstance(model, TransformerModel):
                raise UsageError(f"{source.folder} is no transformer: there is no attention to look at")
            size = sum(value.numel() * value.element_size() for value in model.state_dict().values())
            self._held[checkpoint.sha256] = model, size
            return model

    def _make_room(self, path: Path) -> None:
        size = _in_memory(path)
        if size > self.memory:
            raise TooLargeError(
                f"{path} takes {_mib(size)}, and at most {_mib(self.memory)} may be held; start the explorer with "
                "more --memory"
            )
        while self._held and self.used + size > self.memory:
            self._held.popitem(last=False)


def checkpoint_at(source: Source, step: int) -> Checkpoint:
    """The checkpoint at a step. Raises: MissingError with those there are."""
    found = {checkpoint.step: checkpoint for checkpoint in source.checkpoints}
    if step not in found:
        known = ", ".join(map(str, found)) or "none yet"
        raise MissingError(f"{source.folder} has no checkpoint at step {step}; its checkpoints: {known}")
    return found[step]


def _in_memory(path: Path) -> int:
    """Bytes that weights will take: those of our files, and of other people's folders as fp32."""
    if path.is_dir():
        shards = Shards(path)
        return 4 * sum(math.prod(shards.shape(name)) for name in shards)
    return path.stat().st_size if path.is_file() else 0


def _mib(size: int) -> str:
    return f"{size / 2**20:.0f} MiB"
