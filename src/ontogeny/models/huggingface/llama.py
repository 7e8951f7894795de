"""LLaMA (Touvron et al. 2023): RMS norms, gated MLP, rotary positions, keys and values shared by heads."""

from typing import Any

from ontogeny.errors import UsageError
from ontogeny.models.huggingface.architecture import (
    Architecture,
    Described,
    Weight,
    attention_rows,
    linear,
    same,
    stacked,
)
from ontogeny.models.huggingface.rotary import read_rotary
from ontogeny.models.huggingface.settings import Settings
from ontogeny.models.transformer import Transformer


def read(settings: Settings) -> Described:
    settings.without_effect(["attention_dropout", "pretraining_tp"])
    settings.choice("hidden_act", "silu", {"silu": "gated"})
    width, heads = settings.integer("hidden_size"), settings.integer("num_attention_heads")
    settings.only("head_dim", width // heads)
    rotary = read_rotary(settings, base="rope_theta", share="partial_rotary_factor", default_share=1.0)
    if rotary.share != 1.0:
        raise UsageError(f"{settings.where}: partial_rotary_factor: supported here is 1; given {rotary.share}")
    shared = settings.integer("num_key_value_heads", heads)
    config = Transformer(
        layers=settings.integer("num_hidden_layers"),
        width=width,
        heads=heads,
        key_value_heads=None if shared == heads else shared,
        mlp=settings.integer("intermediate_size"),
        activation="gated",
        rotary_style="half_split",
        rotary_base=rotary.base,
        norm="rms",
        norm_epsilon=settings.number("rms_norm_eps", 1e-6),
        attention_biases=settings.flag("attention_bias", False),
        mlp_biases=settings.flag("mlp_bias", False),
        tied=settings.flag("tie_word_embeddings", False),
        initial_scale=settings.number("initializer_range", 0.02),
        scaled_residuals=False,
    )
    return Described(config, settings.integer("vocab_size"), settings.integer("max_position_embeddings"))


def write(config: Transformer) -> dict[str, Any]:
    return {
        "num_hidden_layers": config.layers,
        "hidden_size": config.width,
        "num_attention_heads": config.heads,
        "num_key_value_heads": config.key_heads,
        "intermediate_size": config.mlp,
        "hidden_act": "silu",
        "rope_theta": config.rotary_base,
        "rms_norm_eps": config.norm_epsilon,
        "attention_bias": config.attention_biases,
        "mlp_bias": config.mlp_biases,
        "tie_word_embeddings": config.tied,
        "initializer_range": config.initial_scale,
    }


def weights(config: Transformer) -> list[Weight]:
    found = [
        same("token_table.weight", "model.embed_tokens.weight"),
        same("final_norm.weight", "model.norm.weight"),
    ]
    if not config.tied:
        found.append(same("head.weight", "lm_head.weight"))
    for layer in range(config.layers):
        ours, theirs = f"layers.{layer}", f"model.layers.{layer}"
        found += linear(f"{ours}.attention_norm", f"{theirs}.input_layernorm", bias=False)
        found += linear(f"{ours}.mlp_norm", f"{theirs}.post_attention_layernorm", bias=False)
        for part in ["weight", "bias"] if config.attention_biases else ["weight"]:
            names = [f"{theirs}.self_attn.{name}_proj.{part}" for name in "qkv"]
            found.append(stacked(f"{ours}.attention.input.{part}", names, attention_rows))
        for part in ["weight", "bias"] if config.mlp_biases else ["weight"]:
            names = [f"{theirs}.mlp.{name}_proj.{part}" for name in ("gate", "up")]
            found.append(stacked(f"{ours}.mlp.input.{part}", names, lambda config: [config.mlp, config.mlp]))
        found += linear(f"{ours}.attention.output", f"{theirs}.self_attn.o_proj", bias=config.attention_biases)
        found += linear(f"{ours}.mlp.output", f"{theirs}.mlp.down_proj", bias=config.mlp_biases)
    return found


LLAMA = Architecture(
    kind="llama",
    class_name="LlamaForCausalLM",
    read=read,
    write=write,
    weights=weights,
    prefix="model.",
    constants=r".*\.rotary_emb\.inv_freq",
    half_split=True,
)
