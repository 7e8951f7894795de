import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.linear_model import Ridge as SklearnRidge

from ontogeny.configuration import from_plain, to_plain
from ontogeny.errors import OntogenyError, UsageError
from ontogeny.instruments import (
    ConvergenceError,
    Logistic,
    Perceptron,
    Ridge,
    decode,
    fit_linear,
    probe_scores,
    split_by_sequence,
)
from ontogeny.instruments.probes import PROBES, score_task, stacks
from ontogeny.randomness import generator
from ontogeny.worlds.world import IGNORE

SEQUENCES, STEPS, WIDTH = 300, 5, 24
IDS = np.repeat(np.arange(SEQUENCES), STEPS)
SPLITS = split_by_sequence(IDS, 0)
QUICK = [Ridge(), Logistic(), Perceptron(hidden=(32,), batch=128)]


def planted(classes: int = 4, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Hidden states in which a label is linearly present, on badly scaled axes: [sample, width], [1, sample]."""
    random = generator(seed, "planted")
    labels = random.integers(0, classes, len(IDS))
    hidden = np.eye(classes)[labels] @ random.normal(size=(classes, WIDTH)) * 3
    hidden += 0.1 * random.normal(size=hidden.shape)
    return (hidden * np.exp(3 * random.normal(size=WIDTH)) + 5).astype(np.float32), labels[None]


def noise(tasks: int, classes: int = 4, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = generator(seed, "noise")
    hidden = random.normal(size=(len(IDS), WIDTH)).astype(np.float32)
    return hidden, random.integers(0, classes, (tasks, len(IDS)))


# Splits


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=60, max_size=200), st.integers(0, 5))
def test_no_sequence_is_in_two_splits(ids, seed):
    ids = np.array([*range(10), *ids])
    splits = split_by_sequence(ids, seed)
    parts = [splits.train, splits.validation, splits.test]
    assert (np.sum(parts, axis=0) == 1).all()
    homes = [set(ids[part].tolist()) for part in parts]
    assert not (homes[0] & homes[1] | homes[0] & homes[2] | homes[1] & homes[2])


def test_splits_have_their_fractions_and_follow_the_seed_alone():
    splits = split_by_sequence(IDS, 3, (0.5, 0.2, 0.3))
    assert [part.sum() for part in (splits.train, splits.validation, splits.test)] == [750, 300, 450]
    again, other = split_by_sequence(IDS, 3, (0.5, 0.2, 0.3)), split_by_sequence(IDS, 4, (0.5, 0.2, 0.3))
    assert (splits.test == again.test).all()
    assert (splits.test != other.test).any()


def test_splits_that_cannot_be_made_are_refused():
    with pytest.raises(UsageError, match="sum to 1"):
        split_by_sequence(IDS, 0, (0.5, 0.5, 0.5))
    with pytest.raises(UsageError, match="2 sequences"):
        split_by_sequence(np.array([0, 0, 1]), 0)


# What every probe must do


@pytest.mark.parametrize("probe", QUICK, ids=lambda probe: probe.kind)
def test_a_planted_linear_latent_is_read_perfectly(probe):
    hidden, labels = planted()
    (found,) = probe_scores(probe, hidden, labels, SPLITS, seed=0)
    assert (found.accuracy, found.balanced, found.normalised, found.samples) == (1, 1, 1, SPLITS.test.sum())
    assert found.converged


@pytest.mark.parametrize("probe", QUICK, ids=lambda probe: probe.kind)
def test_random_labels_are_read_at_chance(probe):
    tasks = 12
    hidden, labels = noise(tasks)
    found = [one.accuracy for one in probe_scores(probe, hidden, labels, SPLITS, seed=0)]
    # Five standard deviations of the mean of independent answers, each right with probability 1/4.
    bound = 5 * np.sqrt(0.25 * 0.75 / (tasks * SPLITS.test.sum()))
    assert abs(np.mean(found) - 0.25) < bound


@pytest.mark.parametrize("probe", QUICK, ids=lambda probe: probe.kind)
def test_samples_without_a_label_are_neither_fitted_nor_answered(probe):
    hidden, labels = planted()
    damaged = labels.copy()
    missing = np.arange(len(IDS)) % 3 == 0
    damaged[:, missing] = IGNORE
    hidden[missing] = 1e6  # would ruin any fit that saw them
    both = np.concatenate([damaged, damaged])
    outcome = decode(probe, hidden, both, SPLITS, seed=0)
    answered = outcome.predictions != IGNORE
    assert (answered == (SPLITS.test & ~missing)).all()
    assert (outcome.predictions == both)[answered].all()


@pytest.mark.parametrize("probe", QUICK, ids=lambda probe: probe.kind)
def test_a_task_is_answered_the_same_alone_and_among_others(probe):
    hidden, labels = planted()
    noisy, others = noise(5, classes=3)
    hidden = hidden + noisy * hidden.std(axis=0)
    others[1, ::7] = IGNORE
    stacked = np.concatenate([others, labels])
    together = decode(probe, hidden, stacked, SPLITS, seed=1).predictions
    for task in (0, 1, 5):
        alone = decode(probe, hidden, stacked[task : task + 1], SPLITS, seed=1).predictions[0]
        assert (alone == together[task]).mean() > 0.995  # rounding of batched products may tip a tie
    assert (decode(probe, hidden, stacked, SPLITS, seed=1).predictions == together).all()


@pytest.mark.parametrize("probe", QUICK, ids=lambda probe: probe.kind)
def test_classes_unseen_in_training_are_survived_and_wrong(probe):
    hidden, labels = planted()
    labels = labels.copy()
    strangers = np.flatnonzero(SPLITS.test)[:30]
    labels[0, strangers] = 9
    labels[0, np.flatnonzero(SPLITS.validation)[:5]] = 8
    (found,) = probe_scores(probe, hidden, labels, SPLITS, seed=0)
    assert found.accuracy == pytest.approx(1 - 30 / SPLITS.test.sum())


@pytest.mark.parametrize("probe", QUICK, ids=lambda probe: probe.kind)
def test_a_label_that_never_varies_is_right_without_being_evidence(probe):
    hidden, labels = planted()
    (found,) = probe_scores(probe, hidden, np.full_like(labels, 2), SPLITS, seed=0)
    assert (found.accuracy, found.majority) == (1, 1)
    assert np.isnan(found.normalised)


@pytest.mark.parametrize("probe", QUICK, ids=lambda probe: probe.kind)
def test_constant_and_repeated_features_do_no_harm(probe):
    hidden, labels = planted()
    hidden = np.concatenate([hidden, hidden, np.full((len(hidden), 3), 7, dtype=np.float32)], axis=1)
    (found,) = probe_scores(probe, hidden, labels, SPLITS, seed=0)
    assert found.accuracy == 1


def test_wrong_shapes_labels_and_values_are_refused():
    hidden, labels = planted()
    with pytest.raises(UsageError, match="width"):
        decode("ridge", hidden[1:], labels, SPLITS, seed=0)
    with pytest.raises(UsageError, match="class ids"):
        decode("ridge", hidden, labels - 1, SPLITS, seed=0)
    with pytest.raises(UsageError, match="no label in one of the splits"):
        decode("ridge", hidden, np.where(SPLITS.test, IGNORE, labels), SPLITS, seed=0)
    with pytest.raises(UsageError, match="did you mean 'ridge'"):
        decode("rigde", hidden, labels, SPLITS, seed=0)
    hidden[np.flatnonzero(SPLITS.train)[0], 0] = np.nan
    with pytest.raises(OntogenyError, match="not finite"):
        decode("linear", hidden, labels, SPLITS, seed=0)


@pytest.mark.parametrize("name", list(PROBES))
def test_settings_survive_their_plain_form(name):
    probe = PROBES[name]
    assert from_plain(type(probe), to_plain(probe)) == probe


def test_stacks_share_samples_and_cover_every_task_once():
    _, labels = noise(9, classes=3)
    labels[3:6, ::2] = IGNORE
    labels[6:, :] %= 2
    lists = list(stacks(labels, SPLITS, limit=6))
    assert sorted(np.concatenate([stack.tasks for part in lists for stack in part])) == list(range(9))
    assert len(lists) == 2
    for part in lists:
        for stack in part:
            assert stack.classes.size <= 6
            assert (stack.train == part[0].train).all()
            assert (
                np.take_along_axis(stack.classes, stack.train_targets, 1) == labels[stack.tasks][:, stack.train]
            ).all()


# Scores


def test_scores_by_hand():
    truth = np.array([0, 0, 1, 0, 1, 0, 0, 1, 1, IGNORE])
    predicted = np.array([IGNORE] * 5 + [0, 1, 1, 1, 0])
    splits = split_by_sequence(np.arange(10), 0)
    train = np.arange(10) < 4
    splits = type(splits)(train, np.arange(10) == 4, np.arange(10) > 4)
    found = score_task(predicted, truth, splits)
    assert (found.accuracy, found.majority, found.normalised, found.balanced) == (0.75, 0.5, 0.5, 0.75)
    assert found.samples == 4
    silent = score_task(predicted, truth, splits, converged=False)
    assert np.isnan([silent.accuracy, silent.balanced, silent.normalised]).all()


# Ridge


@pytest.mark.parametrize("penalty", [1e-3, 1.0])
def test_ridge_equals_scikit_learn(penalty):
    hidden, labels = noise(3)
    hidden[:, 0] += labels[0]
    labels[1, ::3] = IGNORE
    outcome = decode(Ridge(penalties=(penalty,)), hidden, labels, SPLITS, seed=0)
    for task in range(3):
        rows = SPLITS.train & (labels[task] != IGNORE)
        mean, deviation = hidden[rows].mean(0, dtype=np.float64), hidden[rows].std(0, dtype=np.float64)
        theirs = SklearnRidge(alpha=penalty * rows.sum()).fit(
            (hidden[rows] - mean) / deviation, np.eye(4)[labels[task][rows]]
        )
        tested = SPLITS.test & (labels[task] != IGNORE)
        answers = theirs.predict((hidden[tested] - mean) / deviation).argmax(1)
        assert (answers == outcome.predictions[task][tested]).all()


def test_ridge_lets_validation_choose_the_penalty():
    random = generator(0, "penalty")
    hidden = random.normal(size=(len(IDS), 850))
    labels = (hidden[:, :3].sum(1) + random.normal(size=len(IDS)) > 0).astype(int)[None]
    accuracy = {
        penalties: probe_scores(Ridge(penalties=penalties), hidden, labels, SPLITS, seed=0)[0].accuracy
        for penalties in ((1e-6,), (3.0,), (1e-6, 3.0))
    }
    assert accuracy[3.0,] > accuracy[1e-6,] + 0.05
    assert accuracy[1e-6, 3.0] == accuracy[3.0,]


# Logistic regression


def test_logistic_equals_scikit_learn_on_whitened_features():
    random = generator(0, "logistic")
    mixed = random.normal(size=(len(IDS), WIDTH)) @ (
        random.normal(size=(WIDTH, WIDTH)) * np.exp(2 * random.normal(size=WIDTH))
    )
    labels = (mixed @ random.normal(size=(WIDTH, 4)) / mixed.std() + random.normal(size=(len(IDS), 4))).argmax(1)[None]
    penalty, train = 1e-2, SPLITS.train
    (ours,) = fit_linear(mixed, labels, SPLITS, Logistic(penalties=(penalty,), tolerance=1e-6))
    centred = mixed[train] - mixed[train].mean(0)
    values, vectors = np.linalg.eigh(centred.T @ centred / train.sum())
    whiten = vectors / np.sqrt(values)
    theirs = LogisticRegression(C=1 / (penalty * train.sum()), tol=1e-8, max_iter=1000).fit(
        centred @ whiten, labels[0, train]
    )
    expected = theirs.predict_proba((mixed - mixed[train].mean(0)) @ whiten)
    np.testing.assert_allclose(ours.probabilities(mixed), expected, atol=2e-4)
    # Weights in raw space, up to what adds the same to every class.
    raw = whiten @ theirs.coef_.T
    scale = mixed.std(0)[:, None]
    difference = scale * (ours.weights - ours.weights.mean(1, keepdims=True) - raw + raw.mean(1, keepdims=True))
    assert np.abs(difference).max() < 5e-3 * np.abs(scale * raw).max()


def test_logistic_lets_validation_choose_the_penalty_of_each_task():
    hidden, labels = planted()
    both = np.concatenate([labels, noise(1)[1]])
    weak, strong, chosen = (
        [probe.probabilities(hidden) for probe in fit_linear(hidden, both, SPLITS, Logistic(penalties=penalties))]
        for penalties in ((1e-3,), (10.0,), (1e-3, 10.0))
    )
    np.testing.assert_allclose(chosen[0], weak[0], atol=0.02)
    np.testing.assert_array_equal(chosen[1], strong[1])
    assert np.abs(weak[0] - strong[0]).max() > 0.1
    assert np.abs(weak[1] - strong[1]).max() > 0.1


def test_an_unconverged_probe_is_an_error_that_names_its_task():
    hidden, labels = planted()
    with pytest.raises(ConvergenceError, match=r"1 of 1 tasks did not converge in 2 rounds .*facing"):
        decode(Logistic(rounds=2), hidden, labels, SPLITS, seed=0, names=["facing"])


def test_logistic_converges_where_classes_are_separable_rare_or_collinear():
    hidden, labels = planted(classes=12)
    labels = np.concatenate([labels, labels == 3, labels % 5])
    labels[0, np.flatnonzero(SPLITS.train)[:1]] = 13
    hidden = np.concatenate([hidden, hidden[:, :5] * 1e-3 + hidden[:, 5:10]], axis=1)
    found = probe_scores("linear", hidden, labels, SPLITS, seed=0)
    assert all(one.accuracy > 0.99 for one in found)


def test_a_linear_probe_knows_only_the_classes_it_has_seen():
    hidden, labels = planted()
    labels = labels * 2
    (probe,) = fit_linear(hidden, labels, SPLITS)
    believed = probe.probabilities(hidden)
    assert probe.weights.shape == (WIDTH, 7)
    assert (believed[:, 1::2] == 0).all()
    np.testing.assert_allclose(believed.sum(1), 1)
    assert (probe.predict(hidden) == labels[0]).all()


# Networks


def test_a_network_reads_what_no_linear_probe_can():
    random = generator(0, "xor")
    hidden = random.normal(size=(len(IDS), 6)).astype(np.float32)
    labels = ((hidden[:, 0] > 0) ^ (hidden[:, 1] > 0)).astype(int)[None]
    linear, network = (
        probe_scores(probe, hidden, labels, SPLITS, seed=0)[0]
        for probe in ("linear", Perceptron(hidden=(64, 64), dropout=0.1, batch=64))
    )
    assert abs(linear.accuracy - 0.5) < 0.15
    assert network.accuracy > 0.85
    assert network.converged


def test_a_network_still_improving_at_the_end_of_its_budget_is_flagged_and_has_no_number():
    hidden, labels = planted()
    settings = Perceptron(hidden=(16,), epochs=4, patience=2, batch=64)
    found = probe_scores(settings, hidden, np.concatenate([labels, np.zeros_like(labels)]), SPLITS, seed=0)
    assert [one.converged for one in found] == [False, True]
    assert np.isnan(found[0].accuracy)
    assert found[1].accuracy == 1


def test_networks_follow_the_seed():
    hidden, labels = noise(2)
    first, again, other = (decode(QUICK[2], hidden, labels, SPLITS, seed=seed).predictions for seed in (0, 0, 1))
    assert (first == again).all()
    assert (first != other).any()
