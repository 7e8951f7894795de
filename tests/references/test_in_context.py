"""Every predictor against an independent one: scipy, scikit-learn, or the formula written out example by example."""

import numpy as np
import pytest
import torch
from scipy.linalg import lstsq
from scipy.special import softmax
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsRegressor

from ontogeny.errors import UsageError
from ontogeny.references import in_context as reference

EPISODES, EXAMPLES, FEATURES = 3, 9, 4


@pytest.fixture
def episode():
    random = np.random.default_rng(0)
    inputs = random.normal(size=(EPISODES, EXAMPLES, FEATURES))
    outputs = np.einsum("bei,bi->be", inputs, random.normal(1, 1, size=(EPISODES, FEATURES)))
    return inputs, outputs + 0.3 * random.normal(size=outputs.shape)


def check(predictor, independent, inputs, outputs, first=1):
    """`independent(x, y, asked)` fits the examples before and answers at the one asked for."""
    given = predictor(torch.from_numpy(inputs), torch.from_numpy(outputs)).numpy()
    for batch in range(EPISODES):
        for place in range(first, EXAMPLES):
            wanted = independent(inputs[batch, :place], outputs[batch, :place], inputs[batch, place])
            assert given[batch, place] == pytest.approx(wanted, abs=1e-5)
    last = predictor(torch.from_numpy(inputs), torch.from_numpy(outputs), last=True)
    np.testing.assert_allclose(last, given[:, -1:], atol=1e-10)
    return given


def test_least_squares_are_scipy_s_with_fewer_and_more_examples_than_inputs(episode):
    given = check(reference.least_squares(), lambda x, y, asked: lstsq(x, y)[0] @ asked, *episode)
    np.testing.assert_array_equal(given[:, 0], 0)


@pytest.mark.parametrize("mean", [0.0, 1.5])
def test_ridge_is_scikit_learn_s(episode, mean):
    def independent(x, y, asked):
        fitted = Ridge(alpha=0.7, fit_intercept=False, solver="cholesky").fit(x, y - mean * x.sum(axis=1))
        return fitted.coef_ @ asked + mean * asked.sum()

    given = check(reference.ridge(0.7, mean=mean), independent, *episode)
    np.testing.assert_allclose(given[:, 0], mean * episode[0][:, 0].sum(axis=1))


@pytest.mark.parametrize("mean", [0.0, -0.5])
def test_gradient_descent_is_the_loop_written_out(episode, mean):
    rates = [0.3, 0.2, 0.1]

    def independent(x, y, asked):
        weights = np.full(FEATURES, mean)
        for rate in rates:
            weights = weights - rate * x.T @ (x @ weights - y) / len(x)
        return weights @ asked

    check(reference.gradient_descent(rates, mean=mean), independent, *episode)


def test_many_steps_arrive_at_least_squares(episode):
    inputs, outputs = (torch.from_numpy(part) for part in episode)
    many = reference.gradient_descent([0.2] * 3000)(inputs, outputs)
    torch.testing.assert_close(many[:, -1], reference.least_squares()(inputs, outputs)[:, -1], atol=1e-5, rtol=0)


def test_corrected_descent_is_the_change_of_all_tokens_written_out(episode):
    rates, curvature = [0.3, 0.2, 0.25], [0.1, -0.05, 0.2]

    def independent(x, y, asked):
        tokens, left, query, answer = x.copy(), y.copy(), asked.copy(), 0.0
        for rate, correction in zip(rates, curvature, strict=True):
            step, covariance = rate * tokens.T @ left / len(x), tokens.T @ tokens / len(x)
            left, answer = left - tokens @ step, answer + query @ step
            tokens, query = tokens - correction * tokens @ covariance, query - correction * covariance @ query
        return answer

    check(reference.gradient_descent(rates, curvature), independent, *episode)


def test_averaging_is_the_mean_of_products(episode):
    check(reference.averaging(), lambda x, y, asked: (x * y[:, None]).mean(axis=0) @ asked, *episode)


@pytest.mark.parametrize("count", [1, 3])
def test_nearest_neighbours_are_scikit_learn_s(episode, count):
    def independent(x, y, asked):
        return KNeighborsRegressor(min(count, len(x))).fit(x, y).predict(asked[None])[0]

    given = check(reference.nearest_neighbours(count), independent, *episode)
    np.testing.assert_array_equal(given[:, 0], 0)


def test_features_stand_in_the_inputs_place(episode):
    inputs, outputs = episode
    check(
        reference.on(torch.square, reference.least_squares()),
        lambda x, y, asked: lstsq(x**2, y)[0] @ asked**2,
        inputs,
        outputs,
    )


def test_the_best_of_a_pool_weighs_its_tasks_by_likelihood(episode):
    pool = np.random.default_rng(1).normal(1, 1, size=(5, FEATURES))

    def independent(x, y, asked):
        return softmax(-((x @ pool.T - y[:, None]) ** 2).sum(axis=0) / (2 * 0.8**2)) @ pool @ asked

    check(reference.best_of_pool(torch.from_numpy(pool), 0.8), independent, *episode, first=0)


