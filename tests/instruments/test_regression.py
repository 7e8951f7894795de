"""Reading numbers: against scikit-learn, on targets that are there and that are not."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from ontogeny.errors import UsageError
from ontogeny.instruments.probes import split_by_sequence
from ontogeny.instruments.regression import read_numbers

SAMPLES = 1500


@pytest.fixture
def hidden():
    return np.random.default_rng(0).normal(size=(SAMPLES, 6))


@pytest.fixture
def splits():
    return split_by_sequence(np.arange(SAMPLES), 0)


def read(hidden, targets, splits, **settings):
    return read_numbers(hidden, {"y": targets}, splits, **settings)["y"]


def test_it_is_ridge_regression_on_standardised_features(hidden, splits):
    random = np.random.default_rng(1)
    hidden = hidden * [1, 2, 3, 4, 5, 6] + 7
    targets = hidden[:, :2] + 0.5 * random.normal(size=(SAMPLES, 2))
    train, test = hidden[splits.train], hidden[splits.test]
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    fitted = Ridge(alpha=0.3 * len(train)).fit((train - mean) / deviation, targets[splits.train])
    left = fitted.predict((test - mean) / deviation) - targets[splits.test]
    whole = targets[splits.test] - targets[splits.train].mean(axis=0)
    found = read(hidden, targets, splits, penalties=[0.3])
    assert found.test == pytest.approx(1 - (left**2).sum() / (whole**2).sum(), abs=1e-9)


def test_what_is_linear_is_read_and_what_is_not_there_is_not(hidden, splits):
    there = hidden @ np.random.default_rng(2).normal(size=(6, 3))
    assert read(hidden, there, splits).test > 0.999
    assert read(hidden, there[np.random.default_rng(3).permutation(SAMPLES)], splits).test < 0.01


def test_random_features_read_what_is_bent(hidden, splits):
    products = hidden[:, :1] * hidden[:, 1:2]
    assert read(hidden, products, splits).test < 0.05
    bent = read(hidden, products, splits, neurons=300)
    assert bent.test > 0.7
    assert bent == read(hidden, products, splits, neurons=300)
    assert bent != read(hidden, products, splits, neurons=300, seed=1)


def test_targets_are_read_each_by_itself(hidden, splits):
    targets = {"there": hidden[:, :2], "bent": hidden[:, :1] ** 2}
    found = read_numbers(hidden, targets, splits)
    assert found == {name: read(hidden, wanted, splits) for name, wanted in targets.items()}


def test_the_penalty_is_chosen_on_the_validation_samples(hidden, splits):
    targets = hidden[:, :1] + 3 * np.random.default_rng(4).normal(size=(SAMPLES, 1))
    each = [read(hidden, targets, splits, penalties=[penalty]) for penalty in (1e-4, 0.1, 10.0)]
    best = read(hidden, targets, splits, penalties=[1e-4, 0.1, 10.0])
    assert best == max(each, key=lambda explained: explained.validation)


def test_other_shapes_are_refused(hidden, splits, unchecked):
    with pytest.raises(UsageError, match=f"y: .* given 3, {SAMPLES} and {SAMPLES}"):
        read(hidden, np.zeros((3, 1)), splits)
