import pytest

import toy_study
from ontogeny.errors import UsageError
from ontogeny.lab.seeds import train_seeds
from ontogeny.training import Training

MODEL, WORLD = toy_study.Settings().model, toy_study.Settings().world


def test_each_seed_has_its_trajectory_in_the_order_asked(tmp_path):
    runs = train_seeds(MODEL, WORLD, steps=2, seeds=[3, 1], store=tmp_path, workers=1)
    assert [run.seed for run in runs] == [3, 1]
    assert all(run.done and run.training.steps == 2 for run in runs)
    again = train_seeds(MODEL, WORLD, Training(steps=2), seeds=[1], store=tmp_path)
    assert again[0].folder == runs[1].folder


def test_either_steps_or_all_settings(tmp_path):
    for given in ({}, {"steps": 2, "training": Training(steps=2)}):
        with pytest.raises(UsageError, match="expected one of training=Training"):
            train_seeds(MODEL, WORLD, store=tmp_path, **given)
