"""Each sink is read back with its own package: what was stored is what arrived."""

import math
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import toy_study
from ontogeny.errors import UsageError
from ontogeny.lab import trackers
from ontogeny.lab.lab import Lab
from ontogeny.lab.trackers import prepare
from ontogeny.training import Trajectory

SETTINGS = toy_study.Settings()


def train(store: Path, sinks: list[str]) -> tuple[Trajectory, list[str]]:
    """The toy's trajectory, evaluated at every checkpoint, and what was remarked."""
    notices = []
    lab = Lab(store, notify=notices.append, sinks=prepare(sinks))
    run = lab.train(
        "toy", SETTINGS.model, SETTINGS.world, SETTINGS.training, 0, evaluate=lambda model, step: {"twice": 2.0 * step}
    )
    return run, [notice.remark for notice in notices if notice.remark]


def stored(run: Trajectory) -> dict[tuple[str, int], float]:
    return {(row["name"], row["step"]): row["value"] for row in run.metrics().to_pylist()}


def same(arrived: dict, run: Trajectory, precision: float = 1e-12) -> bool:
    expected = stored(run)
    assert {("loss", 4), ("twice", 0), ("twice", 4), ("learning_rate", 1)} <= set(expected)
    return arrived.keys() == expected.keys() and all(
        math.isclose(arrived[key], expected[key], rel_tol=precision) for key in expected
    )


def wandb_records(data: bytes) -> Iterator[bytes]:
    """The records of a W&B file: 7 bytes of its own, then LevelDB's log format, in blocks of 32 KiB.

    A record is cut into parts, each with a header of checksum (4 bytes), length (2) and kind (1: whole, 2: first,
    3: middle, 4: last); https://github.com/google/leveldb/blob/main/doc/log_format.md
    """
    block, header, place, whole = 32 * 1024, 7, 7, b""
    while place + header <= len(data):
        if block - place % block < header:
            place += block - place % block
            continue
        _, length, kind = struct.unpack("<IHB", data[place : place + header])
        whole += data[place + header : place + header + length]
        place += header + length
        if kind in (1, 4):
            yield whole
            whole = b""


@pytest.mark.slow
def test_tensorboard_gets_every_row(tmp_path):
    pytest.importorskip("tensorboard", reason="needs the extra [tensorboard]")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run, remarks = train(tmp_path / "runs", [f"tensorboard:{tmp_path / 'logs'}"])
    events = EventAccumulator(str(tmp_path / "logs" / "toy" / run.run.hash)).Reload()
    arrived = {(tag, event.step): event.value for tag in events.Tags()["scalars"] for event in events.Scalars(tag)}
    assert remarks == []
    assert same(arrived, run, precision=1e-6)  # event files hold single precision


@pytest.mark.slow
def test_mlflow_gets_every_row_and_the_configuration(tmp_path):
    pytest.importorskip("mlflow", reason="needs the extra [mlflow]")
    from mlflow.tracking import MlflowClient

    run, remarks = train(tmp_path / "runs", [f"mlflow:{tmp_path / 'metrics.db'}"])
    client = MlflowClient(f"sqlite:///{tmp_path / 'metrics.db'}")
    (sink,) = client.search_runs([client.get_experiment_by_name("toy").experiment_id])
    names = {name for name, _ in stored(run)}
    arrived = {
        (name, one.step): one.value for name in names for one in client.get_metric_history(sink.info.run_id, name)
    }
    assert same(arrived, run)
    assert (sink.info.run_name, sink.info.status) == (run.run.hash, "FINISHED")
    assert sink.data.params["model.width"] == "8"
    assert remarks == []


@pytest.mark.slow
def test_wandb_gets_every_row_offline(tmp_path, monkeypatch):
    pytest.importorskip("wandb", reason="needs the extra [wandb]")
    import json

    from wandb.proto.wandb_internal_pb2 import Record

    monkeypatch.delenv("WANDB_MODE", raising=False)
    run, remarks = train(tmp_path / "runs", [f"wandb:{tmp_path / 'sink'}"])
    (file,) = (tmp_path / "sink").rglob("*.wandb")
    records, deadline = [], time.monotonic() + 60
    while not (records and records[-1].HasField("exit")) and time.monotonic() < deadline:
        time.sleep(0.1)  # its own process still writes
        records = [Record.FromString(data) for data in wandb_records(file.read_bytes())]
    arrived = {}
    for record in records:
        items = {item.key or item.nested_key[0]: item.value_json for item in record.history.item}
        values = {key: json.loads(value) for key, value in items.items()}
        arrived |= {(key, values["_step"]): value for key, value in values.items() if not key.startswith("_")}
    assert remarks == []
    assert same(arrived, run)


def test_a_sink_that_fails_says_so_once_and_stops_nothing(tmp_path, monkeypatch):
    from contextlib import contextmanager

    seen = []

    @contextmanager
    def failing(place, name, run):
        def add(step, values):
            seen.append(step)
            if len(seen) == 2:
                raise OSError("the server is gone")

        yield add

    @contextmanager
    def absent(place, name, run):
        raise ConnectionError("nobody answers")
        yield

    monkeypatch.setitem(trackers._KINDS, "failing", ("json", failing))
    monkeypatch.setitem(trackers._KINDS, "absent", ("json", absent))
    run, remarks = train(tmp_path, ["failing:there", "absent:there"])
    assert run.done
    assert len(seen) == 2
    assert sorted(remark.split(" failed ")[0].split(":")[0] for remark in remarks) == ["absent", "failing"]
    assert "the server is gone" in " ".join(remarks)
    assert "training goes on" in remarks[0]


def test_a_sink_that_cannot_be_is_an_error_before_anything_runs(monkeypatch):
    with pytest.raises(UsageError, match="did you mean 'tensorboard'"):
        prepare(["tensorbord:logs"])
    with pytest.raises(UsageError, match="expected kind:place"):
        prepare(["tensorboard"])
    monkeypatch.setitem(trackers._KINDS, "wandb", ("no_such_wandb", trackers._wandb))
    with pytest.raises(UsageError, match=r"pip install 'ontogeny\[wandb\]'"):
        prepare(["wandb:logs"])
