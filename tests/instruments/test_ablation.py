import numpy as np
import pytest
import torch

from ontogeny.errors import UsageError
from ontogeny.instruments.ablation import METHODS, ablate, ablation_table, ablation_tap, all_but
from ontogeny.instruments.capture import capture
from ontogeny.instruments.parts import Part, head, heads_and_mlps, logits_of, mean_loss, mlp, sequences
from ontogeny.models import Transformer
from toys import Counter

CONFIG = Transformer(layers=2, width=16, heads=4, mlp=8, initial_scale=0.5)
MODEL = CONFIG.build(vocab=9, feature_size=0, length=10, seed=0)
BATCH = sequences(np.random.default_rng(0).integers(0, 9, (6, 10)))
OTHER = sequences(np.random.default_rng(1).integers(0, 9, (7, 10)))
HEADS = "layers.1.attention.heads"


def shown(tap, name):
    """What the model uses in the place of an activation."""
    seen = {}

    def watch(here, value):
        seen[here] = tap(here, value)
        return seen[here]

    with torch.no_grad():
        MODEL(torch.from_numpy(BATCH.tokens), tap=watch)
    return seen[name]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "part", [*heads_and_mlps(MODEL), Part("embed"), Part("layers.0.attention.pattern", 1)], ids=str
)
def test_after_any_ablation_the_model_gives_the_same_bits(method, part):
    weights = {name: value.clone() for name, value in MODEL.state_dict().items()}
    untouched = logits_of(MODEL, BATCH)
    changed = ablate(MODEL, [part], method, BATCH)
    assert not torch.allclose(changed, untouched)
    assert torch.equal(logits_of(MODEL, BATCH), untouched)
    assert all(torch.equal(value, weights[name]) for name, value in MODEL.state_dict().items())
    assert all(parameter.grad is None for parameter in MODEL.parameters())


def test_zero_is_zero_in_that_head_alone():
    value = shown(ablation_tap(MODEL, [head(1, 2)], "zero", BATCH), HEADS)
    assert value[:, :, 2].abs().max() == 0
    assert torch.equal(value[:, :, [0, 1, 3]], shown(lambda name, value: value, HEADS)[:, :, [0, 1, 3]])


def test_zero_is_a_model_whose_output_matrix_has_no_such_columns():
    model = CONFIG.build(vocab=9, feature_size=0, length=10, seed=0)
    with torch.no_grad():
        model.layers[1].attention.output.weight[:, 8:12] = 0
    torch.testing.assert_close(
        ablate(MODEL, [head(1, 2)], "zero", BATCH), logits_of(model, BATCH), atol=1e-5, rtol=1e-5
    )


def test_the_mean_is_that_of_the_reference():
    value = shown(ablation_tap(MODEL, [head(1, 2)], "mean", BATCH, reference=OTHER), HEADS)
    expected = capture(MODEL, OTHER.tokens, None, [HEADS])[HEADS][:, :, 2].mean((0, 1))
    torch.testing.assert_close(value[:, :, 2], expected.expand(6, 10, -1))


@pytest.mark.parametrize("reference", [None, OTHER])
def test_resampled_values_are_those_of_another_sequence(reference):
    value = shown(ablation_tap(MODEL, [head(1, 2)], "resample", BATCH, reference=reference, seed=3), HEADS)
    source = capture(MODEL, (reference or BATCH).tokens, None, [HEADS])[HEADS][:, :, 2]
    for row in range(6):
        (found,) = [n for n in range(len(source)) if torch.allclose(value[row, :, 2], source[n], atol=1e-6)]
        assert reference is not None or found != row
    again = shown(ablation_tap(MODEL, [head(1, 2)], "resample", BATCH, reference=reference, seed=3), HEADS)
    assert torch.equal(value, again)


def test_chunks_make_no_difference():
    for method in METHODS:
        tap = ablation_tap(MODEL, [head(0, 1), mlp(1)], method, BATCH)
        torch.testing.assert_close(logits_of(MODEL, BATCH, tap, chunk=4), logits_of(MODEL, BATCH, tap))


def test_a_table_of_every_head_and_mlp():
    rows = ablation_table(MODEL, BATCH, seed=1).to_pylist()
    assert len(rows) == 10 * 3
    untouched = mean_loss(logits_of(MODEL, BATCH), BATCH)
    for row in rows:
        assert row["change"] == pytest.approx(row["loss"] - untouched)
    (row,) = ablation_table(MODEL, BATCH, [[head(0, 1), mlp(0)]], ["zero"]).to_pylist()
    assert row["parts"] == "0.1 + 0.mlp"
    assert row["loss"] == mean_loss(ablate(MODEL, [head(0, 1), mlp(0)], "zero", BATCH), BATCH)


def test_all_but_some_heads():
    rest = all_but(MODEL, [head(0, 1), head(1, 3)])
    assert len(rest) == 6
    assert head(0, 1) not in rest
    assert all(part.head is not None for part in rest)


def test_worlds_with_features_and_targets_of_their_own():
    world = Counter(shown="features")
    model = CONFIG.build(vocab=7, feature_size=5, length=world.length, seed=0)
    batch = world.batch(0, 0, 8)
    rows = ablation_table(model, batch).to_pylist()
    assert max(abs(row["change"]) for row in rows) > 1e-3


def test_wrong_requests_are_refused(unchecked):
    with pytest.raises(UsageError, match="unknown ablation 'men'; did you mean 'mean'"):
        ablation_tap(MODEL, [head(0, 0)], "men", BATCH)
    with pytest.raises(UsageError, match="given 9"):
        ablation_tap(MODEL, [head(0, 9)], "zero", BATCH)
    with pytest.raises(UsageError, match="at least two sequences"):
        ablation_tap(MODEL, [head(0, 0)], "resample", sequences(BATCH.tokens[:1]))
    with pytest.raises(UsageError, match=r"as long as the batch \(10 positions\), given 8"):
        ablation_tap(MODEL, [head(0, 0)], "resample", BATCH, reference=sequences(OTHER.tokens[:, :8]))
