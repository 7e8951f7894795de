import json
from pathlib import Path

import pytest
import safetensors.torch
import torch

from ontogeny.errors import DamagedFileError, OntogenyError, UsageError
from ontogeny.models import Transformer, TransformerModel
from ontogeny.models.huggingface import load, load_state, save

pytest.importorskip("transformers")

import transformers

from peers import GPT2, LAYERS, LENGTH, NEOX, PEERS, VOCAB, peer, residuals, tokens

each_peer = pytest.mark.parametrize("name", PEERS)


def folder_of(model: transformers.PreTrainedModel, path: Path, **options: object) -> Path:
    model.save_pretrained(path, **options)
    return path


def change_config(folder: Path, **changes: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def greedy(model: TransformerModel, prompt: torch.Tensor, count: int) -> torch.Tensor:
    cache, written = model.start_cache(len(prompt)), prompt
    with torch.no_grad():
        for _ in range(count):
            fresh = written[:, cache.position :]
            written = torch.cat((written, model(fresh, cache=cache)[:, -1:].argmax(-1)), dim=1)
    return written


@each_peer
def test_every_layer_and_the_logits_equal_those_of_transformers(name, tmp_path):
    reference = peer(name)
    model = load(folder_of(reference, tmp_path / "theirs"))
    ids = tokens()
    expected, logits = residuals(reference, ids)
    found = {}
    with torch.no_grad():
        result = model(ids, tap=lambda name, value: found.setdefault(name, value))
    stations = ["embed", *(f"layers.{layer}.residual_out" for layer in range(LAYERS))]
    for station, value in zip(stations, expected, strict=True):
        torch.testing.assert_close(found[station], value, atol=1e-6, rtol=0)
    torch.testing.assert_close(result, logits, atol=1e-6, rtol=0)
    assert not model.training


@each_peer
def test_greedy_tokens_are_equal(name, tmp_path):
    reference = peer(name)
    prompt = tokens(length=6)
    expected = reference.generate(prompt, max_new_tokens=12, do_sample=False)
    assert torch.equal(greedy(load(folder_of(reference, tmp_path / "theirs")), prompt, 12), expected)


@each_peer
def test_a_model_comes_back_from_us_with_the_same_bits(name, tmp_path):
    reference = peer(name)
    save(load(folder_of(reference, tmp_path / "theirs")), tmp_path / "ours", PEERS[name][0])
    theirs, ours = (safetensors.torch.load_file(tmp_path / who / "model.safetensors") for who in ("theirs", "ours"))
    assert theirs.keys() == ours.keys()
    assert all(torch.equal(theirs[key], ours[key]) for key in theirs)
    opened = type(reference).from_pretrained(tmp_path / "ours", attn_implementation="eager").eval()
    with torch.no_grad():
        assert torch.equal(opened(tokens()).logits, reference(tokens()).logits)
    assert load(tmp_path / "ours").config == load(tmp_path / "theirs").config


@pytest.mark.parametrize("kind", ["gpt_neox", "llama"])
def test_a_model_trained_here_is_opened_by_transformers(kind, tmp_path):
    """Interleaved rotary pairs become half-split ones: the same function."""
    llama = {"norm": "rms", "activation": "gated", "attention_biases": False, "mlp_biases": False, "key_value_heads": 2}
    config = Transformer(layers=2, width=32, heads=4, mlp=48, initial_scale=0.2, **llama if kind == "llama" else {})
    model = config.build(vocab=VOCAB, feature_size=0, length=LENGTH, seed=0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):
                parameter.normal_(generator=torch.Generator().manual_seed(0))
    save(model, tmp_path / "ours", kind)
    opened = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "ours").eval()
    with torch.no_grad():
        torch.testing.assert_close(opened(tokens()).logits, model(tokens()), atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(load(tmp_path / "ours")(tokens()), model(tokens()), atol=1e-5, rtol=1e-5)


def test_partial_rotary_widths_survive_their_share(tmp_path):
    config = Transformer(layers=1, width=28, heads=2, mlp=8, rotary_width=6, rotary_style="half_split")
    save(config.build(vocab=5, feature_size=0, length=8, seed=0), tmp_path / "ours", "gpt_neox")
    assert load(tmp_path / "ours").config.rotated == 6


@pytest.mark.parametrize("name", ["gpt2", "llama"])
def test_shards_with_an_index(name, tmp_path):
    reference = peer(name)
    folder = folder_of(reference, tmp_path / "theirs", max_shard_size="20KB")
    assert len(list(folder.glob("model-*.safetensors"))) > 2
    with torch.no_grad():
        torch.testing.assert_close(load(folder)(tokens()), reference(tokens()).logits, atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    ("name", "rename"),
    [
        ("gpt2", lambda key: key.removeprefix("transformer.")),
        ("opt", lambda key: key.removeprefix("model.")),
        ("opt", lambda key: key.removeprefix("model.decoder.")),
        ("gpt_neox", lambda key: "lm_head.weight" if key == "embed_out.weight" else key),
    ],
)
def test_names_of_published_folders_are_understood(name, rename, tmp_path):
    folder = folder_of(peer(name), tmp_path / "theirs")
    path = folder / "model.safetensors"
    stored = {rename(key): value for key, value in safetensors.torch.load_file(path).items()}
    if name == "gpt2":
        stored["h.0.attn.bias"] = torch.ones(1, 1, LENGTH, LENGTH).bool()
    safetensors.torch.save_file(stored, path)
    with torch.no_grad():
        torch.testing.assert_close(load(folder)(tokens()), peer(name)(tokens()).logits, atol=1e-6, rtol=0)


def test_settings_as_transformers_4_wrote_them(tmp_path):
    folder = folder_of(peer("llama", rope_theta=77.0), tmp_path / "theirs")
    settings = json.loads((folder / "config.json").read_text())
    del settings["rope_parameters"]
    (folder / "config.json").write_text(json.dumps(settings | {"rope_theta": 77.0, "rope_scaling": None}))
    with torch.no_grad():
        expected = peer("llama", rope_theta=77.0)(tokens()).logits
        torch.testing.assert_close(load(folder)(tokens()), expected, atol=1e-6, rtol=0)


def test_a_base_within_rope_scaling_is_read(tmp_path):
    folder = folder_of(peer("llama", rope_theta=77.0), tmp_path / "theirs")
    settings = json.loads((folder / "config.json").read_text())
    del settings["rope_parameters"]
    settings |= {"rope_scaling": {"rope_type": "default", "rope_theta": 77.0}}
    (folder / "config.json").write_text(json.dumps(settings))
    assert load(folder).config.rotary_base == 77.0


def test_one_weight_under_two_names_must_be_the_same(tmp_path):
    folder = folder_of(peer("gpt2"), tmp_path / "theirs")
    path = folder / "model.safetensors"
    stored = safetensors.torch.load_file(path)
    safetensors.torch.save_file(stored | {"wpe.weight": stored["transformer.wpe.weight"].clone()}, path)
    load(folder)
    safetensors.torch.save_file(stored | {"wpe.weight": torch.zeros_like(stored["transformer.wpe.weight"])}, path)
    with pytest.raises(UsageError, match=r"wpe\.weight and .*wpe\.weight are the same weight and differ"):
        load(folder)


def test_a_model_that_began_with_planted_heads_is_saved(tmp_path):
    config = Transformer(
        layers=1,
        width=24,
        heads=2,
        mlp=8,
        planted=("association",),
        positions="learned",
        activation="gelu_new",
        tied=True,
    )
    model = config.build(vocab=VOCAB, feature_size=0, length=8, seed=0)
    save(model, tmp_path / "ours", "gpt2")
    with torch.no_grad():
        ids = tokens(length=8)
        torch.testing.assert_close(load(tmp_path / "ours")(ids), model(ids), atol=1e-6, rtol=0)


def test_weights_stored_in_half_precision_are_read_as_fp32(tmp_path):
    model = load(folder_of(peer("gpt2").half(), tmp_path / "theirs"))
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert torch.equal(model.token_table.weight, peer("gpt2").transformer.wte.weight.half().float())


def test_tied_weights_stay_one_parameter(tmp_path):
    model = load(folder_of(peer("gpt2"), tmp_path / "theirs"))
    assert model.head.weight is model.token_table.weight


def test_a_stored_head_that_is_tied_must_be_the_table(tmp_path):
    folder = folder_of(peer("gpt2"), tmp_path / "theirs")
    path = folder / "model.safetensors"
    stored = safetensors.torch.load_file(path)
    for factor in (1.0, 2.0):
        head = {"lm_head.weight": stored["transformer.wte.weight"] * factor}
        safetensors.torch.save_file(stored | head, path)
        if factor == 1.0:
            load(folder)
    with pytest.raises(UsageError, match=r"tie_word_embeddings is true, but lm_head\.weight and .* differ"):
        load(folder)


def test_state_dicts_in_memory():
    reference = peer("codegen")
    model = load_state("codegen", reference.config.to_dict(), reference.state_dict())
    with torch.no_grad():
        torch.testing.assert_close(model(tokens()), reference(tokens()).logits, atol=1e-6, rtol=0)


def test_foreign_and_missing_weights_are_named():
    reference = peer("codegen")
    state = dict(reference.state_dict())
    del state["lm_head.bias"]
    state["transformer.h.0.attn.rotary.scale"] = torch.ones(1)
    with pytest.raises(UsageError, match=r"no place for transformer\.h\.0.*\.scale; nothing for lm_head\.bias"):
        load_state("codegen", reference.config.to_dict(), state)


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("gpt2", {"vocab_size": 29}, r"transformer\.wte\.weight: expected \(29, 32\), found \(23, 32\)"),
        ("gpt2", {"n_layer": 10**8}, "100000000 layers are announced"),
        ("gpt2", {"n_embd": 2**25}, r"expected \(23, 33554432\)"),
        ("gpt2", {"n_layer": "3"}, 'n_layer: expected a whole number .*; given "3"'),
        ("gpt2", {"n_layer": True}, "n_layer: expected a whole number .*; given true"),
        ("gpt2", {"n_head": 5}, "width=32 and heads=5"),
        ("gpt2", {"scale_attn_by_inverse_layer_idx": True}, "scale_attn_by_inverse_layer_idx: supported here is false"),
        ("gpt2", {"add_cross_attention": True}, "add_cross_attention: supported here is false; given true"),
        ("gpt2", {"activation_function": "swish"}, "activation_function: supported are gelu_new.*; given \"swish\""),
        ("gpt2", {"quantization_config": {"bits": 4}}, "quantization_config"),
        ("gpt2", {"auto_map": {"AutoModel": "evil.Model"}}, "auto_map"),
        ("gpt2", {"sliding_window": 8}, "settings that are not understood here: sliding_window"),
        ("codegen", {"n_head": 2}, "multiple of 4; given 2"),
        ("opt", {"do_layer_norm_before": False}, "do_layer_norm_before: supported here is true; given false"),
        ("opt", {"word_embed_proj_dim": 16}, "word_embed_proj_dim: supported here is 32; given 16"),
        ("llama", {"rope_parameters": {"rope_type": "yarn", "factor": 2.0}}, "rope_parameters: rope_type: .*yarn"),
        ("llama", {"rope_scaling": {"type": "linear", "factor": 2.0}}, "rope_scaling: type: .*linear"),
        ("llama", {"rope_parameters": {"rope_type": "llama3"}}, "rope_parameters: rope_type: .*llama3"),
        ("llama", {"rope_scaling": {"type": "dynamic", "factor": 2.0}}, "rope_scaling: type: .*dynamic"),
        ("gpt_neox", {"rope_parameters": {"rope_type": "longrope"}}, "rope_parameters: rope_type: .*longrope"),
        ("gpt_neox", {"rope_scaling": {"type": "linear", "factor": 2.0}}, "rope_scaling: type: .*linear"),
        ("gpt_neox", {"rope_scaling": {"rope_type": "default", "factor": 2.0}}, "rope_scaling: settings .*: factor"),
        ("llama", {"head_dim": 16}, "head_dim: supported here is 8; given 16"),
        ("llama", {"hidden_act": "gelu"}, "hidden_act: supported are silu"),
        ("llama", {"num_key_value_heads": 3}, "heads=4 and key_value_heads=3"),
        ("llama", {"rms_norm_eps": 0}, "rms_norm_eps: expected a number above 0"),
        ("gpt2", {"model_type": "bert"}, "model_type: supported are gpt2, codegen, opt, gpt_neox, llama; given 'bert'"),
    ],
)  # fmt: skip
def test_what_is_not_supported_is_named(name, changes, message, tmp_path):
    folder = folder_of(peer(name), tmp_path / "theirs")
    change_config(folder, **changes)
    with pytest.raises(UsageError, match=message) as caught:
        load(folder)
    assert str(folder) in str(caught.value)


