"""Everything the explorer holds of one store, put together."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from ontogeny import __version__
from ontogeny.errors import OntogenyError
from ontogeny.explorer import run_pages
from ontogeny.explorer.answers.common import About
from ontogeny.explorer.answers.jobs import Filmed, FilmRequest, HeadsRequest, Job, Live, ResumeRequest, StudyRequest
from ontogeny.explorer.answers.runs import RunPage, RunSummary
from ontogeny.explorer.inspection import Inspector
from ontogeny.explorer.jobs import Jobs, Say
from ontogeny.explorer.keeper import Keeper
from ontogeny.explorer.measured import Measured
from ontogeny.explorer.models import MEMORY, Models
from ontogeny.explorer.own_models import OwnModels
from ontogeny.explorer.problems import RefusedError
from ontogeny.explorer.runs import RunShelf
from ontogeny.explorer.studies import StudyShelf
from ontogeny.explorer.system import Watch
from ontogeny.explorer.time_machine.functions import FunctionMachine
from ontogeny.explorer.time_machine.machine import TimeMachine
from ontogeny.explorer.time_machine.streams import StreamMachine
from ontogeny.explorer.time_machine.worlds import Place
from ontogeny.lab.store import run_folders
from ontogeny.training import Trajectory
from ontogeny.training.interruptions import ask_to_stop

STATIC = Path(__file__).parent / "static"
"""Where the built page is."""
LOOKING_SECONDS = 0.5
"""How old an answer to a listener may be."""
_BATCHES = 64


class Explorer:
    """One store, as all clients see it."""

    def __init__(self, store: Path, *, memory: int = MEMORY, own: Sequence[Path] = ()) -> None:
        self.store = store
        self.studies, self.runs = StudyShelf(store), RunShelf(store)
        models, batches = Models(memory), Keeper(_BATCHES)
        self.models, self.own_models = models, OwnModels.open(own, models)
        measured = Measured()
        self.time_machine = TimeMachine(models, measured, batches)
        self.stream_machine = StreamMachine(models, measured)
        self.function_machine = FunctionMachine(models, batches)
        self.inspector = Inspector(models, batches)
        self.jobs, self.watch = Jobs(store, self._film), Watch(store)
        self._seen = (-1.0 * LOOKING_SECONDS, Live(runs=[], jobs=[]))

    @property
    def writable(self) -> bool:
        """Whether the store, or the place where it will be, can be written."""
        place = next(path for path in (self.store.absolute(), *self.store.absolute().parents) if path.exists())
        return os.access(place, os.W_OK)

    def warm(self) -> None:
        """Read what the first page shows, so that it is there at once."""
        self.studies.all()
        self.runs.all()

    def about(self) -> About:
        """The server and its store."""
        return About(
            version=__version__,
            store=str(self.store),
            store_exists=self.store.is_dir(),
            read_only=not self.writable,
            runs=sum(1 for _ in run_folders(self.store)),
            studies=len(self.studies.known),
            memory_bytes=self.models.memory,
            page=(STATIC / "index.html").is_file(),
        )

    def trajectory(self, run: str) -> Trajectory:
        """The run `name/hash`, opened. Raises: MissingError; DamagedFileError."""
        name, _, digest = run.rpartition("/")
        return Trajectory(self.runs.find(name, digest))

    def run_page(self, name: str, digest: str) -> RunPage:
        """Everything about a run."""
        folder = self.runs.find(name, digest)
        summary = self.runs.summary(folder)
        return run_pages.page(folder, summary, writable=self.writable)

    def start(self, request: StudyRequest | ResumeRequest | Filmed) -> Job:
        """Start a job, after making sure that what it is about exists.

        Raises: MissingError, UsageError; RefusedError if the store cannot be written.
        """
        if isinstance(request, FilmRequest):
            self.time_machine.specification(self.trajectory(request.run), Place.of(request.split, request.index))
            return self.jobs.start(request)
        if isinstance(request, HeadsRequest):
            self.stream_machine.heads(self.trajectory(request.run))
            return self.jobs.start(request)
        if not self.writable:
            raise RefusedError(f"the store {self.store} cannot be written: nothing can be trained into it")
        if isinstance(request, StudyRequest):
            from ontogeny.lab.plans import plan_study

            plan_study(
                self.studies.find(request.study),
                self.store,
                preset=request.preset,
                seeds=request.seeds,
                arms=request.arms,
                overrides=request.set,
            )
        else:
            self._check_resumable(request.run)
        return self.jobs.start(request)

    def _check_resumable(self, run: str) -> None:
        trajectory = self.trajectory(run)
        status = self.runs.summary(trajectory.folder).status
        if status in ("done", "running"):
            raise OntogenyError(f"{run} is {status}: there is nothing to go on with")

    def stop_run(self, name: str, digest: str) -> RunSummary:
        """Ask the training of a run to stop, whoever started it; it is `running` until it has stored where it is.

        Raises: OntogenyError if nothing trains it; RefusedError if the store cannot be written.
        """
        folder = self.runs.find(name, digest)
        run = self.runs.summary(folder)
        if run.status != "running":
            raise OntogenyError(f"{run.id} is {run.status}: there is nothing to stop")
        if not self.writable:
            raise RefusedError(f"the store {self.store} cannot be written: stop {run.id} where it was started (Ctrl-C)")
        ask_to_stop(folder)
        return run

    def live(self) -> Live:
        """What is on its way, and every run that may have changed; looked at once for all who listen."""
        now = time.monotonic()
        if now - self._seen[0] >= LOOKING_SECONDS:
            self._seen = now, Live(runs=self.runs.all(), jobs=self.jobs.all())
        return self._seen[1]

    def _film(self, request: Filmed, say: Say) -> None:
        run = self.trajectory(request.run)
        if isinstance(request, HeadsRequest):
            self.stream_machine.precompute(run, lambda done, total: say("scoring heads", done, total))
            return
        place = Place.of(request.split, request.index)
        self.time_machine.precompute(run, place, lambda done, total: say("fitting and reading probes", done, total))
