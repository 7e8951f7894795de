"""A GPT-2 and its training step as one writes them by hand: a plain loop in the manner of nanoGPT, to be held against.

Weights come from a state dict of transformers' GPT-2. Its settings are the best that this machine has for it:
`best_step` tries them.
"""

import math
from collections.abc import Callable, Mapping
from itertools import product

import torch
from frame import seconds
from torch import Tensor, nn
from torch.nn import functional


class Block(nn.Module):
    """Attention and MLP, each after a norm and added to what came in."""

    def __init__(self, width: int, heads: int, fused: bool) -> None:
        super().__init__()
        self.heads, self.fused = heads, fused
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.c_attn, self.c_proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.c_fc, self.mlp_proj = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attend(self.ln_1(x))
        return x + self.mlp_proj(functional.gelu(self.c_fc(self.ln_2(x)), approximate="tanh"))

    def attend(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        split = self.c_attn(x).split(width, dim=2)
        query, key, value = (part.view(batch, length, self.heads, -1).transpose(1, 2) for part in split)
        if self.fused:
            mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        else:
            scores = query @ key.transpose(-2, -1) / math.sqrt(key.shape[-1])
            future = torch.ones(length, length, dtype=torch.bool).triu(1)
            mixed = scores.masked_fill(future, -torch.inf).softmax(-1) @ value
        return self.c_proj(mixed.transpose(1, 2).reshape(batch, length, width))


class GPT(nn.Module):
    """GPT-2 with tied embeddings and without dropout."""

    def __init__(self, state: Mapping[str, Tensor], heads: int, *, fused: bool) -> None:
        super().__init__()
        tokens, positions = state["transformer.wte.weight"], state["transformer.wpe.weight"]
        width, layers = tokens.shape[1], sum(name.endswith("ln_1.weight") for name in state)
        self.wte, self.wpe = nn.Embedding(*tokens.shape), nn.Embedding(*positions.shape)
        self.h = nn.ModuleList(Block(width, heads, fused) for _ in range(layers))
        self.ln_f = nn.LayerNorm(width)
        self.load_state_dict({ours: _as_ours(name, value) for name, value in state.items() if (ours := _name(name))})

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.wte(tokens) + self.wpe(torch.arange(tokens.shape[1]))
        for block in self.h:
            x = block(x)
        return functional.linear(self.ln_f(x), self.wte.weight)


def _name(theirs: str) -> str:
    """Ours for one of theirs; nothing for what is stored twice."""
    if theirs == "lm_head.weight":
        return ""
    name = theirs.removeprefix("transformer.").replace("mlp.c_proj", "mlp_proj")
    return name.replace(".attn.", ".").replace(".mlp.", ".")


def _as_ours(theirs: str, value: Tensor) -> Tensor:
    matrix = ".h." in theirs and theirs.endswith("weight") and value.ndim == 2  # stored as [input, output]
    return value.T.clone() if matrix else value.clone()


def step(model: GPT, precision: str, batch: Callable[[], Tensor]) -> Callable[[], float]:
    """Measures one training step of this model: data, forward, backward, clipping, update."""
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.01, fused=True)

    def once() -> None:
        tokens = batch()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            logits = model(tokens)
        loss = functional.cross_entropy(logits[:, :-1].float().flatten(0, 1), tokens[:, 1:].flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)

    return lambda: seconds(once)


def best_step(
    state: Mapping[str, Tensor], heads: int, batch: Callable[[], Tensor]
) -> tuple[GPT, Callable[[], float], str]:
    """The model, its step and its settings at the fastest of fp32 or bf16, attention fused or written out."""
    tried = []
    for fused, precision in product((True, False), ("fp32", "bf16")):
        model = GPT(state, heads, fused=fused)
        side = step(model, precision, batch)
        first = side()
        if tried and first > 3 * min(tried)[0]:  # bf16 without instructions for it
            continue
        tried.append((side(), len(tried), model, side, fused, precision))
    _, _, model, side, fused, precision = min(tried)
    return model, side, f"{precision}, attention {'fused' if fused else 'written out'}"
