import numpy as np
import pytest
import torch

from ontogeny.errors import UsageError
from ontogeny.instruments.capture import capture
from ontogeny.instruments.parts import (
    Exchange,
    Part,
    find_part,
    head,
    heads_and_mlps,
    logits_of,
    mean_loss,
    mlp,
    sequences,
)
from ontogeny.models import Transformer

MODEL = Transformer(layers=2, width=16, heads=4, mlp=8, key_value_heads=2, initial_scale=0.5).build(
    vocab=9, feature_size=0, length=10, seed=0
)
BATCH = sequences(np.random.default_rng(0).integers(0, 9, (5, 10)))


def test_parts_have_short_names_that_lead_back():
    parts = heads_and_mlps(MODEL)
    assert [str(part) for part in parts] == ["0.0", "0.1", "0.2", "0.3", "0.mlp", "1.0", "1.1", "1.2", "1.3", "1.mlp"]
    others = [Part("embed"), Part("layers.1.attention.query", 3), Part("layers.0.residual_out")]
    for part in [*parts, *others]:
        assert find_part(MODEL, str(part)) == part


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2.0", "unknown activation 'layers.2.attention.heads'"),
        ("0.4", "has heads 0 to 3, given 4"),
        ("layers.0.attention.key.2", "has heads 0 to 1, given 2"),
        ("layers.0.residual_out.1", "has no heads; those that have are query"),
        ("layers.0.mlp.outt", "did you mean"),
    ],
)
def test_parts_that_are_not_there_are_refused(text, message):
    with pytest.raises(UsageError, match=message):
        find_part(MODEL, text)


@pytest.mark.parametrize(
    "name", [name for name in MODEL.names if "heads" in name or "pattern" in name or "embed" in name]
)
@pytest.mark.parametrize("chunk", [2, 64])
def test_exchanged_values_are_those_given_and_no_others(name, chunk):
    index = 1 if "attention" in name else None
    captured = capture(MODEL, BATCH.tokens, None, [name])[name]
    value = captured.transpose(1, 2) if name.endswith("pattern") else captured
    other = torch.rand(value.shape)
    seen = {}
    tap = Exchange([Part(name, index)], {name: other})

    def watch(here, given):
        given = tap(here, given) if here == name else given
        seen[here] = given
        return given

    MODEL(torch.from_numpy(BATCH.tokens), tap=watch)
    expected = value.clone()
    axis = 1 if name.endswith("pattern") else 2
    if index is None:
        expected = other
    else:
        expected.select(axis, index).copy_(other.select(axis, index))
    torch.testing.assert_close(seen[name], expected)
    torch.testing.assert_close(logits_of(MODEL, BATCH, tap, chunk=chunk), seen["logits"].detach())


def test_putting_back_what_is_there_changes_no_bit():
    name = "layers.0.attention.heads"
    value = capture(MODEL, BATCH.tokens, None, [name])[name]
    untouched = logits_of(MODEL, BATCH)
    assert torch.equal(logits_of(MODEL, BATCH, Exchange([head(0, 2), head(0, 0)], {name: value})), untouched)
    assert torch.equal(logits_of(MODEL, BATCH), untouched)


def test_loss_is_the_mean_over_targets():
    logits = logits_of(MODEL, BATCH)
    log = torch.log_softmax(logits, -1)
    expected = -np.mean([log[b, p, BATCH.tokens[b, p + 1]].item() for b in range(5) for p in range(9)])
    assert mean_loss(logits, BATCH) == pytest.approx(expected, rel=1e-5)
    with pytest.raises(UsageError, match="no target"):
        mean_loss(logits[:, :1], sequences(BATCH.tokens[:, :1]))


def test_an_attention_only_model_has_no_mlp_to_name():
    model = Transformer(layers=1, width=8, heads=2, mlp=0).build(vocab=3, feature_size=0, length=4, seed=0)
    assert heads_and_mlps(model) == [head(0, 0), head(0, 1)]
    with pytest.raises(UsageError, match="unknown activation"):
        find_part(model, str(mlp(0)))
