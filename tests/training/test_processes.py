"""Several processes, one training."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from distributed_training import TRAINING, run
from training_toys import Copying, Mixer, accuracy, determined

from ontogeny.errors import Interrupted, UsageError
from ontogeny.training import Muon, Training, Trajectory, train
from ontogeny.training.processes import Processes, join
from ontogeny.training.sharding import check_sharding


def test_a_single_process_is_the_first_of_one() -> None:
    among = join("cpu")
    assert (among.rank, among.size, among.first, among.device) == (0, 1, True, torch.device("cpu"))
    assert among.sum(2.5, True) == [2.5, 1]
    model = torch.nn.Linear(1, 1)
    assert among.spread(model) is model


@pytest.fixture(scope="module")
def spread(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two processes made of the same training in several ways; `begun` was begun by this one alone."""
    folder = tmp_path_factory.mktemp("spread")
    with pytest.raises(Interrupted):
        run(folder / "begun", sharded=False)
    assert Trajectory(folder / "begun").checkpoints[-1].step == 10
    script = Path(__file__).with_name("distributed_training.py")
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    subprocess.run([*torchrun, str(script), str(folder)], check=True, timeout=300)
    return folder


def same_as_one_process(trajectory: Trajectory, folder: Path) -> None:
    one = train(Mixer(), Copying(), TRAINING, seed=1, folder=folder, evaluate=accuracy)
    assert trajectory.done
    assert (trajectory.folder / "stopped").exists()
    assert [checkpoint.step for checkpoint in trajectory.checkpoints] == [point.step for point in one.checkpoints]
    for (step, name, value), (other_step, other_name, other) in zip(
        determined(one), determined(trajectory), strict=True
    ):
        assert (step, name) == (other_step, other_name)
        assert value == pytest.approx(other, rel=1e-3, abs=0.02 if name == "accuracy" else 1e-6)
    for mine, theirs in zip(one.load(20).parameters(), trajectory.load(20).parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["replicated", "sharded", "begun"])
def test_two_processes_learn_what_one_learns_and_stop_together(spread: Path, tmp_path: Path, name: str) -> None:
    same_as_one_process(Trajectory(spread / name), tmp_path / "one")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["left", "left_sharded"])
def test_what_two_processes_left_one_finishes(spread: Path, tmp_path: Path, name: str) -> None:
    left = Trajectory(spread / name)
    assert not left.done
    assert [checkpoint.step for checkpoint in left.checkpoints][-1] == 10
    finished = train(Mixer(), Copying(), TRAINING, seed=1, folder=spread / name, evaluate=accuracy)
    same_as_one_process(finished, tmp_path / "one")


def test_what_cannot_be_sharded_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="torchrun --nproc-per-node"):
        train(Mixer(), Copying(), TRAINING, seed=1, folder=tmp_path / "one", sharded=True)
    two = Processes(0, 2, torch.device("cpu"))
    with pytest.raises(UsageError, match="expected adamw, given muon"):
        check_sharding(Training(steps=1, optimiser=Muon()), two)
    with pytest.raises(UsageError, match="set precision to fp32 or bf16"):
        check_sharding(Training(steps=1, precision="measure"), two)
    assert not (tmp_path / "one").exists()
