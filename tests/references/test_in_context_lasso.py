"""The Lasso against scikit-learn's, and against the conditions that hold at its optimum alone."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import Lasso

from ontogeny.errors import UsageError
from ontogeny.references.in_context import moments
from ontogeny.references.in_context_lasso import lasso


def episode(size, examples, features, noise=0.3):
    random = np.random.default_rng(0)
    inputs = random.normal(size=(size, examples, features))
    outputs = np.einsum("bei,bi->be", inputs, random.normal(1, 1, size=(size, features)))
    return inputs, outputs + noise * random.normal(size=outputs.shape)


@pytest.mark.parametrize("penalty", [0.02, 0.5])
@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_it_is_scikit_learn_s(penalty, noise):
    inputs, outputs = episode(3, 9, 5, noise)
    given = lasso(penalty)(torch.from_numpy(inputs), torch.from_numpy(outputs)).numpy()
    np.testing.assert_array_equal(given[:, 0], 0)
    for batch in range(3):
        for place in range(1, 9):
            x, y = inputs[batch, :place], outputs[batch, :place]
            fitted = Lasso(alpha=penalty, fit_intercept=False, tol=1e-12, max_iter=1_000_000).fit(x, y)
            assert given[batch, place] == pytest.approx(fitted.coef_ @ inputs[batch, place], abs=1e-5)
    last = lasso(penalty)(torch.from_numpy(inputs), torch.from_numpy(outputs), last=True)
    np.testing.assert_allclose(last, given[:, -1:], atol=1e-10)


@pytest.mark.parametrize("penalty", [1e-4, 0.01, 0.3])
@pytest.mark.parametrize("alike", [False, True])
def test_the_optimum_s_conditions_hold(penalty, alike):
    """Errors are as large as the penalty, with the weight's sign, where a weight is not 0, and no larger elsewhere."""
    inputs, outputs = episode(30, 13, 8, noise=0.0)
    if alike:
        inputs[..., 3] = inputs[..., 2] + 1e-2 * inputs[..., 3]
    inputs, outputs = torch.from_numpy(inputs), torch.from_numpy(outputs)
    for place in (1, 4, 7, 8, 12):
        asked = torch.eye(8, dtype=torch.float64).expand(30, 8, 8)
        weights = torch.cat(
            [
                lasso(penalty)(
                    torch.cat((inputs[:, :place], asked[:, i : i + 1]), dim=1), outputs[:, : place + 1], last=True
                )
                for i in range(8)
            ],
            dim=1,
        )
        squares, products, _ = moments(inputs[:, : place + 1], outputs[:, : place + 1], last=True)
        errors = products[:, 0] - (squares[:, 0] @ weights[..., None])[..., 0]
        used = weights.abs() > 1e-9
        assert errors.abs().max() <= penalty + 1e-6
        torch.testing.assert_close(errors[used], penalty * weights.sign()[used], atol=1e-6, rtol=0)


def test_a_large_penalty_leaves_nothing():
    assert not lasso(100)(*(torch.from_numpy(part) for part in episode(3, 6, 4))).any()


def test_a_penalty_is_above_zero():
    with pytest.raises(UsageError, match="a penalty above 0, given -1"):
        lasso(-1)
