"""GPT-NeoX (Black et al. 2022; Pythia, Biderman et al. 2023): parallel blocks with two norms, partial rotary."""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from ontogeny.models.huggingface.architecture import Architecture, Described, Weight, linear, same
from ontogeny.models.huggingface.rotary import read_rotary, share_of
from ontogeny.models.huggingface.settings import Settings
from ontogeny.models.transformer import Transformer

ACTIVATIONS = {"gelu": "gelu", "gelu_new": "gelu_new", "gelu_fast": "gelu_new", "relu": "relu"}


def read(settings: Settings) -> Described:
    settings.without_effect(["attention_dropout", "hidden_dropout", "classifier_dropout"])
    width, heads = settings.integer("hidden_size"), settings.integer("num_attention_heads")
    rotary = read_rotary(settings, base="rotary_emb_base", share="rotary_pct", default_share=0.25)
    config = Transformer(
        layers=settings.integer("num_hidden_layers"),
        width=width,
        heads=heads,
        mlp=settings.integer("intermediate_size"),
        activation=settings.choice("hidden_act", "gelu", ACTIVATIONS),  # type: ignore[arg-type]
        block="parallel_two_norms" if settings.flag("use_parallel_residual", True) else "pre_norm",
        rotary_style="half_split",
        rotary_width=int(width // heads * rotary.share),
        rotary_base=rotary.base,
        norm_epsilon=settings.number("layer_norm_eps", 1e-5),
        attention_biases=settings.flag("attention_bias", True),
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
        "intermediate_size": config.mlp,
        "hidden_act": config.activation,
        "use_parallel_residual": config.block != "pre_norm",
        "rotary_pct": share_of(config.rotated, config.head_width),
        "rotary_emb_base": config.rotary_base,
        "layer_norm_eps": config.norm_epsilon,
        "attention_bias": config.attention_biases,
        "tie_word_embeddings": config.tied,
        "initializer_range": config.initial_scale,
    }


def weights(config: Transformer) -> list[Weight]:
    found = [
        same("token_table.weight", "gpt_neox.embed_in.weight"),
        *linear("final_norm", "gpt_neox.final_layer_norm", bias=True),
    ]
    if not config.tied:
        found.append(same("head.weight", "embed_out.weight"))
    biases = config.attention_biases
    for layer in range(config.layers):
        ours, theirs = f"layers.{layer}", f"gpt_neox.layers.{layer}"
        found += linear(f"{ours}.attention_norm", f"{theirs}.input_layernorm", bias=True)
        found += linear(f"{ours}.mlp_norm", f"{theirs}.post_attention_layernorm", bias=True)
        for part in ["weight", "bias"] if biases else ["weight"]:
            name = f"{theirs}.attention.query_key_value.{part}"
            found.append(Weight(f"{ours}.attention.input.{part}", (name,), _join, _split))
        found += linear(f"{ours}.attention.output", f"{theirs}.attention.dense", bias=biases)
        found += linear(f"{ours}.mlp.input", f"{theirs}.mlp.dense_h_to_4h", bias=True)
        found += linear(f"{ours}.mlp.output", f"{theirs}.mlp.dense_4h_to_h", bias=True)
    return found


def _join(parts: Sequence[Tensor], config: Transformer) -> Float[Tensor, "rows ..."]:
    """From (head, query | key | value) to (query | key | value, head)."""
    each = parts[0].unflatten(0, (config.heads, 3, -1)).unbind(1)  # [head, head_width, ...] each
    return torch.cat([part.flatten(0, 1) for part in each])


def _split(ours: Float[Tensor, "rows ..."], config: Transformer) -> list[Tensor]:
    return [torch.stack([part.unflatten(0, (config.heads, -1)) for part in ours.chunk(3)], dim=1).flatten(0, 2)]


GPT_NEOX = Architecture(
    kind="gpt_neox",
    class_name="GPTNeoXForCausalLM",
    read=read,
    write=write,
    weights=weights,
    prefix="gpt_neox.",
    constants=r".*\.attention\.(bias|masked_bias|rotary_emb\.inv_freq)",
    head="embed_out.weight",
    half_split=True,
)
