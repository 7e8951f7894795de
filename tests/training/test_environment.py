"""What a training ran on."""

import json
from pathlib import Path

import pytest
import torch
from training_toys import Copying, Mixer

from ontogeny.errors import DamagedFileError
from ontogeny.training import Training, train
from ontogeny.training.environment import read_environment


def test_versions_threads_and_precision_are_recorded(tmp_path: Path) -> None:
    train(Mixer(), Copying(), Training(steps=2, batch=4), seed=0, folder=tmp_path / "run", device="cpu")
    environment = read_environment(tmp_path / "run")
    assert environment["precision"] == "fp32"
    [start] = environment["starts"]
    assert start["packages"]["torch"] == torch.__version__
    assert (start["step"], start["threads"], start["device"], start["processes"]) == (0, 1, "cpu", 1)
    assert start["cpu"]


def test_damage_is_named(tmp_path: Path) -> None:
    (tmp_path / "environment.json").write_text(json.dumps({"precision": "bf16"})[:-1])
    with pytest.raises(DamagedFileError, match=r"environment\.json is damaged"):
        read_environment(tmp_path)
