"""Long work: studies and trainings in processes of their own, films in a thread; with progress, and stopped on request.

What a job makes is in the store; the list of jobs lives as long as the server.
"""

import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ontogeny.errors import OntogenyError
from ontogeny.explorer.answers.jobs import Filmed, FilmRequest, HeadsRequest, Job, ResumeRequest, StudyRequest
from ontogeny.explorer.problems import MissingError
from ontogeny.explorer.worker import STOPPED
from ontogeny.lab.notices import Notice
from ontogeny.lab.progress import PhaseClock

REMEMBERED = 100
"""Jobs that are listed; the oldest ended ones are forgotten."""
AT_ONCE = 8
"""Jobs that may be on their way."""

STOPPING_SECONDS = 60.0
"""How long a training may take to store where it is when the server stops."""

_ENDED = ("done", "failed", "stopped")

Say = Callable[[str, int, int], None]
"""`say(phase, done, total)` of a film; raises `Stopped` once the job is to stop."""


class Stopped(Exception):  # noqa: N818
    """The job was asked to stop."""


class Jobs:
    """The jobs of one server."""

    def __init__(self, store: Path, film: Callable[[Filmed, Say], None]) -> None:
        self._store, self._film = store, film
        self._jobs: dict[str, _Job] = {}
        self._lock = threading.Lock()
        self._filming = threading.Lock()

    def all(self) -> list[Job]:
        """The newest first."""
        return [job.view for job in reversed(self._jobs.values())]

    def get(self, identifier: str) -> Job:
        """Raises: MissingError."""
        return self._find(identifier).view

    def start(self, request: StudyRequest | ResumeRequest | Filmed) -> Job:
        """Start a job. Whoever asks for what is being made is given the job that makes it.

        Raises: OntogenyError if too many are on their way, or the same training is.
        """
        job = _FilmJob(request, self._film, self._filming) if isinstance(request, Filmed) else None
        with self._lock:
            going = [other for other in self._jobs.values() if other.view.state not in _ENDED]
            same = next((other for other in going if other.request == request), None)
            if same is not None and job is not None:
                return same.view
            self._refuse(going, same)
            started = job or _ProcessJob(request, self._store)  # type: ignore[arg-type]
            self._jobs[started.view.id] = started
            self._forget()
        started.start()
        return started.view

    def stop(self, identifier: str) -> Job:
        """Ask a job to stop; it says `stopping` until it has. One that has ended stays as it is."""
        job = self._find(identifier)
        if job.view.state not in _ENDED:
            job.update(state="stopping")
            job.stop()
        return job.view

    def close(self) -> None:
        """Stop everything, and wait until it has stored where it is."""
        for job in [job for job in self._jobs.values() if job.view.state not in _ENDED]:
            self.stop(job.view.id)
            job.join(STOPPING_SECONDS)

    def _find(self, identifier: str) -> "_Job":
        if identifier not in self._jobs:
            raise MissingError(f"unknown job {identifier!r}; jobs are forgotten when the explorer is started again")
        return self._jobs[identifier]

    def _refuse(self, going: Sequence["_Job"], same: "_Job | None") -> None:
        if len(going) >= AT_ONCE:
            raise OntogenyError(f"{len(going)} jobs are on their way; wait for one to end, or stop one")
        if same is not None:
            raise OntogenyError("the same is on its way already: see the list of jobs")

    def _forget(self) -> None:
        ended = [name for name, job in self._jobs.items() if job.view.state in _ENDED]
        for name in ended[: max(0, len(self._jobs) - REMEMBERED)]:
            del self._jobs[name]


