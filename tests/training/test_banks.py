"""Many models as one tensor: each learns as if alone, and a stopped training goes on to the same bits."""

import numpy as np
import pytest
import torch

from ontogeny.errors import OntogenyError, UsageError
from ontogeny.models import Perceptrons
from ontogeny.training import SGD, AdamW, Constant, Spacing, Training, train
from ontogeny.worlds import SparseFeatures, SparseParity, Teacher

TOY = Perceptrons(models=3, hidden=(2,), activation="linear", output="relu", biases="output", tied=True)
DENSITIES = (1.0, 0.5, 0.1)
SHORT = Training(steps=30, batch=64, clip=None, schedule=Constant(), checkpoints=Spacing(every=10), metrics_every=5)


def final(trajectory) -> dict[str, torch.Tensor]:
    return trajectory.load(trajectory.checkpoints[-1].step).state_dict()


@pytest.mark.parametrize(
    "optimiser", [AdamW(lr=0.01), SGD(lr=0.1, momentum=0.5, weight_decay=0.01)], ids=["adamw", "sgd"]
)
def test_a_model_learns_as_if_alone(tmp_path, optimiser):
    settings = Training(**{**vars(SHORT), "optimiser": optimiser})
    together = final(train(TOY, SparseFeatures(densities=DENSITIES), settings, seed=0, folder=tmp_path / "all"))
    alone = Perceptrons(**{**vars(TOY), "models": 1})
    single = final(train(alone, SparseFeatures(densities=DENSITIES[:1]), settings, seed=0, folder=tmp_path / "one"))
    for name, value in single.items():
        torch.testing.assert_close(together[name][:1], value, rtol=1e-4, atol=1e-5)
    start = TOY.build(vocab=5, feature_size=5, length=1, seed=0).state_dict()
    assert all((together[name] != start[name]).flatten(1).any(1).all() for name in start)


def test_the_stored_run_is_the_same_value_and_its_checkpoints_load(tmp_path):
    world = SparseParity(bits=6, degree=2, shown="vectors", models=4)
    model = Perceptrons(models=4, hidden=(8,), loss="hinge", initial="uniform")
    trajectory = train(model, world, SHORT, seed=3, folder=tmp_path / "run")
    assert (trajectory.model_config, trajectory.world) == (model, world)
    assert [checkpoint.step for checkpoint in trajectory.checkpoints] == [0, 1, 2, 4, 8, 10, 20, 30]
    untrained = trajectory.load(0).state_dict()
    torch.testing.assert_close(untrained, trajectory.run.build().state_dict(), rtol=0, atol=0)


@pytest.mark.parametrize("optimiser", [AdamW(lr=0.01), SGD(lr=0.1, momentum=0.9)], ids=["adamw", "sgd"])
def test_a_stopped_training_goes_on_to_the_same_bits(tmp_path, optimiser):
    settings = Training(**{**vars(SHORT), "optimiser": optimiser})
    world = SparseFeatures(densities=DENSITIES)

    def stop(model: torch.nn.Module, step: int) -> dict[str, float]:
        if step == 20 and not (tmp_path / "stopped.txt").exists():
            (tmp_path / "stopped.txt").touch()
            raise RuntimeError("power cut")
        return {}

    with pytest.raises(RuntimeError, match="power cut"):
        train(TOY, world, settings, seed=0, folder=tmp_path / "run", evaluate=stop)
    resumed = train(TOY, world, settings, seed=0, folder=tmp_path / "run", evaluate=stop)
    straight = train(TOY, world, settings, seed=0, folder=tmp_path / "straight")
    assert [c.sha256 for c in resumed.checkpoints] == [c.sha256 for c in straight.checkpoints]


def test_a_model_that_diverges_does_not_take_the_others_with_it(tmp_path):
    rates = Perceptrons(models=2, hidden=(8, 8), activation="linear", biases="none", rates=(1.0, 1e4))
    settings = Training(**{**vars(SHORT), "steps": 200, "batch": 16, "optimiser": SGD(lr=1e-3)})
    trajectory = train(rates, Teacher(), settings, seed=0, folder=tmp_path / "run")
    metrics = trajectory.metrics().filter(
        np.array([name == "loss" for name in trajectory.metrics()["name"].to_pylist()])
    )
    assert metrics["value"][-1].as_py() < metrics["value"][0].as_py()
    assert all(value.isfinite().all() for value in final(trajectory).values())


def test_a_bank_in_which_all_diverge_fails_as_a_single_model_does(tmp_path):
    rates = Perceptrons(models=2, hidden=(8, 8), activation="linear", biases="none", rates=(1e4, 1e4))
    settings = Training(**{**vars(SHORT), "steps": 200, "batch": 16, "optimiser": SGD(lr=1e-3)})
    with pytest.raises(OntogenyError, match="the loss is nan"):
        train(rates, Teacher(), settings, seed=0, folder=tmp_path / "run")


def test_clipping_would_couple_the_models(tmp_path):
    with pytest.raises(UsageError, match=r"clip=None, given .*clip=1.0"):
        train(TOY, SparseFeatures(densities=DENSITIES), Training(steps=3, batch=8), seed=0, folder=tmp_path / "run")
