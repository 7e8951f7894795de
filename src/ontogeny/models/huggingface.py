"""Weights in Hugging Face's layouts (CodeGen), read from plain state dicts; transformers itself is not needed."""

import re
from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from ontogeny.errors import UsageError
from ontogeny.models.network import TransformerModel

_CODEGEN_SLICES = 4
"""CodeGen's fused projection is laid out for four processors, each with its heads' queries, values and keys."""

_CODEGEN_NAMES = {
    "transformer.wte.weight": "token_table.weight",
    "transformer.ln_f.weight": "final_norm.weight",
    "transformer.ln_f.bias": "final_norm.bias",
    "lm_head.weight": "head.weight",
    "lm_head.bias": "head.bias",
}
_CODEGEN_LAYER_NAMES = {
    "ln_1.weight": "attention_norm.weight",
    "ln_1.bias": "attention_norm.bias",
    "attn.qkv_proj.weight": "attention.input.weight",
    "attn.out_proj.weight": "attention.output.weight",
    "mlp.fc_in.weight": "mlp.input.weight",
    "mlp.fc_in.bias": "mlp.input.bias",
    "mlp.fc_out.weight": "mlp.output.weight",
    "mlp.fc_out.bias": "mlp.output.bias",
}
_CODEGEN_LAYER = re.compile(r"transformer\.h\.(\d+)\.(.+)")
_CODEGEN_CONSTANTS = {"attn.causal_mask", "attn.bias", "attn.masked_bias", "attn.embed_positions"}
"""Masks and tables that older checkpoints store; they hold nothing learned."""


def load_codegen(model: TransformerModel, state: Mapping[str, Tensor]) -> None:
    """Copy the weights of a `CodeGenForCausalLM` state dict into a model built from `codegen(...)`.

    Raises:
        UsageError: names every key that has no place here, every weight that is missing, or the first whose shape
            differs; the model is then as it was.
    """
    if model.config.heads % _CODEGEN_SLICES:
        raise UsageError(f"CodeGen needs heads divisible by {_CODEGEN_SLICES}, the model has {model.config.heads}")
    ours = model.state_dict()
    renamed: dict[str, Tensor] = {}
    unknown: list[str] = []
    for key, value in state.items():
        name = _codegen_name(key)
        if name in ours:
            renamed[name] = value
        elif name is not None:
            unknown.append(key)
    missing = sorted(ours.keys() - renamed.keys())
    if unknown or missing:
        raise UsageError(
            f"not a CodeGen state dict for this configuration: no place for {sorted(unknown)}, nothing for {missing}"
        )
    for name, value in renamed.items():
        if value.shape != ours[name].shape:
            raise UsageError(f"{name}: expected shape {tuple(ours[name].shape)}, given {tuple(value.shape)}")
        if name.endswith("attention.input.weight"):
            renamed[name] = _codegen_projection(value)
    model.load_state_dict(renamed)


def _codegen_name(key: str) -> str | None:
    """Our name for CodeGen's key; None for a constant; the key itself where there is no counterpart."""
    layer = _CODEGEN_LAYER.fullmatch(key)
    if layer is None:
        return _CODEGEN_NAMES.get(key, key)
    if layer[2] in _CODEGEN_CONSTANTS:
        return None
    ours = _CODEGEN_LAYER_NAMES.get(layer[2])
    return key if ours is None else f"layers.{layer[1]}.{ours}"


def _codegen_projection(weight: Float[Tensor, "parts width"]) -> Float[Tensor, "parts width"]:
    """From (slice, query | value | key, heads of the slice) to (query | key | value, all heads)."""
    query, value, key = weight.unflatten(0, (_CODEGEN_SLICES, 3, -1)).unbind(1)  # [slice, rows, width] each
    return torch.cat([part.flatten(0, 1) for part in (query, key, value)])
