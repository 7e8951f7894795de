"""Server-sent events: what is on its way, told whenever it changes."""

import asyncio
from collections.abc import AsyncIterator, Callable

from ontogeny.explorer.answers.jobs import Live
from ontogeny.explorer.answers.runs import RunSummary

EVERY_SECONDS = 1.0
HEARTBEAT_SECONDS = 15.0
"""A comment now and then keeps the connection open, and shows the server that nobody listens any more."""


class Changes:
    """What to tell one listener: at first everything that is running, then what has changed."""

    def __init__(self, look: Callable[[], Live]) -> None:
        self._look = look
        self._runs: dict[str, RunSummary] = {}
        self._told: str | None = None

    def next(self) -> str | None:
        """The next event, None if there is nothing new. Runs that ended are told once more."""
        now = self._look()
        before, self._runs = self._runs, {run.id: run for run in now.runs}
        changed = [run for run in now.runs if before.get(run.id) != run] if self._told else None
        shown = [run for run in now.runs if run.status == "running"] if changed is None else changed
        state = now.model_copy(update={"runs": [run for run in now.runs if run.status == "running"]}).model_dump_json()
        if self._told == state and not changed:
            return None
        self._told = state
        return f"event: live\ndata: {now.model_copy(update={'runs': shown}).model_dump_json()}\n\n"


async def events(
    changes: Changes, *, every: float = EVERY_SECONDS, heartbeat: float = HEARTBEAT_SECONDS
) -> AsyncIterator[str]:
    """Events and heartbeats for one listener, until it goes."""
    quiet = 0.0
    while True:
        event = await asyncio.to_thread(changes.next)
        quiet = 0.0 if event else quiet + every
        if event:
            yield event
        elif quiet >= heartbeat:
            quiet = 0.0
            yield ": nothing new\n\n"
        await asyncio.sleep(every)
