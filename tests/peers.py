"""Tiny models of transformers with random weights, to hold ours against."""

from collections.abc import Mapping
from typing import Any

import torch
import transformers

VOCAB, LENGTH, LAYERS = 23, 24, 3
SPECIAL = {"bos_token_id": 0, "eos_token_id": None, "pad_token_id": None}
GPT2 = {
    "vocab_size": VOCAB, "n_positions": LENGTH, "n_embd": 32, "n_layer": LAYERS, "n_head": 4,
    "resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0, **SPECIAL,
}  # fmt: skip
CODEGEN = {**GPT2, "n_embd": 64, "n_ctx": LENGTH, "n_head": 8, "rotary_dim": 4}
OPT = {
    "vocab_size": VOCAB, "max_position_embeddings": LENGTH, "hidden_size": 32, "num_hidden_layers": LAYERS,
    "num_attention_heads": 4, "ffn_dim": 48, "dropout": 0.0, **SPECIAL,
}  # fmt: skip
NEOX = {
    "vocab_size": VOCAB, "max_position_embeddings": LENGTH, "hidden_size": 32, "num_hidden_layers": LAYERS,
    "num_attention_heads": 4, "intermediate_size": 48, **SPECIAL,
}  # fmt: skip
LLAMA = {**NEOX, "num_key_value_heads": 2}
PEERS: Mapping[str, tuple[str, str, dict[str, Any]]] = {
    "gpt2": ("gpt2", "GPT2", GPT2),
    "gpt2_untied": ("gpt2", "GPT2", {**GPT2, "tie_word_embeddings": False, "n_inner": 40,
                                     "activation_function": "relu"}),
    "codegen": ("codegen", "CodeGen", CODEGEN),
    "codegen_wide": ("codegen", "CodeGen", {**CODEGEN, "n_head": 4, "rotary_dim": 8, "n_inner": 96}),
    "opt": ("opt", "OPT", OPT),
    "opt_no_biases": ("opt", "OPT", {**OPT, "enable_bias": False, "tie_word_embeddings": False}),
    "gpt_neox": ("gpt_neox", "GPTNeoX", NEOX),
    "gpt_neox_serial": ("gpt_neox", "GPTNeoX", {**NEOX, "use_parallel_residual": False, "rotary_pct": 1.0}),
    "gpt_neox_tied": ("gpt_neox", "GPTNeoX", {**NEOX, "tie_word_embeddings": True, "attention_bias": False,
                                              "rotary_emb_base": 500, "rotary_pct": 0.5}),
    "llama": ("llama", "Llama", LLAMA),
    "llama_full": ("llama", "Llama", {**LLAMA, "num_key_value_heads": 4, "attention_bias": True, "mlp_bias": True,
                                      "tie_word_embeddings": True, "rope_theta": 500.0}),
}  # fmt: skip
"""model_type, the names of its classes, settings."""


def peer(name: str, **changes: Any) -> transformers.PreTrainedModel:
    """A model of transformers in evaluation mode; gains and biases are random too, so that no mix-up can hide."""
    _, classes, settings = PEERS[name]
    config = getattr(transformers, f"{classes}Config")(**settings | changes)
    kind = "GPT2LMHeadModel" if classes == "GPT2" else f"{classes}ForCausalLM"
    config._attn_implementation = "eager"
    torch.manual_seed(0)
    model = getattr(transformers, kind)(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    return model


def tokens(batch: int = 3, length: int = LENGTH, seed: int = 1) -> torch.Tensor:
    return torch.randint(0, VOCAB, (batch, length), generator=torch.Generator().manual_seed(seed))


def residuals(model: transformers.PreTrainedModel, ids: torch.Tensor) -> tuple[list[torch.Tensor], torch.Tensor]:
    """The residual stream after the embedding and after every layer, and the logits."""
    (layers,) = (part for part in model.modules() if isinstance(part, torch.nn.ModuleList))
    seen: list[torch.Tensor] = []

    def after(_module: Any, _inputs: Any, output: Any) -> None:
        seen.append(output[0] if isinstance(output, tuple) else output)

    def before(_module: Any, inputs: Any, named: Mapping[str, Any]) -> None:
        seen.append(inputs[0] if inputs else named["hidden_states"])

    handles = [layers[0].register_forward_pre_hook(before, with_kwargs=True)]
    handles += [layer.register_forward_hook(after) for layer in layers]
    with torch.no_grad():
        logits = model(ids).logits
    for handle in handles:
        handle.remove()
    return seen, logits
