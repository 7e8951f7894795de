"""CodeGen (Nijkamp et al. 2022): parallel blocks with one norm, partial interleaved rotary positions."""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from ontogeny.errors import UsageError
from ontogeny.models.huggingface.architecture import Architecture, Described, Weight, linear, same
from ontogeny.models.huggingface.gpt2 import ACTIVATIONS, SUMMARY
from ontogeny.models.huggingface.settings import Settings
from ontogeny.models.transformer import Transformer

SLICES = 4
"""CodeGen's fused projection is laid out for four processors, each with its heads' queries, values and keys."""


def read(settings: Settings) -> Described:
    settings.without_effect(["resid_pdrop", "embd_pdrop", "attn_pdrop", "n_ctx"])
    settings.only("scale_attn_weights", True)
    settings.without_effect(f"summary_{part}" for part in SUMMARY)
    width, heads = settings.integer("n_embd"), settings.integer("n_head")
    if heads % SLICES:
        raise UsageError(f"{settings.where}: n_head: CodeGen's must be a multiple of {SLICES}; given {heads}")
    config = Transformer(
        layers=settings.integer("n_layer"),
        width=width,
        heads=heads,
        mlp=settings.integer("n_inner", 4 * width),
        activation=settings.choice("activation_function", "gelu_new", ACTIVATIONS),  # type: ignore[arg-type]
        block="parallel",
        rotary_width=settings.integer("rotary_dim"),
        norm_epsilon=settings.number("layer_norm_epsilon", 1e-5),
        attention_biases=False,
        head_bias=True,
        tied=settings.flag("tie_word_embeddings", False),
        initial_scale=settings.number("initializer_range", 0.02),
        scaled_residuals=False,
    )
    return Described(config, settings.integer("vocab_size"), settings.integer("n_positions"))


def write(config: Transformer) -> dict[str, Any]:
    return {
        "n_layer": config.layers,
        "n_embd": config.width,
        "n_head": config.heads,
        "n_inner": config.mlp,
        "activation_function": config.activation,
        "rotary_dim": config.rotated,
        "layer_norm_epsilon": config.norm_epsilon,
        "tie_word_embeddings": config.tied,
        "initializer_range": config.initial_scale,
    }


def weights(config: Transformer) -> list[Weight]:
    found = [
        same("token_table.weight", "transformer.wte.weight"),
        *linear("final_norm", "transformer.ln_f", bias=True),
        same("head.bias", "lm_head.bias"),
    ]
    if not config.tied:
        found.append(same("head.weight", "lm_head.weight"))
    for layer in range(config.layers):
        ours, theirs = f"layers.{layer}", f"transformer.h.{layer}"
        found += linear(f"{ours}.attention_norm", f"{theirs}.ln_1", bias=True)
        found.append(Weight(f"{ours}.attention.input.weight", (f"{theirs}.attn.qkv_proj.weight",), _join, _split))
        found += linear(f"{ours}.attention.output", f"{theirs}.attn.out_proj", bias=False)
        found += linear(f"{ours}.mlp.input", f"{theirs}.mlp.fc_in", bias=True)
        found += linear(f"{ours}.mlp.output", f"{theirs}.mlp.fc_out", bias=True)
    return found


def _join(parts: Sequence[Tensor], config: Transformer) -> Float[Tensor, "rows width"]:
    """From (slice, query | value | key, heads of the slice) to (query | key | value, all heads)."""
    query, value, key = parts[0].unflatten(0, (SLICES, 3, -1)).unbind(1)  # [slice, rows, width] each
    return torch.cat([part.flatten(0, 1) for part in (query, key, value)])


def _split(ours: Float[Tensor, "rows width"], config: Transformer) -> list[Tensor]:
    query, key, value = (part.unflatten(0, (SLICES, -1)) for part in ours.chunk(3))
    return [torch.stack((query, value, key), dim=1).flatten(0, 2)]


CODEGEN = Architecture(
    kind="codegen",
    class_name="CodeGenForCausalLM",
    read=read,
    write=write,
    weights=weights,
    prefix="transformer.",
    length="n_positions",
    constants=r".*\.attn\.(causal_mask|bias|masked_bias|embed_positions)",
)
