"""The process that a study or a training runs in: `python -m ontogeny.explorer.worker STORE`, the request on its input.

It tells of its progress in lines of JSON on standard output. SIGINT stops it as Ctrl-C stops `ontogeny run`: nothing
is lost. It ends like the command line: 0, 1 for an error, 2 for a wrong request, 130 after a stop.
"""

import json
import sys
from pathlib import Path
from typing import Protocol, runtime_checkable

from pydantic import TypeAdapter

from ontogeny.errors import Interrupted, OntogenyError
from ontogeny.explorer.answers.jobs import JobRequest, ResumeRequest, StudyRequest
from ontogeny.lab.notices import Notice
from ontogeny.lab.progress import PhaseClock

STOPPED = 130


@runtime_checkable
class Source(Protocol):
    """Where the request is read from."""

    def read(self) -> str: ...


@runtime_checkable
class Sink(Protocol):
    """Where progress is told to."""

    def write(self, text: str, /) -> object: ...

    def flush(self) -> object: ...


def main(store: Path, source: Source, sink: Sink) -> int:
    """Carry out the request in `source`, telling `sink`; the exit code."""
    teller = Teller(sink)
    try:
        carry_out(store, TypeAdapter(JobRequest).validate_json(source.read()), teller)
    except (Interrupted, KeyboardInterrupt):
        return STOPPED
    except OntogenyError as error:
        teller.say({"problem": str(error)})
        return error.exit_code
    return 0


def carry_out(store: Path, request: object, notify: "Teller") -> None:
    """Run the study, or go on with the training."""
    if isinstance(request, StudyRequest):
        from ontogeny import studies
        from ontogeny.lab.study_run import run_study

        run_study(
            studies.find(request.study),
            store,
            preset=request.preset,
            seeds=request.seeds,
            arms=request.arms,
            overrides=request.set,
            notify=notify,
        )
    elif isinstance(request, ResumeRequest):
        _resume(store, request.run, notify)
    else:
        raise OntogenyError(f"this process runs studies and trainings, asked for {type(request).__name__}")


def _resume(store: Path, run: str, notify: "Teller") -> None:
    from ontogeny.lab.lab import Lab
    from ontogeny.studies.emergent_semantics.behaviour import evaluation
    from ontogeny.training import Trajectory
    from ontogeny.worlds import Karel

    name, _, _ = run.partition("/")
    stopped = Trajectory(store / run)
    # What was evaluated so far goes on being evaluated: Karel's runs are those of the study.
    measured = set(stopped.metrics()["name"].to_pylist())
    karel = isinstance(stopped.world, Karel) and "accuracy" in measured
    Lab(store, notify=notify, task=run).train(
        name,
        stopped.model_config,
        stopped.world,
        stopped.training,
        stopped.seed,
        evaluate=evaluation(stopped.world, stopped.seed) if karel else None,
    )


class Teller:
    """Writes notices as lines of JSON, with the time left."""

    def __init__(self, sink: Sink) -> None:
        self._sink, self._clock = sink, PhaseClock()

    def __call__(self, notice: Notice) -> None:
        self.say(
            {
                "phase": f"{notice.task}: {notice.phase}",
                "done": notice.done,
                "total": notice.total,
                "values": {name: value if value == value else None for name, value in notice.values.items()},
                "seconds_left": self._clock.seconds_left(notice),
            }
        )

    def say(self, content: dict[str, object]) -> None:
        """One line."""
        print(json.dumps(content), file=self._sink, flush=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.stdin, sys.stdout))
