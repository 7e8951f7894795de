"""Trains the toy model; started by torchrun: `distributed_training.py FOLDER [NAME ...]`. Each stops itself once.

`FOLDER/replicated` and `FOLDER/sharded` go on at once; `FOLDER/left` and `FOLDER/left_sharded` are left unfinished;
`FOLDER/begun`, which was begun elsewhere, is finished.
"""

import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn
from training_toys import Copying, Mixer, accuracy

from ontogeny.errors import Interrupted
from ontogeny.training import AdamW, Spacing, Training, train

TRAINING = Training(
    steps=20, batch=12, accumulation=2, optimiser=AdamW(lr=0.01), checkpoints=Spacing(every=10), metrics_every=1
)


NAMES = ("replicated", "sharded", "left", "left_sharded", "begun")


def main(folder: Path, names: Sequence[str]) -> None:
    torch.set_num_threads(1)
    for name in names or NAMES:
        try:
            run(folder / name, sharded="sharded" in name)
        except Interrupted:
            if "left" not in name:
                run(folder / name, sharded="sharded" in name)


def run(folder: Path, sharded: bool) -> None:
    def stop_once(model: nn.Module, step: int) -> dict[str, float]:
        if step == 10 and not (folder / "stopped").exists():
            (folder / "stopped").touch()
            signal.raise_signal(signal.SIGINT)  # on the first process only; all must stop together
        return accuracy(model, step)

    train(Mixer(), Copying(), TRAINING, seed=1, folder=folder, evaluate=stop_once, sharded=sharded)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
