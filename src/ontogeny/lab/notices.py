"""What long work says about itself while it runs: small plain values that cross process borders."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Notice:
    """One sign of life. `done` of `total` units are finished; `total` 0 means that the end is not known."""

    task: str
    """Who speaks, as in `seed 0` or `text, seed 2`."""
    phase: str
    """What is being done, in a word or two."""
    done: int = 0
    total: int = 0
    values: Mapping[str, float] = field(default_factory=dict)
    """Named figures worth seeing: `loss`, `accuracy`, `tokens_per_second`."""
    seconds_left: float | None = None
    """An estimate for this phase; None where there is none."""
    remark: str = ""
    """Words that should stay in sight; a notice with a remark says nothing else."""


Notify = Callable[[Notice], None]


def quiet(notice: Notice) -> None:
    """Say nothing."""
