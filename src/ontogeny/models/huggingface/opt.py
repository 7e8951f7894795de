"""OPT (Zhang et al. 2022): GPT-2's block with ReLU, separate projections, and positions that start at row 2."""

from typing import Any

from ontogeny.models.huggingface.architecture import (
    Architecture,
    Described,
    Weight,
    attention_rows,
    linear,
    same,
    stacked,
)
from ontogeny.models.huggingface.settings import Settings
from ontogeny.models.transformer import Transformer

ACTIVATIONS = {"relu": "relu", "gelu": "gelu", "gelu_new": "gelu_new"}
OFFSET = 2


def read(settings: Settings) -> Described:
    settings.only("do_layer_norm_before", True)
    settings.only("_remove_final_layer_norm", False)
    settings.only("layer_norm_elementwise_affine", True)
    settings.without_effect(["dropout", "attention_dropout", "activation_dropout", "layerdrop"])
    width = settings.integer("hidden_size")
    settings.only("word_embed_proj_dim", width)
    biases = settings.flag("enable_bias", True)
    config = Transformer(
        layers=settings.integer("num_hidden_layers"),
        width=width,
        heads=settings.integer("num_attention_heads"),
        mlp=settings.integer("ffn_dim"),
        activation=settings.choice("activation_function", "relu", ACTIVATIONS),  # type: ignore[arg-type]
        positions="learned",
        position_offset=OFFSET,
        attention_biases=biases,
        mlp_biases=biases,
        tied=settings.flag("tie_word_embeddings", True),
        initial_scale=settings.number("init_std", 0.02),
        scaled_residuals=False,
    )
    return Described(config, settings.integer("vocab_size"), settings.integer("max_position_embeddings"))


def write(config: Transformer) -> dict[str, Any]:
    return {
        "num_hidden_layers": config.layers,
        "hidden_size": config.width,
        "word_embed_proj_dim": config.width,
        "num_attention_heads": config.heads,
        "ffn_dim": config.mlp,
        "activation_function": config.activation,
        "enable_bias": config.attention_biases,
        "tie_word_embeddings": config.tied,
        "init_std": config.initial_scale,
        "dropout": 0.0,
    }


def weights(config: Transformer) -> list[Weight]:
    top, biases = "model.decoder", config.attention_biases
    found = [
        same("token_table.weight", f"{top}.embed_tokens.weight"),
        same("position_table.weight", f"{top}.embed_positions.weight"),
        *linear("final_norm", f"{top}.final_layer_norm", bias=True),
    ]
    if not config.tied:
        found.append(same("head.weight", "lm_head.weight"))
    for layer in range(config.layers):
        ours, theirs = f"layers.{layer}", f"{top}.layers.{layer}"
        found += linear(f"{ours}.attention_norm", f"{theirs}.self_attn_layer_norm", bias=True)
        found += linear(f"{ours}.mlp_norm", f"{theirs}.final_layer_norm", bias=True)
        for part in ["weight", "bias"] if biases else ["weight"]:
            names = [f"{theirs}.self_attn.{name}_proj.{part}" for name in "qkv"]
            found.append(stacked(f"{ours}.attention.input.{part}", names, attention_rows))
        found += linear(f"{ours}.attention.output", f"{theirs}.self_attn.out_proj", bias=biases)
        found += linear(f"{ours}.mlp.input", f"{theirs}.fc1", bias=biases)
        found += linear(f"{ours}.mlp.output", f"{theirs}.fc2", bias=biases)
    return found


OPT = Architecture(
    kind="opt",
    class_name="OPTForCausalLM",
    read=read,
    write=write,
    weights=weights,
    prefix="model.decoder.",
    constants=r"(?!)",
)
