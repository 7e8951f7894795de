import numpy as np
import pytest

import toy_study
from ontogeny.errors import UsageError
from ontogeny.lab.lab import Lab
from ontogeny.lab.seeds import train_seeds
from ontogeny.training import Training

MODEL, WORLD = toy_study.Settings().model, toy_study.Settings().world


def test_each_seed_has_its_trajectory_in_the_order_asked(tmp_path):
    runs = train_seeds(MODEL, WORLD, steps=2, seeds=[3, 1], store=tmp_path, workers=1)
    assert [run.seed for run in runs] == [3, 1]
    assert all(run.done and run.training.steps == 2 for run in runs)
    again = train_seeds(MODEL, WORLD, Training(steps=2), seeds=[1], store=tmp_path)
    assert again[0].folder == runs[1].folder


def test_seeds_may_be_numbers_of_numpy(tmp_path, unchecked):
    (run,) = train_seeds(MODEL, WORLD, steps=2, seeds=np.arange(1), store=tmp_path, workers=1)
    assert type(run.seed) is int
    assert Lab(tmp_path).train("models", MODEL, WORLD, Training(steps=2), np.int64(0)).folder == run.folder
    with pytest.raises(UsageError, match=r"seed: expected a whole number, given 0\.5"):
        Lab(tmp_path).train("models", MODEL, WORLD, Training(steps=2), 0.5)


def test_either_steps_or_all_settings(tmp_path):
    for given in ({}, {"steps": 2, "training": Training(steps=2)}):
        with pytest.raises(UsageError, match="expected one of training=Training"):
            train_seeds(MODEL, WORLD, store=tmp_path, **given)