def test_a_missing_size_is_named(tmp_path):
    folder = folder_of(peer("opt"), tmp_path / "theirs")
    path = folder / "config.json"
    settings = json.loads(path.read_text())
    del settings["ffn_dim"]
    path.write_text(json.dumps(settings))
    with pytest.raises(UsageError, match=r"ffn_dim: expected a whole number .*; it is missing"):
        load(folder)


def test_no_folder_and_broken_settings(tmp_path):
    with pytest.raises(OntogenyError, match=r"config\.json is missing"):
        load(tmp_path / "nowhere")
    (tmp_path / "config.json").write_text("[" * 100_000)
    with pytest.raises(DamagedFileError, match="not readable as JSON"):
        load(tmp_path)
    (tmp_path / "config.json").write_text("[1]")
    with pytest.raises(DamagedFileError, match="expected settings in braces, found list"):
        load(tmp_path)


def test_what_an_architecture_cannot_hold_is_named(tmp_path):
    config = Transformer(layers=1, width=8, heads=2, mlp=8, mask="prefix", norm="rms")
    model = config.build(vocab=5, feature_size=0, length=8, seed=0)
    with pytest.raises(UsageError, match=r"gpt_neox cannot hold this model: mask='prefix' .*norm='rms' \(it would be"):
        save(model, tmp_path / "ours", "gpt_neox")
    with pytest.raises(UsageError, match="did you mean 'gpt_neox'"):
        save(model, tmp_path / "ours", "gpt_neo")
    features = Transformer(layers=1, width=8, heads=2, mlp=8).build(vocab=5, feature_size=3, length=8, seed=0)
    with pytest.raises(UsageError, match="feature_size=3"):
        save(features, tmp_path / "ours", "gpt_neox")
    assert not (tmp_path / "ours").exists()


def test_nothing_is_written_among_other_files(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    model = Transformer(layers=1, width=8, heads=2, mlp=8).build(vocab=5, feature_size=0, length=8, seed=0)
    with pytest.raises(UsageError, match="is not empty"):
        save(model, tmp_path, "gpt_neox")


def test_settings_given_here_are_those_transformers_knows():
    """A misspelt key would be ignored by transformers and tested for nothing."""
    assert GPT2.keys() <= transformers.GPT2Config().to_dict().keys()
    assert NEOX.keys() <= transformers.GPTNeoXConfig().to_dict().keys()
