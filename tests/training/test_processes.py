"""Several processes, one training."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from distributed_training import TRAINING
from training_toys import Copying, Mixer, accuracy, determined

from ontogeny.training import Trajectory, train
from ontogeny.training.processes import join


def test_a_single_process_is_the_first_of_one() -> None:
    among = join("cpu")
    assert (among.rank, among.size, among.first, among.device) == (0, 1, True, torch.device("cpu"))
    assert among.sum(2.5, True) == [2.5, 1]
    model = torch.nn.Linear(1, 1)
    assert among.spread(model) is model


@pytest.mark.slow
def test_two_processes_learn_what_one_learns_and_stop_together(tmp_path: Path) -> None:
    script = Path(__file__).with_name("distributed_training.py")
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    subprocess.run([*torchrun, str(script), str(tmp_path / "two")], check=True, timeout=120)
    two = Trajectory(tmp_path / "two")
    assert two.done
    assert (tmp_path / "two" / "stopped").exists()
    one = train(Mixer(), Copying(), TRAINING, seed=1, folder=tmp_path / "one", evaluate=accuracy)
    for (step, name, value), (other_step, other_name, other) in zip(determined(one), determined(two), strict=True):
        assert (step, name) == (other_step, other_name)
        assert value == pytest.approx(other, rel=1e-3, abs=0.02 if name == "accuracy" else 1e-6)
    for mine, theirs in zip(one.load(20).parameters(), two.load(20).parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=1e-4)
