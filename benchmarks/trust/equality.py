"""How far models of other people's are from what transformers computes: residual streams, logits, greedy tokens.

Run with `python benchmarks/trust/equality.py` (under a minute). Tiny models with random weights, gains and biases; the
same weights there and here, in fp32.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from results import keep

from ontogeny.models import TransformerModel
from ontogeny.models.huggingface import load
from peers import LAYERS, PEERS, peer, residuals, tokens

WRITTEN = 12
"""Greedy tokens."""


def main() -> None:
    keep("equality", {"greedy_tokens": WRITTEN, "models": {name: difference(name) for name in PEERS}})


def difference(name: str) -> dict[str, Any]:
    reference, ids = peer(name), tokens()
    with tempfile.TemporaryDirectory() as folder:
        reference.save_pretrained(folder)
        model = load(folder)
    expected, logits = residuals(reference, ids)
    found: dict[str, torch.Tensor] = {}
    with torch.no_grad():
        result = model(ids, tap=lambda name, value: found.setdefault(name, value))
    stations = ["embed", *(f"layers.{layer}.residual_out" for layer in range(LAYERS))]
    prompt = tokens(length=6)
    theirs = reference.generate(prompt, max_new_tokens=WRITTEN, do_sample=False)
    return {
        "residual_stream": max(
            float((found[station] - value).abs().max()) for station, value in zip(stations, expected, strict=True)
        ),
        "logits": float((result - logits).detach().abs().max()),
        "same_greedy_tokens": torch.equal(greedy(model, prompt), theirs),
    }


def greedy(model: TransformerModel, written: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        for _ in range(WRITTEN):
            written = torch.cat((written, model(written)[:, -1:].argmax(-1)), dim=1)
    return written


if __name__ == "__main__":
    main()
