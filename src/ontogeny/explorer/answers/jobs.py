"""Long work: what it is, how far it has come."""

from typing import Annotated, Literal

from pydantic import Field

from ontogeny.explorer.answers.common import Answer
from ontogeny.explorer.answers.karel import SplitName
from ontogeny.explorer.answers.runs import RunSummary

State = Literal["waiting", "running", "stopping", "done", "failed", "stopped"]


class StudyRequest(Answer):
    """Run a study, as `ontogeny run` does."""

    kind: Literal["study"]
    study: str
    preset: str = "laptop"
    seeds: list[Annotated[int, Field(ge=0)]] = Field(default=[0], min_length=1, max_length=100)
    arms: list[str] = Field(default=["main"], min_length=1)
    set: list[str] = Field(default_factory=list)
    """`key=value` texts that change settings."""


class ResumeRequest(Answer):
    """Go on with a stopped run."""

    kind: Literal["resume"]
    run: str


class HeadsRequest(Answer):
    """Score the heads of a stream model at all checkpoints."""

    kind: Literal["heads"]
    run: str


class FilmRequest(Answer):
    """Precompute a specification of the time machine at all checkpoints."""

    kind: Literal["film"]
    run: str
    split: SplitName = "test"
    index: Annotated[int, Field(ge=0)] = 0


Filmed = FilmRequest | HeadsRequest
"""What is computed in the server's own process."""
JobRequest = Annotated[StudyRequest | ResumeRequest | FilmRequest | HeadsRequest, Field(discriminator="kind")]


class Job(Answer):
    id: str
    kind: Literal["study", "resume", "film", "heads"]
    label: str
    state: State
    phase: str
    done: int
    total: int
    """0: the end is not known."""
    seconds_left: float | None
    values: dict[str, float | None]
    """Figures worth seeing: `loss`, `accuracy`, `tokens_per_second`."""
    problem: str | None
    started: float
    """In seconds since 1970."""
    ended: float | None
    run: str | None
    study: str | None


class Jobs(Answer):
    jobs: list[Job]


class Live(Answer):
    """What server-sent events carry: everything that is on its way at this moment."""

    runs: list[RunSummary]
    """Running ones, and those that have changed since the last event."""
    jobs: list[Job]
