"""A tiny world and a tiny model: small enough to train in a second, with everything a real one has."""

from typing import Literal

import numpy as np
import torch
from torch import nn

from ontogeny.configuration import configuration
from ontogeny.randomness import generator, torch_generator
from ontogeny.training import KINDS, Trajectory
from ontogeny.worlds.world import IGNORE, Batch, Split


@configuration
class Copying:
    """Sequences whose second half repeats the first, shown as features too; loss on the second half."""

    kind: Literal["copying"] = "copying"
    half: int = 4

    @property
    def vocabulary(self) -> tuple[str, ...]:
        return ("a", "b", "c", "d", "e")

    @property
    def feature_size(self) -> int:
        return 3

    @property
    def length(self) -> int:
        return 2 * self.half + 1

    def batch(self, seed: int, step: int, size: int, split: Split = "train") -> Batch:
        first = generator("copying", split, seed, step).integers(1, 5, (size, self.half))
        whole = np.concatenate([np.zeros((size, 1), np.int64), first, first], axis=1)
        targets = np.full((size, self.length), IGNORE)
        targets[:, self.half : -1] = first
        features = (first[:, :1, None] == np.arange(1, 4)).astype(np.uint8)
        return Batch(whole, features, targets, self.half + 1, None)


class Network(nn.Module):
    """Embeddings, two mixing layers over the whole past (by a cumulative mean), a tied head."""

    def __init__(self, vocab: int, feature_size: int, length: int, width: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocab, width)
        self.position = nn.Parameter(torch.zeros(length, width))
        self.show = nn.Linear(feature_size, width)
        self.layers = nn.ModuleList([nn.Linear(2 * width, width) for _ in range(2)])
        self.head = nn.Linear(width, vocab, bias=False)
        self.head.weight = self.embed.weight

    def forward(
        self, tokens: torch.Tensor, features: torch.Tensor | None = None, *, prompt: int | None = None, first: int = 0
    ):
        hidden = self.embed(tokens) + self.position[: tokens.shape[1]]
        if features is not None:
            slots = features.shape[1]
            hidden = torch.cat([self.show(features.float()), hidden[:, slots:]], dim=1)
        count = torch.arange(1, tokens.shape[1] + 1)[:, None]
        for layer in self.layers:
            past = hidden.cumsum(1) / count
            hidden = hidden + torch.tanh(layer(torch.cat([hidden, past], dim=-1)))
        return self.head(hidden[:, first:])


@configuration
class Mixer:
    kind: Literal["mixer"] = "mixer"
    width: int = 16
    blow_up: bool = False

    def build(self, *, vocab: int, feature_size: int, length: int, seed: int) -> nn.Module:
        with torch.random.fork_rng(devices=[]):
            network = Network(vocab, feature_size, length, self.width)
        source = torch_generator("mixer", seed)
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.normal_(0, 1e30 if self.blow_up else 0.1, generator=source)
        return network


KINDS["copying"] = lambda: Copying
KINDS["mixer"] = lambda: Mixer


DETERMINED = ("loss", "learning_rate", "gradient_norm", "accuracy")
"""Metrics that follow from the run; the others are times and rates."""


def accuracy(model: nn.Module, step: int) -> dict[str, float]:
    """An evaluation: how often the most likely token is right on fresh sequences."""
    batch = Copying().batch(0, step, 64, "validation")
    logits = model(torch.from_numpy(batch.tokens), torch.from_numpy(batch.features), prompt=batch.prompt)
    kept = batch.targets != IGNORE
    return {"accuracy": float((logits.argmax(-1).numpy() == batch.targets)[kept].mean())}


def determined(trajectory: Trajectory) -> list[tuple[int, str, float]]:
    """The rows of metrics that follow from the run, in the order in which they were stored."""
    rows = trajectory.metrics().to_pylist()
    return [(row["step"], row["name"], row["value"]) for row in rows if row["name"] in DETERMINED]


def sums(trajectory: Trajectory) -> list[tuple[int, str]]:
    """Step and SHA-256 of every checkpoint."""
    return [(checkpoint.step, checkpoint.sha256) for checkpoint in trajectory.checkpoints]
