"""Write-only sinks for the metrics of trainings: TensorBoard, Weights & Biases, MLflow. Nothing is read back.

The run store stays the truth: a sink sees each row of metrics as it is written there, and may fail without harm.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ontogeny.errors import UsageError, unknown_name
from ontogeny.lazy import optional

if TYPE_CHECKING:
    from ontogeny.training import Run

Track = Callable[[int, Mapping[str, float]], None]
"""Takes the step and the named values of one row of metrics."""


def prepare(sinks: Sequence[str]) -> list[str]:
    """The sinks (`kind:place`) with absolute places, each known to be installed.

    Raises `UsageError` for a kind that does not exist, a place that is missing, or an extra that is not installed.
    """
    prepared = []
    for sink in sinks:
        kind, separator, place = sink.partition(":")
        if kind not in _KINDS:
            raise unknown_name("tracker", kind, _KINDS)
        if not separator or not place:
            raise UsageError(f"--track {sink!r}: expected kind:place, as in tensorboard:logs or mlflow:metrics.db")
        module, _ = _KINDS[kind]
        optional(module, kind)
        prepared.append(f"{kind}:{place if '://' in place else Path(place).absolute()}")
        if kind == "mlflow":
            _mlflow_client(prepared[-1].partition(":")[2])  # lays out the tables once, before workers share them
    return prepared


@contextmanager
def tracking(sinks: Sequence[str], name: str, run: "Run", remark: Callable[[str], None]) -> Iterator[Track]:
    """One function that passes each row on to all sinks while the block runs.

    A sink that fails, at whatever moment, is left out from then on and told of once, by `remark`.
    """
    with ExitStack() as opened:
        tracks = {sink: opened.enter_context(_guarded(sink, name, run, remark)) for sink in sinks}

        def track(step: int, values: Mapping[str, float]) -> None:
            for one in tracks.values():
                one(step, values)

        yield track


@contextmanager
def _guarded(sink: str, name: str, run: "Run", remark: Callable[[str], None]) -> Iterator[Track]:
    kind, _, place = sink.partition(":")
    failed = False

    def attempt(action: Callable[[], Any]) -> Any:
        nonlocal failed
        try:
            return None if failed else action()
        except Exception as error:  # whatever a tracker does, the training is worth more
            failed = True
            remark(f"{sink} failed ({type(error).__name__}: {error}); training goes on, its metrics are in the store")

    sinking = _KINDS[kind][1](place, name, run)
    add = attempt(sinking.__enter__)
    try:
        yield lambda step, values: attempt(lambda: add(step, values))
    finally:
        attempt(lambda: sinking.__exit__(None, None, None))


@contextmanager
def _tensorboard(place: str, name: str, run: "Run") -> Iterator[Track]:
    """Event files in `place/name/hash`; the run's configuration as a text beside them."""
    import yaml

    board = optional("torch.utils.tensorboard", "tensorboard").SummaryWriter(str(Path(place, name, run.hash)))
    board.add_text("configuration", f"```\n{yaml.safe_dump(run.plain(), sort_keys=False)}\n```")

    def add(step: int, values: Mapping[str, float]) -> None:
        for key, value in values.items():
            board.add_scalar(key, value, step)

    yield add
    board.close()


@contextmanager
def _wandb(place: str, name: str, run: "Run") -> Iterator[Track]:
    """An offline run below `place`, for `wandb sync`; the environment variable WANDB_MODE says otherwise."""
    wandb = optional("wandb", "wandb")
    Path(place).mkdir(parents=True, exist_ok=True)
    mode = os.environ.get("WANDB_MODE", "offline")
    settings = wandb.Settings(console="off", silent=True)
    sink = wandb.init(dir=place, project=name, name=run.hash, mode=mode, config=run.plain(), settings=settings)
    yield lambda step, values: sink.log(dict(values), step=step)
    sink.finish()


@contextmanager
def _mlflow(place: str, name: str, run: "Run") -> Iterator[Track]:
    """A run in the experiment `name` of an SQLite file (or of a tracking server, by its address)."""
    entities = optional("mlflow.entities", "mlflow")
    client = _mlflow_client(place)
    experiment = client.get_experiment_by_name(name)
    number = experiment.experiment_id if experiment else client.create_experiment(name)
    sink = client.create_run(number, run_name=run.hash).info.run_id
    for key, value in _flat(run.plain()):
        client.log_param(sink, key, value)

    def add(step: int, values: Mapping[str, float]) -> None:
        now = round(1000 * time.time())
        client.log_batch(sink, [entities.Metric(key, value, now, step) for key, value in values.items()])

    yield add
    client.set_terminated(sink)


def _mlflow_client(place: str) -> Any:
    optional("sqlalchemy", "mlflow")
    uri = place if "://" in place else f"sqlite:///{place}"
    return optional("mlflow.tracking", "mlflow").MlflowClient(uri)


def _flat(plain: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in plain.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


_KINDS: dict[str, tuple[str, Callable[[str, str, "Run"], Any]]] = {
    "tensorboard": ("torch.utils.tensorboard", _tensorboard),
    "wandb": ("wandb", _wandb),
    "mlflow": ("mlflow.tracking", _mlflow),
}
"""The module of each, which its extra of the same name installs, and how it is opened."""
