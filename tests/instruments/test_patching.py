import numpy as np
import pytest
import torch

from ontogeny.errors import UsageError
from ontogeny.instruments.capture import capture
from ontogeny.instruments.parts import Part, head, logits_of, mlp, sequences
from ontogeny.instruments.patching import patch, path_patch
from ontogeny.models import Transformer

CONFIG = Transformer(layers=3, width=16, heads=4, mlp=8, initial_scale=0.5)
MODEL = CONFIG.build(vocab=9, feature_size=0, length=10, seed=0)
ONE, OTHER = (sequences(np.random.default_rng(seed).integers(0, 9, (6, 10))) for seed in (0, 1))
FINAL = Part("final")


def test_all_of_the_embedding_is_all_of_the_input():
    torch.testing.assert_close(patch(MODEL, ONE, OTHER, [Part("embed")]), logits_of(MODEL, OTHER))


def test_nothing_else_is_patched_and_the_model_gives_the_same_bits():
    before = logits_of(MODEL, ONE)
    for part in (head(0, 1), head(2, 3), mlp(1)):
        assert torch.equal(patch(MODEL, ONE, ONE, [part]), before)
        assert not torch.allclose(patch(MODEL, ONE, OTHER, [part]), before)
        assert not torch.allclose(path_patch(MODEL, ONE, OTHER, part, [FINAL]), before)
    assert torch.equal(logits_of(MODEL, ONE), before)


def test_the_direct_path_to_the_logits_is_the_difference_of_what_is_written():
    found = path_patch(MODEL, ONE, OTHER, head(0, 2), [FINAL])
    name = "layers.0.attention.heads"
    one, other = (capture(MODEL, batch.tokens, None, [name, "layers.2.residual_out"]) for batch in (ONE, OTHER))
    change = (other[name] - one[name])[:, :, 2] @ MODEL.layers[0].attention.output.weight[:, 8:12].T
    with torch.no_grad():
        expected = MODEL.head(MODEL.final_norm(one["layers.2.residual_out"] + change))
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_a_path_into_one_query_changes_that_query_alone():
    sender, receiver = head(0, 1), Part("layers.2.attention.query", 3)
    found = path_patch(MODEL, ONE, OTHER, sender, [receiver])
    heads = [f"layers.{layer}.attention.heads" for layer in range(3)]
    one, other = (capture(MODEL, batch.tokens, None, [*heads, "layers.2.residual_in"]) for batch in (ONE, OTHER))
    change = (other[heads[0]] - one[heads[0]])[:, :, 1] @ MODEL.layers[0].attention.output.weight[:, 4:8].T
    rows = slice(12, 16)
    layer = MODEL.layers[2]

    def tap(name, value):
        if name != "layers.2.attention.query":
            return value
        normed = layer.attention_norm(one["layers.2.residual_in"] + change)
        query = (normed @ layer.attention.input.weight[rows].T + layer.attention.input.bias[rows])[:, None]
        from ontogeny.models.positions import rotary_turns, rotate

        turned = rotate(query, rotary_turns(CONFIG, range(10), query.device), interleaved=True)[:, 0]
        edited = value.clone()
        edited[:, :, 3] = turned
        return edited

    with torch.no_grad():
        torch.testing.assert_close(found, MODEL(torch.from_numpy(ONE.tokens), tap=tap), atol=1e-4, rtol=1e-4)


def test_without_anything_between_the_path_is_the_patch():
    """The last layer's heads of an attention-only model act on the logits directly, and in no other way."""
    model = Transformer(layers=2, width=16, heads=4, mlp=0, initial_scale=0.5).build(
        vocab=9, feature_size=0, length=10, seed=0
    )
    for index in range(4):
        whole = patch(model, ONE, OTHER, [head(1, index)])
        torch.testing.assert_close(path_patch(model, ONE, OTHER, head(1, index), [FINAL]), whole, atol=1e-5, rtol=1e-5)


def test_residual_stream_and_mlp_can_send():
    sent = path_patch(MODEL, ONE, OTHER, mlp(1), [Part("layers.2.attention.value")])
    assert not torch.allclose(sent, logits_of(MODEL, ONE))
    whole = path_patch(MODEL, ONE, OTHER, Part("layers.2.residual_out"), [FINAL])
    torch.testing.assert_close(whole, logits_of(MODEL, OTHER), atol=1e-5, rtol=1e-5)


def test_wrong_requests_are_refused():
    with pytest.raises(UsageError, match=r"0\.1 does not come after 1\.0"):
        path_patch(MODEL, ONE, OTHER, head(1, 0), [head(0, 1)])
    with pytest.raises(UsageError, match="two inputs of one shape"):
        patch(MODEL, ONE, sequences(OTHER.tokens[:, :5]), [head(0, 1)])
    with pytest.raises(UsageError, match="unknown activation"):
        patch(MODEL, ONE, OTHER, [mlp(3)])
