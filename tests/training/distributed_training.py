"""Trains the toy model; started by torchrun: `distributed_training.py FOLDER`. Stops itself once on the way.."""

import signal
import sys
from pathlib import Path

import torch
from torch import nn
from training_toys import Copying, Mixer, accuracy

from ontogeny.errors import Interrupted
from ontogeny.training import AdamW, Spacing, Training, train

TRAINING = Training(
    steps=20, batch=16, accumulation=2, optimiser=AdamW(lr=0.01), checkpoints=Spacing(every=10), metrics_every=1
)


def main(folder: Path) -> None:
    torch.set_num_threads(1)

    def stop_once(model: nn.Module, step: int) -> dict[str, float]:
        if step == 10 and not (folder / "stopped").exists():
            (folder / "stopped").touch()
            signal.raise_signal(signal.SIGINT)  # on the first process only; all must stop together
        return accuracy(model, step)

    try:
        train(Mixer(), Copying(), TRAINING, seed=1, folder=folder, evaluate=stop_once)
    except Interrupted:
        train(Mixer(), Copying(), TRAINING, seed=1, folder=folder, evaluate=stop_once)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
