"""Live progress: a table of bars in a terminal, a plain line now and then elsewhere."""

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

from ontogeny.lab.notices import Notice, Notify

if TYPE_CHECKING:
    from typing import IO

    from rich.progress import Progress, TaskID

LINE_EVERY_SECONDS = 10.0

_SHOWN = (("loss", "loss {:.3f}"), ("accuracy", "accuracy {:.1%}"), ("tokens_per_second", "{:,.0f} tokens/s"))


@runtime_checkable
class Stream(Protocol):
    """What is asked of a text stream."""

    def isatty(self) -> bool: ...
    def write(self, text: str, /) -> object: ...
    def flush(self) -> None: ...


@contextmanager
def showing_progress(stream: Stream) -> Iterator[Notify]:
    """Show notices on `stream` while the block runs: bars where it is a terminal, else plain lines."""
    if not stream.isatty():
        yield PlainLines(stream)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (
        TextColumn("[bold]{task.fields[name]}"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[figures]}"),
        TextColumn("[dim]{task.fields[left]}"),
    )
    with Progress(*columns, console=Console(file=cast("IO[str]", stream)), refresh_per_second=4) as progress:
        yield Bars(progress)


class Bars:
    """One bar a task; a task that enters another phase starts a new one."""

    def __init__(self, progress: "Progress") -> None:
        self._progress = progress
        self._bars: dict[str, tuple[str, TaskID]] = {}
        self._clock = PhaseClock()

    def __call__(self, notice: Notice) -> None:
        if notice.remark:
            self._progress.console.print(f"{notice.task}: {notice.remark}", markup=False)
            return
        left = self._clock.seconds_left(notice)
        self._progress.update(
            self._bar(notice),
            completed=notice.done,
            figures=figures(notice.values),
            left=f"{duration(left)} left" if left is not None else "",
        )

    def _bar(self, notice: Notice) -> "TaskID":
        phase, bar = self._bars.get(notice.task, ("", None))
        if bar is not None and phase == notice.phase:
            return bar
        if bar is not None:
            self._progress.remove_task(bar)
        total = notice.total or None
        bar = self._progress.add_task(notice.phase, total=total, name=notice.task, figures="", left="")
        self._bars[notice.task] = (notice.phase, bar)
        return bar


class PlainLines:
    """One line when a task enters a phase, then at most one every ten seconds."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._clock = PhaseClock()
        self._spoken: dict[str, tuple[str, float]] = {}

    def __call__(self, notice: Notice) -> None:
        if notice.remark:
            print(f"{notice.task}: {notice.remark}", file=self._stream, flush=True)
            return
        left = self._clock.seconds_left(notice)
        phase, when = self._spoken.get(notice.task, ("", 0.0))
        now = time.monotonic()
        if notice.phase == phase and now - when < LINE_EVERY_SECONDS:
            return
        self._spoken[notice.task] = (notice.phase, now)
        count = f"{notice.done}/{notice.total}" if notice.total else ""
        remaining = f"{duration(left)} left" if left is not None else ""
        parts = [f"{notice.task}: {notice.phase}", count, figures(notice.values), remaining]
        print("  ".join(part for part in parts if part), file=self._stream, flush=True)


class PhaseClock:
    """Estimates what is left of each task's phase from what was done since the phase began."""

    def __init__(self) -> None:
        self._began: dict[str, tuple[str, int, float]] = {}

    def seconds_left(self, notice: Notice) -> float | None:
        """The notice's own estimate if it has one, else one from the pace so far, else None."""
        phase, done, when = self._began.get(notice.task, ("", 0, 0.0))
        if phase != notice.phase or notice.done < done:
            done, when = notice.done, time.monotonic()
            self._began[notice.task] = (notice.phase, done, when)
        if notice.seconds_left is not None:
            return notice.seconds_left
        since = notice.done - done
        if not notice.total or since <= 0:
            return None
        return (time.monotonic() - when) / since * (notice.total - notice.done)


def figures(values: Mapping[str, float]) -> str:
    """The figures a watcher wants, in a fixed order; nan stands for one that is not there yet.

    >>> figures({"accuracy": 0.91, "loss": 0.5})
    'loss 0.500  accuracy 91.0%'
    """
    shown = [(pattern, values[name]) for name, pattern in _SHOWN if name in values]
    return "  ".join(pattern.format(value) for pattern, value in shown if not math.isnan(value))


def duration(seconds: float) -> str:
    """A length of time in one or two units.

    >>> duration(7), duration(200), duration(8000)
    ('7 s', '3 min 20 s', '2 h 13 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
