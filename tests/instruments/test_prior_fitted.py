"""A prior-fitted model asked about data: a set goes in, questions are answered one by one, wrong data are refused."""

import pytest
import torch

from ontogeny.errors import UsageError
from ontogeny.instruments.prior_fitted import PriorFitted
from ontogeny.models import Transformer
from ontogeny.worlds import Inputs, PriorData

WORLD = PriorData(inputs=Inputs(features=2), examples=9, shown=(2, 6), buckets=12)
MODEL = Transformer(layers=2, width=16, heads=2, mlp=32, mask="given", positions="none", initial_scale=0.3)


@pytest.fixture
def fitted():
    model = MODEL.build(vocab=12, feature_size=WORLD.feature_size, length=WORLD.length, seed=0)
    return PriorFitted(model, WORLD)


@pytest.fixture
def data():
    random = torch.Generator().manual_seed(0)
    return [torch.randn(shape, generator=random) for shape in ((3, 6, 2), (3, 6), (3, 7, 2))]


def test_the_answer_is_the_model_s_to_a_batch_of_the_world(fitted):
    batch = WORLD.batch(0, 0, 4)
    shown, truth = batch.prompt, batch.hidden
    inputs, outputs = torch.from_numpy(truth.inputs), torch.from_numpy(truth.outputs)
    given = fitted(inputs[:, :shown], outputs[:, :shown], inputs[:, shown:])
    model = MODEL.build(vocab=12, feature_size=WORLD.feature_size, length=WORLD.length, seed=0)
    tokens, features = torch.from_numpy(batch.tokens), torch.from_numpy(batch.features)
    torch.testing.assert_close(given.logits, model(tokens, features, prompt=shown)[:, shown:])


def test_examples_are_a_set_and_questions_are_answered_one_by_one(fitted, data):
    inputs, outputs, asked = data
    given = fitted(inputs, outputs, asked).logits
    order = torch.randperm(6, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(fitted(inputs[:, order], outputs[:, order], asked).logits, given)
    torch.testing.assert_close(fitted(inputs, outputs, asked[:, 4:5]).logits, given[:, 4:5])
    assert not torch.allclose(fitted(inputs, -outputs, asked).logits, given)


def test_missing_values_are_refused(fitted, data):
    data[0][1, 2, 0] = float("nan")
    data[0][2, 0, 1] = float("inf")
    with pytest.raises(UsageError, match=r"inputs: .* 2 missing or infinite values, the first at \[1, 2, 0\]: leave"):
        fitted(*data)


def test_other_sizes_than_those_of_training_are_refused(fitted, data, unchecked):
    inputs, outputs, asked = data
    with pytest.raises(UsageError, match="trained on 2 inputs an example; given 2, and asked at 1"):
        fitted(inputs, outputs, asked[..., :1])
    with pytest.raises(UsageError, match=r"shown 2 to 6 examples .* given 1 and 7"):
        fitted(inputs[:, :1], outputs[:, :1], asked)
