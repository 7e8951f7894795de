"""Everything random is a pure function of its key: (seed, stream, step, ...) names one generator."""

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


def _digest(key: tuple[int | str, ...]) -> bytes:
    return hashlib.sha256(repr(key).encode()).digest()


def generator(*key: int | str) -> np.random.Generator:
    """A counter-based (Philox) generator that depends on the key alone.

    >>> bool(generator(0, "train", 5).random() == generator(0, "train", 5).random())
    True
    """
    return np.random.Generator(np.random.Philox(key=int.from_bytes(_digest(key)[:16], "little")))


def torch_generator(*key: int | str) -> "torch.Generator":
    """The same for torch on the CPU."""
    import torch

    return torch.Generator().manual_seed(int.from_bytes(_digest(key)[:8], "little") >> 1)
