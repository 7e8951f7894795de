"""What a finished or unfinished run gives back."""

from pathlib import Path

import pytest
import torch
from training_toys import Copying, Mixer, accuracy, determined

from ontogeny.errors import DamagedFileError, OntogenyError, UsageError
from ontogeny.training import Run, Spacing, Training, Trajectory, train

TRAINING = Training(steps=12, batch=8, checkpoints=Spacing(every=5), metrics_every=4)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trajectory:
    return train(Mixer(), Copying(), TRAINING, seed=2, folder=tmp_path_factory.mktemp("run") / "r", evaluate=accuracy)


def test_it_knows_what_was_asked(trained: Trajectory) -> None:
    assert (trained.model_config, trained.world, trained.training, trained.seed) == (Mixer(), Copying(), TRAINING, 2)
    assert trained.done
    assert [checkpoint.step for checkpoint in trained.checkpoints] == [0, 1, 2, 4, 5, 10, 12]


def test_step_0_is_the_untrained_model(trained: Trajectory) -> None:
    built = Run(Mixer(), Copying(), TRAINING, 2).build()
    loaded = trained.load(0)
    assert not loaded.training
    assert all(torch.equal(a, b) for a, b in zip(built.parameters(), loaded.parameters(), strict=True))


def test_a_loaded_model_is_the_one_that_was_evaluated(trained: Trajectory) -> None:
    stored = {step: value for step, name, value in determined(trained) if name == "accuracy"}
    with torch.no_grad():
        assert {step: accuracy(trained.load(step), step)["accuracy"] for step in stored} == stored


def test_metrics_are_tidy(trained: Trajectory) -> None:
    rows = trained.metrics().to_pylist()
    assert [row["step"] for row in rows if row["name"] == "loss"] == [1, 4, 8, 12]
    assert {row["name"] for row in rows} == {
        "loss", "learning_rate", "gradient_norm", "samples_per_second", "tokens_per_second", "seconds", "accuracy"
    }  # fmt: skip


def test_an_unknown_step_lists_the_known_ones(trained: Trajectory) -> None:
    with pytest.raises(UsageError, match="no checkpoint at step 3; its checkpoints: 0, 1, 2, 4, 5, 10, 12"):
        trained.load(3)


def test_an_altered_checkpoint_is_not_loaded(tmp_path: Path) -> None:
    trajectory = train(Mixer(), Copying(), TRAINING, seed=2, folder=tmp_path / "run")
    path = trajectory.checkpoints[-1].path
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)
    with pytest.raises(DamagedFileError, match=r"00000012\.safetensors is damaged: .*remove .* and train again"):
        trajectory.load(12)
    trajectory.load(10)


def test_a_damaged_table_is_named(tmp_path: Path) -> None:
    trajectory = train(Mixer(), Copying(), TRAINING, seed=2, folder=tmp_path / "run")
    (trajectory.folder / "metrics.parquet").write_bytes(b"PAR1 no longer")
    with pytest.raises(DamagedFileError, match=r"metrics\.parquet is damaged"):
        trajectory.metrics()


def test_a_folder_without_a_run_is_said(tmp_path: Path) -> None:
    with pytest.raises(OntogenyError, match="is not a run"):
        Trajectory(tmp_path)


def test_no_pickle_is_stored_or_read(trained: Trajectory) -> None:
    names = {path.suffix or path.name for path in trained.folder.rglob("*") if path.is_file()}
    assert names == {".yaml", ".json", ".parquet", ".safetensors", "SHA256SUMS", "DONE", ".lock"}