def test_few_episodes_of_a_large_pool_are_answered_at_a_time(episode, monkeypatch):
    inputs, outputs = (torch.from_numpy(part) for part in episode)
    predict = reference.best_of_pool(torch.from_numpy(np.random.default_rng(2).normal(size=(50, FEATURES))), 0.5)
    whole = predict(inputs, outputs)
    monkeypatch.setattr(reference, "POOL_ANSWERS", 1)
    torch.testing.assert_close(predict(inputs, outputs), whole)
    torch.testing.assert_close(predict(inputs, outputs, last=True), whole[:, -1:])


def test_the_best_of_a_pool_is_sure_where_likelihoods_underflow():
    """With so little noise all likelihoods are 0 in floating point; their ratios are not."""
    pool = torch.tensor([[1.0], [2.0], [3.0]])
    inputs, outputs = torch.full((1, 3, 1), 100.0), torch.full((1, 3), 190.0)
    assert reference.best_of_pool(pool, 1e-3)(inputs, outputs)[0].tolist() == pytest.approx([200, 200, 200])


def test_the_best_of_a_very_large_pool_is_ridge_regression():
    random = np.random.default_rng(4)
    inputs = torch.from_numpy(random.normal(size=(40, 4, 2)))
    outputs = (inputs * torch.from_numpy(random.normal(size=(40, 1, 2)))).sum(dim=-1)
    pool = torch.from_numpy(random.normal(size=(100_000, 2)))
    wanted = reference.ridge(1.0)(inputs, outputs)
    torch.testing.assert_close(reference.best_of_pool(pool, 1.0)(inputs, outputs), wanted, atol=0.05, rtol=0)


def test_the_optimal_penalty_is_noise_over_prior_variance():
    random = np.random.default_rng(3)
    inputs = random.normal(size=(4000, 6, 3))
    outputs = np.einsum("bei,bi->be", inputs, random.normal(0, 2, (4000, 3))) + random.normal(size=(4000, 6))
    inputs, outputs = torch.from_numpy(inputs), torch.from_numpy(outputs)
    errors = [
        (reference.ridge(penalty)(inputs, outputs) - outputs)[:, 1:].square().mean() for penalty in (0.05, 0.25, 1)
    ]
    assert errors[1] < min(errors[0], errors[2])


def test_the_best_rate_of_one_step_and_its_loss_are_the_known_ones():
    """Uniform on +-1/2, ten inputs and ten examples: rate 6.06, half the squared error 0.2062."""
    rate = reference.best_single_rate(1 / 12, 1 / 80, 10, 10)
    assert rate == pytest.approx(6.06, abs=0.005)
    random = np.random.default_rng(0)
    inputs = torch.from_numpy(random.uniform(-0.5, 0.5, (20_000, 11, 10)))
    outputs = (inputs * torch.from_numpy(random.normal(size=(20_000, 1, 10)))).sum(dim=-1)
    error = (reference.gradient_descent([rate])(inputs, outputs) - outputs)[:, -1].square().mean() / 2
    assert error == pytest.approx(0.2062, abs=0.006)
    (tuned,), _ = reference.tune_descent(inputs, outputs, 1)
    assert tuned == pytest.approx(rate, rel=0.03)


def test_tuning_finds_what_it_may_change():
    random = np.random.default_rng(2)
    inputs = torch.from_numpy(random.uniform(-0.5, 0.5, (2000, 11, 10)))
    outputs = (inputs * torch.from_numpy(random.normal(size=(2000, 1, 10)))).sum(dim=-1)

    def error(**how):
        rates, curvature = reference.tune_descent(inputs, outputs, 2, **how)
        if how.get("shared"):
            assert rates[0] == rates[1]
        assert any(curvature) == how.get("corrected", False)
        return (reference.gradient_descent(rates, curvature)(inputs, outputs) - outputs)[:, -1].square().mean().item()

    plain, alike, corrected = error(), error(shared=True), error(corrected=True)
    assert corrected < 0.95 * plain
    assert plain < 0.95 * alike


@pytest.mark.parametrize("scales", [(1.0, 2.0), (1.0, 1.5, 3.0)])
def test_a_step_for_each_curvature_of_the_loss_ends_at_its_minimum(scales):
    """One example along each axis, so that all episodes have the same curvatures; the best rates are their inverses."""
    random = np.random.default_rng(6)
    shown = np.broadcast_to(np.diag(scales), (200, len(scales), len(scales)))
    inputs = torch.from_numpy(np.concatenate((shown, random.normal(size=(200, 1, len(scales)))), axis=1))
    outputs = (inputs * torch.from_numpy(random.normal(size=(200, 1, len(scales))))).sum(dim=-1)
    rates, _ = reference.tune_descent(inputs, outputs, len(scales))
    assert sorted(rates, reverse=True) == pytest.approx([len(scales) / scale**2 for scale in scales], rel=0.01)


def test_impossible_settings_are_refused():
    with pytest.raises(UsageError, match="a penalty above 0, given 0"):
        reference.ridge(0)
    with pytest.raises(UsageError, match="at least 1, given 0"):
        reference.nearest_neighbours(0)
    with pytest.raises(UsageError, match="noise above 0, given 2 and 0"):
        reference.best_of_pool(torch.ones(2, 3), 0)
    with pytest.raises(UsageError, match="at least one task and noise above 0, given 0 and 1"):
        reference.best_of_pool(torch.ones(0, 3), 1)
    with pytest.raises(UsageError, match="given 1 for 2"):
        reference.gradient_descent([0.1, 0.1], [0.2])
