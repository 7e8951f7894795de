"""Processors, memory and disk, as they are at this moment."""

import os
import shutil
import time
from pathlib import Path

from ontogeny.explorer.answers.system import System
from ontogeny.lab.environment import available_cores, memory_bytes

COUNTED_SECONDS = 60.0
"""How old the size of the store may be."""

_MEMORY, _LIMIT, _TAKEN = (
    Path("/proc/meminfo"),
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory.current"),
)


class Watch:
    """What the machine that a store is on has left."""

    def __init__(self, store: Path) -> None:
        self.store = store
        self._counted = (-COUNTED_SECONDS, 0)

    def look(self) -> System:
        """Takes milliseconds, but for counting a large store once a minute."""
        place = next(path for path in (self.store.absolute(), *self.store.absolute().parents) if path.exists())
        disk = shutil.disk_usage(place)
        now = time.monotonic()
        if now - self._counted[0] >= COUNTED_SECONDS:
            self._counted = now, _size(self.store)
        return System(
            cores=available_cores(),
            load=round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
            memory=memory_bytes(),
            memory_used=_memory_used(),
            disk=disk.total,
            disk_free=disk.free,
            store=self._counted[1],
        )


def _memory_used() -> int | None:
    """What is taken: of a container where it has a limit, else of the machine."""
    if _LIMIT.is_file() and _LIMIT.read_text().strip() != "max" and _TAKEN.is_file():
        return int(_TAKEN.read_text())
    if not _MEMORY.is_file():
        return None
    told = dict(line.split(":", 1) for line in _MEMORY.read_text().splitlines() if ":" in line)
    kibibytes = {name: int(told[name].split()[0]) for name in ("MemTotal", "MemAvailable") if name in told}
    return 1024 * (kibibytes["MemTotal"] - kibibytes["MemAvailable"]) if len(kibibytes) == 2 else None


def _size(store: Path) -> int:
    """Bytes of all files; those that go away meanwhile do not count."""
    total = 0
    for folder, _, names in os.walk(store):
        for name in names:
            try:
                total += os.lstat(os.path.join(folder, name)).st_size
            except OSError:
                continue
    return total
