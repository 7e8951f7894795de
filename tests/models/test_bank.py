import numpy as np
import pytest
import torch

from ontogeny.errors import UsageError
from ontogeny.models import Perceptrons


def build(inputs: int = 5, outputs: int = 3, seed: int = 0, **settings):
    return Perceptrons(**settings).build(vocab=outputs, feature_size=inputs, length=1, seed=seed)


def test_each_model_computes_as_a_network_of_its_own():
    bank = build(models=4, hidden=(7, 6), initial="uniform", output="tanh")
    inputs = torch.randn(4, 5, 11)
    together = bank(inputs)
    for model in range(4):
        x = inputs[model]
        for layer in range(3):
            x = bank.weights[layer][model] @ x + bank.biases[layer][model][:, None]
            x = torch.relu(x) if layer < 2 else torch.tanh(x)
        torch.testing.assert_close(together[model], x)


def test_a_tied_network_goes_out_the_way_it_came_in():
    bank = build(outputs=5, models=2, hidden=(2,), activation="linear", output="relu", biases="output", tied=True)
    assert [tuple(p.shape) for p in bank.parameters()] == [(2, 2, 5), (2, 5)]
    x = torch.rand(1, 5, 9)
    W = bank.weights[0]
    torch.testing.assert_close(bank(x), torch.relu(W.transpose(1, 2) @ (W @ x)))


def test_a_model_starts_the_same_in_every_bank():
    few, many = build(models=2, initial="uniform"), build(models=5, initial="uniform")
    for one, other in zip(few.parameters(), many.parameters(), strict=True):
        torch.testing.assert_close(one, other[:2], rtol=0, atol=0)
    assert not torch.equal(many.weights[0][0], many.weights[0][1])
    assert not torch.equal(build(seed=1).weights[0], build().weights[0])


def test_orthogonal_weights_keep_lengths():
    bank = build(inputs=6, outputs=6, models=3, hidden=(6,), initial="orthogonal", gain=0.5, biases="none")
    for matrix in bank.weights[0]:
        torch.testing.assert_close(matrix @ matrix.T, 0.25 * torch.eye(6))


def test_losses_are_those_of_the_formulas():
    inputs, targets, weights = torch.randn(1, 5, 8), torch.randn(1, 3, 8).sign(), torch.tensor([[1.0, 0.5, 0.0]])
    squared, hinge = build(models=2), build(models=2, loss="hinge")
    given = squared(inputs).detach().numpy()
    errors = ((given - targets.numpy()) ** 2).mean(axis=2)
    np.testing.assert_allclose(
        squared.losses(inputs, targets, weights).detach(), errors @ weights[0].numpy(), rtol=1e-5
    )
    hinges = np.maximum(0, 1 - given * targets.numpy()).mean(axis=2)
    np.testing.assert_allclose(hinge.losses(inputs, targets, weights).detach(), hinges @ weights[0].numpy(), rtol=1e-5)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"tied": True}, "5 inputs, 3 outputs"),
        ({"tied": True, "hidden": (2, 2)}, "one hidden layer"),
        ({"models": 3, "rates": (1.0,)}, "one for each of 3 models, given 1"),
    ],
)
def test_settings_that_do_not_fit_are_errors(settings, problem):
    with pytest.raises(UsageError, match=problem):
        build(**settings)


def test_perceptrons_learn_from_vectors_only():
    with pytest.raises(UsageError, match="feature_size=0 and length=7"):
        Perceptrons().build(vocab=3, feature_size=0, length=7, seed=0)
