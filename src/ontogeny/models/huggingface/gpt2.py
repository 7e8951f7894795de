"""GPT-2 (Radford et al. 2019): learned positions, one block after the other, weights stored transposed."""

from typing import Any

from ontogeny.models.huggingface.architecture import Architecture, Described, Weight, linear, same, transposed
from ontogeny.models.huggingface.settings import Settings
from ontogeny.models.transformer import Transformer

ACTIVATIONS = {"gelu_new": "gelu_new", "gelu_pytorch_tanh": "gelu_new", "gelu": "gelu", "relu": "relu"}


def read(settings: Settings) -> Described:
    settings.only("scale_attn_weights", True)
    settings.only("scale_attn_by_inverse_layer_idx", False)
    settings.without_effect(["resid_pdrop", "embd_pdrop", "attn_pdrop", "n_ctx", "reorder_and_upcast_attn"])
    settings.without_effect(f"summary_{part}" for part in SUMMARY)
    width = settings.integer("n_embd")
    config = Transformer(
        layers=settings.integer("n_layer"),
        width=width,
        heads=settings.integer("n_head"),
        mlp=settings.integer("n_inner", 4 * width),
        activation=settings.choice("activation_function", "gelu_new", ACTIVATIONS),  # type: ignore[arg-type]
        positions="learned",
        norm_epsilon=settings.number("layer_norm_epsilon", 1e-5),
        tied=settings.flag("tie_word_embeddings", True),
        initial_scale=settings.number("initializer_range", 0.02),
    )
    return Described(config, settings.integer("vocab_size"), settings.integer("n_positions"))


SUMMARY = ("type", "use_proj", "activation", "proj_to_labels", "first_dropout")
"""Settings of a classifier that GPT-2 configurations carry along."""


def write(config: Transformer) -> dict[str, Any]:
    return {
        "n_layer": config.layers,
        "n_embd": config.width,
        "n_head": config.heads,
        "n_inner": config.mlp,
        "activation_function": config.activation,
        "layer_norm_epsilon": config.norm_epsilon,
        "tie_word_embeddings": config.tied,
        "initializer_range": config.initial_scale,
        "resid_pdrop": 0.0,
        "embd_pdrop": 0.0,
        "attn_pdrop": 0.0,
    }


def weights(config: Transformer) -> list[Weight]:
    found = [
        same("token_table.weight", "transformer.wte.weight"),
        same("position_table.weight", "transformer.wpe.weight"),
        *linear("final_norm", "transformer.ln_f", bias=True),
    ]
    if not config.tied:
        found.append(same("head.weight", "lm_head.weight"))
    for layer in range(config.layers):
        ours, theirs = f"layers.{layer}", f"transformer.h.{layer}"
        found += linear(f"{ours}.attention_norm", f"{theirs}.ln_1", bias=True)
        found += linear(f"{ours}.mlp_norm", f"{theirs}.ln_2", bias=True)
        for one, other in MAPS.items():
            found.append(transposed(f"{ours}.{one}.weight", f"{theirs}.{other}.weight"))
            found.append(same(f"{ours}.{one}.bias", f"{theirs}.{other}.bias"))
    return found


MAPS = {
    "attention.input": "attn.c_attn",
    "attention.output": "attn.c_proj",
    "mlp.input": "mlp.c_fc",
    "mlp.output": "mlp.c_proj",
}

GPT2 = Architecture(
    kind="gpt2",
    class_name="GPT2LMHeadModel",
    read=read,
    write=write,
    weights=weights,
    prefix="transformer.",
    length="n_positions",
    constants=r".*\.attn\.(bias|masked_bias)",
)
