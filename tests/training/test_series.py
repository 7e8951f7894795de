"""Folders of other people's models as a trajectory."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from training_toys import Copying, Mixer

from ontogeny.errors import DamagedFileError, OntogenyError, UsageError
from ontogeny.instruments.capture import capture, residual_names
from ontogeny.lab.lab import Lab
from ontogeny.models import Transformer
from ontogeny.models.huggingface import save
from ontogeny.training import Series, Spacing, Training, Trajectory, open_trajectory, train

CONFIG = Transformer(layers=2, width=16, heads=2, mlp=24, rotary_style="half_split")


def write(folder: Path, seed: int, config: Transformer = CONFIG) -> Path:
    save(config.build(vocab=7, feature_size=0, length=8, seed=seed), folder, "gpt_neox")
    return folder


@pytest.fixture
def series(tmp_path: Path) -> Path:
    for seed, step in enumerate((1000, 0, 64)):
        write(tmp_path / "series" / f"step{step}", seed)
    (tmp_path / "series" / "notes").mkdir()
    return tmp_path / "series"


def test_a_series_offers_what_a_trajectory_does(series: Path) -> None:
    found = Series(series)
    assert [checkpoint.step for checkpoint in found.checkpoints] == [0, 64, 1000]
    assert len({checkpoint.sha256 for checkpoint in found.checkpoints}) == 3
    assert (found.done, found.model_config.layers, found.metrics().num_rows, found.repeated) == (True, 2, 0, [])
    model = found.load(64)
    expected = CONFIG.build(vocab=7, feature_size=0, length=8, seed=2)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), expected.parameters(), strict=True))
    tokens = np.arange(14).reshape(2, 7) % 7
    hidden = capture(model, tokens, None, residual_names(model))
    assert hidden["layers.1.residual_out"].shape == (2, 7, 16)


def test_measurements_are_kept_as_for_any_trajectory(series: Path, tmp_path: Path) -> None:
    calls = []

    def measure():
        import pyarrow as pa

        calls.append(1)
        return pa.table({"step": [checkpoint.step for checkpoint in Series(series).checkpoints]})

    lab = Lab(tmp_path / "store")
    for _ in range(2):
        assert lab.measure(Series(series), "steps", CONFIG, measure)["step"].to_pylist() == [0, 64, 1000]  # type: ignore[arg-type]
    assert len(calls) == 1


def test_neighbours_with_the_same_weights_are_named(series: Path) -> None:
    shutil.rmtree(series / "step64")
    shutil.copytree(series / "step1000", series / "step64")
    with pytest.raises(OntogenyError, match=r"the same weights at steps 64 and 1000: .*repeats=True"):
        Series(series)
    assert Series(series, repeats=True).repeated == [(64, 1000)]


def test_one_folder_is_a_series_of_one(series: Path) -> None:
    assert [checkpoint.step for checkpoint in Series(series / "step64").checkpoints] == [64]
    shutil.move(series / "step64", series / "final")
    assert [checkpoint.step for checkpoint in Series(series / "final").checkpoints] == [0]


def test_what_does_not_belong_together_is_named(series: Path) -> None:
    write(series / "step-2000", 0, Transformer(layers=1, width=16, heads=2, mlp=24))
    with pytest.raises(UsageError, match=r"step-2000 holds another model than .*step0"):
        Series(series)
    shutil.rmtree(series / "step-2000")
    write(series / "checkpoint-64", 5)
    with pytest.raises(UsageError, match=r"checkpoint-64 and .*step64 are both step 64"):
        Series(series)


def test_what_is_not_there_is_said(series: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no checkpoint at step 5; its checkpoints: 0, 64, 1000"):
        Series(series).load(5)
    with pytest.raises(UsageError, match="was not trained here"):
        _ = Series(series).world
    for empty in (tmp_path / "nowhere", series / "notes"):
        with pytest.raises(OntogenyError, match="holds no model: expected a run"):
            open_trajectory(empty)


def test_weights_that_change_under_a_series_are_not_loaded(series: Path) -> None:
    found = Series(series)
    shutil.copy(series / "step0" / "model.safetensors", series / "step64" / "model.safetensors")
    with pytest.raises(DamagedFileError, match="step64 has changed since this series was opened"):
        found.load(64)


def test_a_run_of_ours_is_opened_as_one(series: Path, tmp_path: Path) -> None:
    training = Training(steps=2, batch=4, checkpoints=Spacing(every=2))
    train(Mixer(), Copying(), training, seed=0, folder=tmp_path / "run")
    assert isinstance(open_trajectory(tmp_path / "run"), Trajectory)
    assert isinstance(open_trajectory(series), Series)
