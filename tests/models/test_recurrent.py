import pytest

from ontogeny.models import Recurrent, Transformer, recurrent_twin


def count(model):
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize(("layers", "vocab", "features"), [(1, 1, 6), (3, 9, 0)])
def test_parameters_are_counted(layers, vocab, features):
    config = Recurrent(layers=layers, width=10)
    model = config.build(vocab=vocab, feature_size=features, length=4, seed=0)
    assert config.parameters(vocab=vocab, feature_size=features) == count(model)


def test_a_twin_has_as_many_parameters():
    transformer = Transformer(layers=3, width=64, heads=4, mlp=256).build(vocab=1, feature_size=6, length=21, seed=0)
    twin = recurrent_twin(count(transformer), layers=2, vocab=1, feature_size=6)
    assert twin.layers == 2
    assert twin.parameters(vocab=1, feature_size=6) == pytest.approx(count(transformer), rel=0.01)
    assert recurrent_twin(1, layers=1, vocab=1, feature_size=1).width == 1
