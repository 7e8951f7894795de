"""Meters of in-context algorithms on predictors whose algorithm is known."""

import numpy as np
import pytest
import torch

from ontogeny.errors import UsageError
from ontogeny.instruments import in_context as meter
from ontogeny.models import Transformer
from ontogeny.models.gradient_steps import gradient_step, write_products
from ontogeny.references.in_context import gradient_descent, least_squares, nearest_neighbours, ridge
from ontogeny.worlds import InContext, Inputs

WORLD = InContext(inputs=Inputs(features=3), examples=7)


def examples(size=40, world=WORLD):
    batch = world.batch(0, 0, size, "test")
    return torch.from_numpy(batch.inputs), torch.from_numpy(batch.outputs)


def build(world=WORLD, **changes):
    settings = {"layers": 1, "width": 4, "heads": 1, "mlp": 0, "attention": "linear", "stream": "shown"}
    settings |= {"mask": "given", "positions": "none", "norm": "none", "attention_biases": False, "initial_scale": 0.3}
    return Transformer(**(settings | changes)).build(vocab=1, feature_size=4, length=world.length, seed=0)


def test_a_constructed_model_is_the_predictor_that_it_was_made_as():
    model = write_products(build(), [gradient_step(4, 1, 0.2)])  # a sum over examples, whatever their number
    predict, (inputs, outputs) = meter.predictor(model, WORLD), examples()
    given = predict(inputs, outputs).detach()
    assert given.shape == outputs.shape
    for place in range(7):
        step = gradient_descent([0.2 * place])(inputs[:, : place + 1], outputs[:, : place + 1])[:, -1]
        torch.testing.assert_close(given[:, place].double(), step, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(predict(inputs, outputs, last=True)[:, 0], given[:, -1])
    step = gradient_descent([0.2 * 6])
    assert meter.prediction_difference(predict, step, inputs, outputs) == pytest.approx(0, abs=1e-9)
    assert meter.sensitivity_cosine(predict, step, inputs, outputs) == pytest.approx(1, abs=1e-6)
    found = meter.nearest(
        predict, {"ridge": ridge(0.1), "step": step, "neighbour": nearest_neighbours(1)}, inputs, outputs
    )
    assert next(iter(found)) == "step"
    assert found["ridge"] > 0.01


@pytest.mark.parametrize("shown", ["pairs", "interleaved"])
def test_a_prediction_depends_on_nothing_that_comes_later(shown):
    world = InContext(inputs=Inputs(features=3), examples=6, shown=shown)
    model = build(world, attention="softmax", mask="causal", width=8, stream="embedded", positions="learned")
    predict, (inputs, outputs) = meter.predictor(model, world), examples(world=world)
    before = predict(inputs, outputs)
    inputs[:, 4:], outputs[:, 3:] = 7.0, 5.0
    after = predict(inputs, outputs)
    torch.testing.assert_close(after[:, :4], before[:, :4])
    assert not torch.allclose(after[:, 4], before[:, 4])


@pytest.mark.parametrize("shown", ["pairs", "interleaved"])
def test_sensitivities_are_differences_of_predictions(shown):
    world = InContext(inputs=Inputs(features=3), examples=4, shown=shown)
    model = build(world, attention="softmax", mask="causal", width=8, stream="embedded", initial_scale=0.8)
    predict, (inputs, outputs) = meter.predictor(model, world), examples(5, world)
    given = meter.sensitivities(predict, inputs, outputs)
    for component in range(3):
        step = torch.zeros_like(inputs)
        step[:, -1, component] = 1e-2
        slope = (predict(inputs + step, outputs) - predict(inputs - step, outputs))[:, -1].detach() / 2e-2
        torch.testing.assert_close(given[:, component], slope.double(), atol=2e-3, rtol=1e-2)


def test_implicit_weights_of_least_squares_are_the_function_s():
    inputs, outputs = examples()
    queries = torch.randn(8, 3, generator=torch.Generator().manual_seed(0))
    weights, explained = meter.implicit_weights(least_squares(), inputs, outputs, queries)
    np.testing.assert_allclose(weights, WORLD.batch(0, 0, 40, "test").hidden.parameters, atol=1e-4)
    assert explained == pytest.approx(1)
    _, bent = meter.implicit_weights(nearest_neighbours(1), inputs, outputs, queries)
    assert bent < 0.99
    with pytest.raises(UsageError, match="more than 3 queries, given 3"):
        meter.implicit_weights(least_squares(), inputs, outputs, queries[:3])


def test_losses_are_by_the_number_of_examples_before():
    inputs, outputs = examples(400)
    found = meter.losses(least_squares(), inputs, outputs)
    assert found[0] == pytest.approx(outputs[:, 0].square().mean() / 2)
    assert (found[3:] < 1e-6).all()  # as many examples as inputs, and no noise
    assert (found[:-1] - found[1:] >= -1e-6).all()
