"""What the machine has left."""

from ontogeny.explorer.answers.common import Answer


class System(Answer):
    """Null where this system does not tell."""

    cores: int
    """That the explorer may use."""
    load: float | None
    """Processes that were running or waiting to, on average over the last minute, on the whole machine."""
    memory: int
    """Bytes, cut by a container's limit."""
    memory_used: int | None
    disk: int
    """Bytes of the disk that the store is on."""
    disk_free: int
    store: int
    """Bytes that the store takes, counted now and then."""
