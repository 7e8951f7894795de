"""A prior-fitted model asked about data: a set goes in, questions are answered one by one, wrong data are refused."""

import pytest
import torch

from ontogeny.errors import UsageError
from ontogeny.instruments.prior_fitted import PriorClassifier, PriorFitted
from ontogeny.models import Transformer
from ontogeny.worlds import Inputs, PriorData, PriorTables

WORLD = PriorData(inputs=Inputs(features=2), examples=9, shown=(2, 6), buckets=12)
TABLES = PriorTables(features=4, labels=3, examples=9, shown=(2, 6))
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


@pytest.fixture
def classifier():
    model = MODEL.build(vocab=3, feature_size=TABLES.feature_size, length=TABLES.length, seed=0)
    return PriorClassifier(model, TABLES)


@pytest.fixture
def table():
    random = torch.Generator().manual_seed(0)
    labels = torch.randint(3, (3, 6), generator=random)
    return [torch.randn((3, 6, 3), generator=random), labels, torch.randn((3, 7, 3), generator=random)]


def test_rows_are_a_set_and_labels_are_answered_one_by_one(classifier, table):
    inputs, labels, asked = table
    given = classifier(inputs, labels, asked)
    torch.testing.assert_close(given.exp().sum(dim=-1), torch.ones(3, 7))
    order = torch.randperm(6, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(classifier(inputs[:, order], labels[:, order], asked), given)
    torch.testing.assert_close(classifier(inputs, labels, asked[:, 4:5]), given[:, 4:5])
    assert not torch.allclose(classifier(inputs, (labels + 1) % 3, asked), given)


def test_tables_may_have_any_scale_and_fewer_columns(classifier, table):
    inputs, labels, asked = table
    scale, shift = torch.tensor([1.0, 100.0, 0.01]), torch.tensor([0.0, 7.0, -3.0])
    given = classifier(inputs, labels, asked)
    torch.testing.assert_close(
        classifier(scale * inputs + shift, labels, scale * asked + shift), given, atol=1e-3, rtol=0
    )
    padded = [torch.nn.functional.pad(part, (0, 1)) for part in (inputs, asked)]
    torch.testing.assert_close(classifier(padded[0], labels, padded[1]), given)


def test_tables_with_missing_values_are_refused(classifier, table):
    table[2][1, 2, 0] = float("nan")
    with pytest.raises(
        UsageError, match=r"inputs asked for: .* 1 missing .* \[1, 2, 0\]: leave out .* or fill them in"
    ):
        classifier(*table)


def test_other_tables_than_those_of_training_are_refused(classifier, table, unchecked):
    inputs, labels, asked = table
    with pytest.raises(UsageError, match="tables of up to 4 columns; given 5, and asked for rows of 5"):
        classifier(torch.zeros(3, 6, 5), labels, torch.zeros(3, 7, 5))
    with pytest.raises(UsageError, match="up to 4 columns; given 3, and asked for rows of 2"):
        classifier(inputs, labels, asked[..., :2])
    with pytest.raises(UsageError, match="numbers from 0 to 2, one for each class, given 1 to 3"):
        classifier(inputs, torch.tensor([1, 2, 3, 1, 2, 3]).expand(3, -1), asked)
    with pytest.raises(UsageError, match=r"shown 2 to 6 examples .* given 1 and 7"):
        classifier(inputs[:, :1], labels[:, :1], asked)
