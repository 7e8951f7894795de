import numpy as np
import pytest
import torch

from ontogeny.errors import UsageError
from ontogeny.instruments.capture import capture
from ontogeny.models import Transformer
from ontogeny.randomness import generator

SETTINGS = {"layers": 2, "width": 64, "heads": 4, "mask": "prefix", "positions": "learned", "attention_biases": False}
LENGTH, TOKENS = 12, 10


def pattern(layer, **settings):
    """Attention [batch, query, head, kv] on random texts that are seen as a whole."""
    model = Transformer(**SETTINGS, **settings).build(vocab=TOKENS, feature_size=0, length=LENGTH, seed=3)
    tokens = generator("planting").integers(TOKENS, size=(20, LENGTH))
    name = f"layers.{layer}.attention.pattern"
    return tokens, capture(model, tokens, names=[name], prompt=LENGTH)[name].numpy()


@pytest.mark.parametrize("norm", ["layer", "rms"])
@pytest.mark.parametrize("layer", [0, 1])
def test_planted_heads_look_where_they_are_told(norm, layer):
    tokens, attention = pattern(layer, norm=norm, planted=("association", 1, -2))
    same = tokens[:, :, None] == tokens[:, None]
    paid = (attention[:, :, 0] * same).sum(axis=2)
    least = (0.9, 0.7)[layer]  # in the second layer, what the first wrote stands in between
    assert paid.mean() > least
    for head, offset in ((1, 1), (2, -2)):
        inside = np.arange(max(0, -offset), LENGTH - max(0, offset))
        assert attention[:, inside, head, inside + offset].mean() > least
    assert attention[:, :, 3].max() < 0.5  # nobody told this one


def test_all_else_is_as_without_planting():
    plain, planted = (
        Transformer(**SETTINGS, planted=roles).build(vocab=TOKENS, feature_size=0, length=LENGTH, seed=3)
        for roles in ((), ("association",))
    )
    for (name, one), other in zip(plain.named_parameters(), planted.parameters(), strict=True):
        if name.endswith("attention.input.weight"):
            queries, keys = (torch.arange(16) + start for start in (0, 64))
            rest = torch.ones(len(one), dtype=torch.bool)
            rest[torch.cat([queries, keys])] = False
            assert torch.equal(one[rest], other[rest])
            assert not torch.equal(one[queries], other[queries])
        else:
            assert torch.equal(one, other)


def test_what_cannot_be_planted_is_named():
    with pytest.raises(UsageError, match="planted: expected at most heads = 4, given 5"):
        Transformer(**SETTINGS, planted=(1, 2, 3, 4, 5))
    with pytest.raises(UsageError, match="planted heads need embeddings, learned positions"):
        Transformer(planted=(1,))
