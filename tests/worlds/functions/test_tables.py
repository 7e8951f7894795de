"""Examples from tables and clusters: the right rows, of the right split, on the right scale."""

import sys

import numpy as np
import pytest
from sklearn import datasets
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from ontogeny.errors import UsageError
from ontogeny.randomness import generator
from ontogeny.worlds import Clusters, Table
from ontogeny.worlds.functions.tables import Source

IRIS = Table(name="iris", held_out=1.0)


def drawn(source, classes, split="test", seed=0):
    return source.sample(generator("tables", 0), classes, seed, split)


def some(source, size=40, examples=20):
    return generator("classes", 0).integers(source.classes, size=(size, examples))


@pytest.mark.parametrize("name", ["digits", "iris", "wine", "breast_cancer"])
def test_sizes_are_those_of_the_tables_and_all_classes_can_be_asked_for(name):
    table = Table(name=name)
    columns, classes = getattr(datasets, f"load_{name}")(return_X_y=True)
    assert isinstance(table, Source)
    assert table.classes == len(np.unique(classes))
    assert table.components == min(16, columns.shape[1])
    inputs = drawn(table, some(table), "train")
    assert inputs.shape == (40, 20, table.components)
    assert np.square(inputs).mean() == pytest.approx(1, abs=0.15)


def test_a_row_is_its_principal_components_and_of_the_class_asked_for():
    columns, classes = datasets.load_iris(return_X_y=True)
    expected = PCA().fit_transform(StandardScaler().fit_transform(columns))
    expected /= np.sqrt(np.square(expected).mean())
    asked = some(IRIS)
    given = drawn(IRIS, asked)
    for inputs, label in zip(given.reshape(-1, 4), asked.ravel(), strict=True):
        away = np.abs(np.abs(inputs) - np.abs(expected[classes == label])).max(axis=1)
        assert away.min() < 1e-6


def rows(inputs):
    return {tuple(row) for row in inputs.reshape(-1, inputs.shape[-1]).round(9).tolist()}


def test_what_is_held_out_is_never_trained_on():
    table = Table(name="wine", held_out=0.4)
    asked = some(table, size=200)
    train, test, probe = (rows(drawn(table, asked, split)) for split in ("train", "test", "probe"))
    assert test == probe
    assert not train & test
    assert (len(train), len(test)) == (107, 71)
    assert rows(drawn(table, asked, "train", seed=1)) != train


def test_no_row_comes_twice_before_all_of_its_class_have_been_shown():
    once = drawn(IRIS, np.zeros((3, 50), dtype=int))
    assert all(len(rows(episode)) == 50 for episode in once)
    twice = drawn(IRIS, np.zeros((3, 100), dtype=int))
    np.testing.assert_array_equal(twice[:, :50], twice[:, 50:])
    assert not np.array_equal(once[0], once[1])


def test_clusters_have_the_variance_that_they_should():
    clusters = Clusters(classes=3, components=8, between=0.25)
    inputs = drawn(clusters, np.zeros((500, 40), dtype=int))
    assert inputs.var() == pytest.approx(1, abs=0.05)
    assert inputs.mean(axis=1).var() == pytest.approx(0.25 + 0.75 / 40, abs=0.02)
    two = drawn(clusters, np.tile([0, 1], (500, 20)))
    apart = two[:, ::2].mean(axis=1) - two[:, 1::2].mean(axis=1)
    assert np.square(apart).mean() == pytest.approx(2 * (0.25 + 0.75 / 20), rel=0.05)


def test_a_share_that_leaves_a_class_out_is_refused():
    with pytest.raises(UsageError, match=r"held_out = 0.01 leaves 2 of 178 rows of wine .* expected rows of all 3"):
        drawn(Table(name="wine", held_out=0.01), np.zeros((1, 1), dtype=int))
    with pytest.raises(UsageError, match="held_out = 1 leaves 0 of 150 rows of iris"):
        drawn(IRIS, np.zeros((1, 1), dtype=int), "train")


def test_without_scikit_learn_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(UsageError, match=r"pip install 'ontogeny\[tables\]'"):
        drawn(Table(name="iris", held_out=0.123), np.zeros((1, 1), dtype=int))


def test_a_row_can_be_its_first_columns_standardised():
    columns, classes = datasets.load_wine(return_X_y=True)
    expected = StandardScaler().fit_transform(columns)[:, :6]
    table = Table(name="wine", most=6, held_out=1.0, form="columns")
    asked = some(table)
    for inputs, label in zip(drawn(table, asked).reshape(-1, 6), asked.ravel(), strict=True):
        assert np.abs(inputs - expected[classes == label]).max(axis=1).min() < 1e-9
