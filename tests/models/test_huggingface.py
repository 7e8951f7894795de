import pytest
import torch

from ontogeny.errors import UsageError
from ontogeny.models import codegen
from ontogeny.models.huggingface import load_codegen

transformers = pytest.importorskip("transformers")

LAYERS = 3


def peer(heads: int = 8, rotary_width: int = 4):
    config = transformers.CodeGenConfig(
        vocab_size=23, n_positions=16, n_ctx=16, n_embd=64, n_layer=LAYERS, n_head=heads, rotary_dim=rotary_width,
        resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    torch.manual_seed(0)
    model = transformers.CodeGenForCausalLM(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():  # also biases and gains: zeros and ones would hide a mix-up
            parameter.add_(torch.randn_like(parameter) * 0.05)
    return model


def ours(heads: int = 8, rotary_width: int = 4):
    config = codegen(layers=LAYERS, width=64, heads=heads, rotary_width=rotary_width)
    return config.build(vocab=23, feature_size=0, length=16, seed=0)


@pytest.mark.parametrize(("heads", "rotary_width"), [(4, 8), (8, 4), (8, 8)])
def test_codegen_equals_hugging_face_at_every_layer(heads, rotary_width):
    reference, model = peer(heads, rotary_width), ours(heads, rotary_width)
    load_codegen(model, reference.state_dict())
    tokens = torch.randint(0, 23, (3, 16), generator=torch.Generator().manual_seed(1))
    expected = []
    for block in reference.transformer.h:
        block.register_forward_hook(lambda _module, _inputs, output: expected.append(output[0]))
    found = {}
    with torch.no_grad():
        logits = reference(tokens).logits
        result = model(tokens, tap=lambda name, value: found.setdefault(name, value))
    torch.testing.assert_close(result, logits, atol=1e-6, rtol=1e-6)
    assert len(expected) == LAYERS
    for layer, value in enumerate(expected):
        torch.testing.assert_close(found[f"layers.{layer}.residual_out"], value, atol=1e-6, rtol=1e-6)


def test_old_checkpoints_with_stored_masks_are_read():
    state = peer().state_dict() | {"transformer.h.0.attn.causal_mask": torch.ones(1, 1, 16, 16)}
    load_codegen(ours(), state)


def test_foreign_and_missing_keys_are_named_and_nothing_is_loaded():
    model = ours()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = dict(peer().state_dict())
    del state["lm_head.bias"]
    state["transformer.h.0.attn.rotary.scale"] = torch.ones(1)
    with pytest.raises(UsageError, match=r"transformer\.h\.0\.attn\.rotary\.scale.*head\.bias"):
        load_codegen(model, state)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_another_size_is_refused():
    config = codegen(layers=LAYERS, width=64, heads=8, rotary_width=4)
    with pytest.raises(UsageError, match=r"token_table\.weight: expected shape \(29, 64\), given \(23, 64\)"):
        load_codegen(config.build(vocab=29, feature_size=0, length=16, seed=0), peer().state_dict())


def test_heads_that_codegen_cannot_split_are_refused():
    model = codegen(layers=LAYERS, width=64, heads=2, rotary_width=4).build(vocab=23, feature_size=0, length=16, seed=0)
    with pytest.raises(UsageError, match="heads divisible by 4"):
        load_codegen(model, {})
