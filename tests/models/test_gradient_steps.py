"""Constructed weights against gradient descent itself."""

import pytest
import torch

from ontogeny.errors import UsageError
from ontogeny.models import Transformer
from ontogeny.models.gradient_steps import Products, gradient_step, read_products, write_products
from ontogeny.references.in_context import gradient_descent

EXAMPLES, FEATURES = 10, 10


def build(**changes):
    settings = {"layers": 1, "width": FEATURES + 1, "heads": 1, "mlp": 0, "attention": "linear", "stream": "shown"}
    settings |= {"mask": "given", "positions": "none", "norm": "none", "attention_biases": False}
    config = Transformer(**(settings | changes))
    return config.build(vocab=1, feature_size=FEATURES + 1, length=EXAMPLES + 1, seed=0)


@pytest.fixture
def episode():
    random = torch.Generator().manual_seed(0)
    inputs = torch.rand(50, EXAMPLES + 1, FEATURES, generator=random) - 0.5
    return inputs, (inputs * torch.randn(50, 1, FEATURES, generator=random)).sum(-1)


def answers(model, inputs, outputs):
    shown = torch.cat((inputs, outputs[..., None]), dim=-1)
    shown[:, -1, -1] = 0
    return model(torch.zeros(shown.shape[:2], dtype=torch.long), shown, prompt=EXAMPLES, first=EXAMPLES)[:, 0, 0]


def test_one_layer_makes_one_gradient_step(episode):
    model = write_products(build(), [gradient_step(FEATURES + 1, EXAMPLES, 6.06)])
    step = gradient_descent([6.06])(*episode)[:, -1]
    torch.testing.assert_close(answers(model, *episode).double(), step, atol=1e-6, rtol=0)


@pytest.mark.parametrize("looped", [False, True])
def test_layers_make_corrected_steps(episode, looped):
    rates, curvature = ([5.0] * 3, [1.5] * 3) if looped else ([5.0, 4.0, 3.0], [1.0, 2.0, 0.5])
    steps = [gradient_step(FEATURES + 1, EXAMPLES, *step) for step in zip(rates, curvature, strict=True)]
    model = write_products(build(layers=3, looped=looped), steps)
    wanted = gradient_descent(rates, curvature)(*episode)[:, -1]
    torch.testing.assert_close(answers(model, *episode).double(), wanted, atol=3e-6, rtol=0)


def test_products_are_all_that_a_layer_does(episode):
    model, other = build(initial_scale=0.3), build()
    before = answers(model, *episode)
    written = write_products(other, [read_products(layer) for layer in model.layers])
    torch.testing.assert_close(answers(written, *episode), before, atol=1e-6, rtol=1e-5)


def test_alignment_changes_no_map_and_brings_scores_near():
    step = gradient_step(5, 4, 2.0)
    turned = Products(-3 * step.scores, -step.values / 3)
    aligned = turned.aligned(step)
    torch.testing.assert_close(aligned.scores, step.scores)
    torch.testing.assert_close(aligned.values, step.values)
    halfway = turned.towards(step, 0.5)
    torch.testing.assert_close(halfway.scores, -step.scores)


def test_other_layers_are_refused():
    with pytest.raises(UsageError, match="1 heads of softmax attention"):
        read_products(build(attention="softmax").layers[0])
    with pytest.raises(UsageError, match="each of 2 layers, given 1"):
        write_products(build(layers=2), [gradient_step(FEATURES + 1, EXAMPLES, 1.0)])
