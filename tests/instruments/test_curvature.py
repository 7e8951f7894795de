import numpy as np
import pytest
import torch

from ontogeny.errors import UsageError
from ontogeny.instruments import hessian, lanczos
from ontogeny.models import Perceptrons


def quadratic(matrix: np.ndarray):
    point = torch.zeros(len(matrix), dtype=torch.float64, requires_grad=True)
    form = torch.from_numpy(matrix)
    return lambda: point @ form @ point / 2, [point]


def symmetric(size: int) -> np.ndarray:
    random = np.random.default_rng(0).normal(size=(size, size))
    return random + random.T


def test_the_hessian_of_a_quadratic_form_is_its_matrix():
    matrix = symmetric(7)
    np.testing.assert_allclose(hessian(*quadratic(matrix)), matrix, atol=1e-12)


def test_the_hessian_of_a_network_agrees_with_finite_differences():
    bank = Perceptrons(hidden=(3,), activation="tanh").build(vocab=2, feature_size=2, length=1, seed=0).double()
    inputs, targets, weights = torch.randn(1, 2, 6).double(), torch.randn(1, 2, 6).double(), torch.ones(1, 2).double()
    parameters = list(bank.parameters())

    def loss():
        return bank.losses(inputs, targets, weights).sum()

    matrix = hessian(loss, parameters)  # losses are computed in single precision, hence the tolerance below
    flat = torch.nn.utils.parameters_to_vector(parameters).detach()

    def gradient(at: torch.Tensor) -> torch.Tensor:
        torch.nn.utils.vector_to_parameters(at, parameters)
        return torch.cat([g.flatten() for g in torch.autograd.grad(loss(), parameters)])

    for column in (0, 5, 11):
        step = torch.zeros_like(flat)
        step[column] = 1e-2
        numeric = (gradient(flat + step) - gradient(flat - step)) / 2e-2
        np.testing.assert_allclose(matrix[column], numeric, atol=2e-3)


def test_lanczos_finds_the_spectrum_and_stops_when_it_has_all_of_it():
    matrix = symmetric(12)
    values, weights = lanczos(*quadratic(matrix), 12)
    np.testing.assert_allclose(values, np.linalg.eigvalsh(matrix), atol=1e-8)
    assert weights.sum() == pytest.approx(1)
    twice = np.kron(np.diag([1.0, 3.0]), np.eye(4))
    np.testing.assert_allclose(lanczos(*quadratic(twice), 8)[0], [1, 3], atol=1e-8)


def test_a_few_steps_reach_the_extremes():
    matrix = np.diag(np.concatenate([np.linspace(-1, 1, 200), [10.0, -5.0]]))
    values, _ = lanczos(*quadratic(matrix), 20)
    np.testing.assert_allclose([values[0], values[-1]], [-5, 10], atol=1e-6)


def test_what_is_too_large_says_what_to_use():
    big = torch.zeros(6000, requires_grad=True)
    with pytest.raises(UsageError, match="use lanczos"):
        hessian(lambda: big.square().sum(), [big])
    with pytest.raises(UsageError, match="1 to 3 steps for 3 parameters, given 4"):
        lanczos(*quadratic(np.eye(3)), 4)