class _Job:
    """What both kinds share: a thread that watches, and a view that is replaced as a whole."""

    def __init__(self, request: StudyRequest | ResumeRequest | Filmed, label: str) -> None:
        self.request = request
        self._thread = threading.Thread(target=self._watch, daemon=True, name=label)
        self.view = Job(
            id=secrets.token_hex(4),
            kind=request.kind,
            label=label,
            state="waiting",
            phase="starting",
            done=0,
            total=0,
            seconds_left=None,
            values={},
            problem=None,
            started=time.time(),
            ended=None,
            run=getattr(request, "run", None),
            study=getattr(request, "study", None),
        )

    def update(self, **changes: Any) -> None:
        self.view = self.view.model_copy(update=changes)

    def end(self, state: str, problem: str | None = None) -> None:
        self.update(state=state, problem=problem, ended=time.time(), seconds_left=None)

    def start(self) -> None:
        self._thread.start()

    def join(self, seconds: float) -> None:
        if self._thread.ident is not None:  # one that never started cannot be waited for
            self._thread.join(seconds)

    def stop(self) -> None:
        raise NotImplementedError

    def _watch(self) -> None:
        raise NotImplementedError


class _FilmJob(_Job):
    """A film is computed in this process, by the models it holds; one at a time."""

    def __init__(self, request: Filmed, film: Callable[[Filmed, Say], None], turn: threading.Lock) -> None:
        super().__init__(request, _label(request))
        self._film, self._turn, self._asked = film, turn, threading.Event()
        self._clock = PhaseClock()

    def stop(self) -> None:
        self._asked.set()

    def _watch(self) -> None:
        with self._turn:
            try:
                self._say("starting", 0, 0)
                self._film(self.request, self._say)  # type: ignore[arg-type]
                self.end("done")
            except Stopped:
                self.end("stopped")
            except OntogenyError as error:
                self.end("failed", str(error))
            except Exception as error:  # whatever it was, the list of jobs has to say so
                self.end("failed", f"an error in the program itself: {error!r}")

    def _say(self, phase: str, done: int, total: int) -> None:
        if self._asked.is_set():
            raise Stopped
        left = self._clock.seconds_left(Notice(self.view.id, phase, done, total))
        self.update(state="running", phase=phase, done=done, total=total, seconds_left=left)


class _ProcessJob(_Job):
    """A study or a training has its own process: it may take all cores, and it is stopped like one in a terminal."""

    def __init__(self, request: StudyRequest | ResumeRequest, store: Path) -> None:
        super().__init__(request, _label(request))
        self._store = store
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        try:
            self._process = self._open()
        except OSError as error:  # no memory, or too many processes: nobody watches this job, so it ends here
            self.end("failed", f"its process could not be started: {error}")
        else:
            super().start()

    def _open(self) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "ontogeny.explorer.worker", str(self._store)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C in the server's terminal reaches it through `close` alone
        )

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            os.kill(self._process.pid, signal.SIGINT)

    def _watch(self) -> None:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        errors: list[str] = []
        complaints = threading.Thread(target=lambda: errors.extend(process.stderr or ()), daemon=True)
        complaints.start()
        process.stdin.write(self.request.model_dump_json())
        process.stdin.close()
        problem = None
        for line in process.stdout:
            told = _told(line)
            problem = told.pop("problem", problem)
            state = "stopping" if self.view.state == "stopping" else "running"
            self.update(state=state, **told)
        code = process.wait()
        complaints.join(5)
        if code == 0:
            self.end("done")
        elif code == STOPPED or (self.view.state == "stopping" and problem is None):
            self.end("stopped")
        else:
            last = "".join(errors).strip().splitlines()[-1:] or [f"its process ended with exit code {code}"]
            self.end("failed", problem or last[0])


def _told(line: str) -> dict[str, Any]:
    """One line of a worker; whatever else it printed tells nothing."""
    try:
        told = json.loads(line)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _label(request: StudyRequest | ResumeRequest | Filmed) -> str:
    if isinstance(request, FilmRequest):
        return f"film of {request.run}: {request.split} {request.index}"
    if isinstance(request, HeadsRequest):
        return f"heads of {request.run}"
    if isinstance(request, ResumeRequest):
        return f"training of {request.run}"
    return f"{request.study} at {request.preset}"
