"""Batched networks against a network of torch's own, trained alone."""

import pytest
import torch
from torch import nn

from ontogeny.errors import UsageError
from ontogeny.references import in_context_networks
from ontogeny.references.in_context_networks import trained_networks


@pytest.fixture
def episode():
    random = torch.Generator().manual_seed(0)
    inputs = torch.randn(3, 6, 2, generator=random, dtype=torch.float64)
    return inputs, inputs.relu().sum(dim=-1)


def alone(inputs, outputs, asked, neurons, steps, rate):
    net = nn.Sequential(nn.Linear(2, neurons), nn.ReLU(), nn.Linear(neurons, 1)).double()
    first, first_bias, second, second_bias = in_context_networks._initial(2, neurons, seed=0)
    with torch.no_grad():
        net[0].weight.copy_(first[0].T)
        net[0].bias.copy_(first_bias[0, 0])
        net[2].weight.copy_(second[0].T)
        net[2].bias.copy_(second_bias[0, 0])
    adam = torch.optim.Adam(net.parameters(), lr=rate)
    for _ in range(steps):
        adam.zero_grad()
        (net(inputs)[:, 0] - outputs).square().mean().backward()
        adam.step()
    return net(asked).item()


def test_each_is_trained_as_if_alone(episode):
    inputs, outputs = episode
    given = trained_networks(5, 20, 0.05)(inputs, outputs)
    for batch in range(3):
        for place in range(1, 6):
            wanted = alone(inputs[batch, :place], outputs[batch, :place], inputs[batch, place], 5, 20, 0.05)
            assert given[batch, place].item() == pytest.approx(wanted, abs=1e-8)
    torch.testing.assert_close(trained_networks(5, 20, 0.05)(inputs, outputs, last=True), given[:, -1:])


def test_they_fit_and_the_seed_decides_where_they_begin(episode):
    inputs, outputs = episode
    again = torch.cat((inputs[:, :4], inputs[:, 1:2]), dim=1)
    given = trained_networks(20, 500, 0.02)(again, outputs[:, :5], last=True)
    torch.testing.assert_close(given[:, 0], outputs[:, 1], atol=0.02, rtol=0)
    assert not torch.equal(trained_networks(20, 1, 0.02, seed=1)(again, outputs[:, :5])[:, 0], given[:, 0])


def test_predictions_follow_the_input_at_which_they_are_made(episode):
    inputs, outputs = episode
    inputs.requires_grad_()
    trained_networks(5, 3, 0.05)(inputs, outputs, last=True).sum().backward()
    assert inputs.grad[:, -1].any()
    assert not inputs.grad[:, :-1].any()


def test_impossible_settings_are_refused():
    with pytest.raises(UsageError, match=r"given 0, 5 and 0\.1"):
        trained_networks(0, 5, 0.1)
