"""Runs: what was asked, where they stand, what they wrote down."""

from typing import Literal

from pydantic import Field

from ontogeny.explorer.answers.common import Answer, Cell, Plain

Status = Literal["done", "running", "stopped", "failed", "damaged"]
"""`stopped`: unfinished, and no process is writing it; it goes on when it is asked for again."""


class Use(Answer):
    """A seed of a study that rests on the run."""

    study: str
    preset: str
    arm: str
    seed: int


class RunSummary(Answer):
    """A run as a row of a table."""

    id: str
    """`name/hash`; part of every address below /api/runs/."""
    name: str
    hash: str
    status: Status
    problem: str | None
    """Why it failed or cannot be read."""
    seed: int | None
    step: int
    steps: int
    world: str | None
    """The kind of its world: `karel`."""
    model: str | None
    """In a few words: `transformer, 4 layers, width 128`."""
    checkpoints: int
    latest: dict[str, float | None]
    """The newest value of each metric: `loss`, `accuracy`, ..."""
    seconds: float | None
    """Time spent on training so far."""
    seconds_left: float | None
    """An estimate, while it is running."""
    updated: float
    """When it was last written to, in seconds since 1970."""
    used_by: list[Use] = Field(default_factory=list)


class Runs(Answer):
    runs: list[RunSummary]
    total: int
    matching: int


class CheckpointInfo(Answer):
    step: int
    bytes: int
    sha256: str


class MetricInfo(Answer):
    name: str
    points: int


class MeasurementInfo(Answer):
    """A cached table of measurements, as its own metadata describe it."""

    name: str
    id: str
    tables: list[str]
    bytes: int


class Abilities(Answer):
    """What can be done with the run here."""

    time_machine: bool
    inspect: bool
    resume: bool
    stop: bool


class RunPage(RunSummary):
    config: Plain
    environment: Plain
    checkpoint_list: list[CheckpointInfo]
    metrics: list[MetricInfo]
    measurements: list[MeasurementInfo]
    abilities: Abilities


class Series(Answer):
    """One metric over steps; where there are more points than asked for, the extremes of each stretch are kept."""

    name: str
    steps: list[int]
    values: list[float | None]
    points: int
    """Points stored."""


class Metrics(Answer):
    run: str
    series: list[Series]


class Difference(Answer):
    setting: str
    """As in `training.steps`."""
    left: Cell | list | dict
    right: Cell | list | dict


class Comparison(Answer):
    """In which settings two runs differ."""

    left: str
    right: str
    differences: list[Difference]
    same: int
    """How many settings are equal."""
