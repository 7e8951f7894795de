"""What an executor is: tasks go in, outcomes come out as they are ready, and what runs can be stopped."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from ontogeny.errors import OntogenyError
from ontogeny.lab.notices import Notify

STOPPING_SECONDS = 60.0
"""How long a worker may take to write its checkpoint when it is asked to stop."""


@dataclass(frozen=True)
class Task:
    """A call of a module-level function with picklable arguments; `notify` is passed by keyword.

    What a task makes it writes to the store; its return value is dropped, so that no result lives in memory only.
    Carrying it out again finds what is there and goes on from it: a task may be sent to another worker at any time.
    """

    label: str
    function: Callable[..., None]
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Outcome:
    """A task that has ended, and what was wrong if it failed."""

    task: Task
    failure: OntogenyError | None = None


@runtime_checkable
class Executor(Protocol):
    """Carries out independent tasks somewhere. All of them are submitted before the first outcome is asked for."""

    def submit(self, task: Task) -> None:
        """Accept one more task; nothing has to start yet."""

    def as_completed(self, notify: Notify) -> Generator[Outcome]:
        """Carry out all tasks and yield each as it ends, in any order; workers' notices go to `notify`.

        Leaving the iteration early (an exception, Ctrl-C, `close`) cancels what is left.
        """

    def cancel(self) -> None:
        """Ask what runs to store where it is and stop, and forget what waits. Harmless when nothing runs."""
