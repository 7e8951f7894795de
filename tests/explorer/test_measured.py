import os

import pyarrow as pa
import pytest

from ontogeny.explorer.measured import Measured
from ontogeny.lab.measurements import MEASUREMENTS
from ontogeny.training import Training, Trajectory

SETTINGS = Training(steps=1)
TABLES = {"one": pa.table({"x": [1.0]})}


def never():
    raise AssertionError("it was made before")


def test_what_was_made_is_found_by_another_server(folder):
    checkpoint = Trajectory(folder).checkpoints[0]
    assert Measured().find(folder, checkpoint, "name", SETTINGS) is None
    Measured().get(folder, checkpoint, "name", SETTINGS, lambda: TABLES)
    assert Measured().get(folder, checkpoint, "name", SETTINGS, never)["one"].equals(TABLES["one"])
    assert Measured().find(folder, Trajectory(folder).checkpoints[1], "name", SETTINGS) is None


def test_a_damaged_one_is_made_again(folder):
    checkpoint = Trajectory(folder).checkpoints[0]
    Measured().get(folder, checkpoint, "name", SETTINGS, lambda: TABLES)
    (path,) = (folder / MEASUREMENTS).glob("*/one.parquet")
    path.write_bytes(b"nothing")
    assert Measured().get(folder, checkpoint, "name", SETTINGS, lambda: TABLES) is TABLES


def test_a_store_that_cannot_be_written_is_served_from_memory(folder, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("read-only")

    monkeypatch.setattr(os, "rename", refuse)
    monkeypatch.setattr("pathlib.Path.mkdir", refuse)
    measured, checkpoint = Measured(), Trajectory(folder).checkpoints[0]
    measured.get(folder, checkpoint, "name", SETTINGS, lambda: TABLES)
    assert measured.get(folder, checkpoint, "name", SETTINGS, never) is TABLES
    monkeypatch.undo()
    with pytest.raises(AssertionError):
        Measured().get(folder, checkpoint, "name", SETTINGS, never)
