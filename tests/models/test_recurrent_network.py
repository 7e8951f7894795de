"""The recurrent net against the equations written out, and in a transformer's place."""

import numpy as np
import pytest
import torch

from ontogeny.errors import UsageError
from ontogeny.instruments import in_context as meter
from ontogeny.models import Recurrent
from ontogeny.training import Training, train
from ontogeny.worlds import InContext, Inputs


def build(seed=0, **arguments):
    return Recurrent(layers=1, width=6).build(
        **({"vocab": 5, "feature_size": 3, "length": 7, "seed": seed} | arguments)
    )


def test_a_layer_is_the_equations_written_out():
    model, features = build(), torch.randn(2, 4, 3)
    given = model(torch.zeros(2, 4, dtype=torch.long), features)
    parts = {name: parameter.detach().numpy() for name, parameter in model.named_parameters()}

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    hidden, cell = np.zeros((2, 6)), np.zeros((2, 6))
    for place in range(4):
        x = features[:, place].numpy() @ parts["feature_map.weight"].T
        gates = x @ parts["layers.weight_ih_l0"].T + hidden @ parts["layers.weight_hh_l0"].T
        gates = gates + parts["layers.bias_ih_l0"] + parts["layers.bias_hh_l0"]
        enter, keep, new, leave = np.split(gates, 4, axis=1)
        cell = sigmoid(keep) * cell + sigmoid(enter) * np.tanh(new)
        hidden = sigmoid(leave) * np.tanh(cell)
        np.testing.assert_allclose(given[:, place].detach(), hidden @ parts["head.weight"].T, atol=1e-5)


def test_tokens_follow_features_and_first_leaves_out_what_is_not_asked():
    model, features = build(), torch.randn(2, 3, 3)
    tokens = torch.randint(0, 5, (2, 7))
    whole = model(tokens, features)
    assert whole.shape == (2, 7, 5)
    torch.testing.assert_close(model(tokens, features, first=4, prompt=2), whole[:, 4:])
    other = tokens.clone()
    other[:, :3] = 0
    torch.testing.assert_close(model(other, features), whole)
    other[:, 5] = (tokens[:, 5] + 1) % 5
    changed = (model(other, features) - whole).abs().amax(dim=(0, 2)) > 1e-6
    assert changed.tolist() == [False] * 5 + [True] * 2


def test_weights_are_a_function_of_the_seed_and_forget_gates_are_open():
    one, same, other = build(), build(), build(seed=1)
    assert all(torch.equal(*pair) for pair in zip(one.parameters(), same.parameters(), strict=True))
    assert not torch.equal(one.head.weight, other.head.weight)
    forget = one.layers.bias_ih_l0 + one.layers.bias_hh_l0
    assert (forget[6:12] == 1).all()
    assert forget[:6].abs().max() < 1


def test_it_is_trained_stored_and_read_back(tmp_path):
    world = InContext(inputs=Inputs(features=2), examples=4, shown="interleaved")
    run = train(Recurrent(width=8), world, Training(steps=3, batch=8), seed=0, folder=tmp_path / "run")
    batch = world.batch(0, 0, 5, "test")
    inputs, outputs = torch.from_numpy(batch.inputs), torch.from_numpy(batch.outputs)
    assert meter.predictor(run.load(3), run.world)(inputs, outputs).shape == (5, 4)


def test_features_that_do_not_fit_are_refused():
    with pytest.raises(UsageError, match="feature_size=0, and 4 positions"):
        build(feature_size=0)(torch.zeros(1, 4, dtype=torch.long), torch.ones(1, 2, 3))
