"""Trains the toy model in a process of its own, storing the moment often: `killable.py FOLDER OPTIMISER`."""

import sys
from pathlib import Path

import torch
from training_toys import Copying, Mixer, accuracy

from ontogeny.training import AdamW, Muon, Spacing, Training, train

OPTIMISERS = {"adamw": AdamW(lr=0.01), "muon": Muon()}
TRAININGS = {
    name: Training(steps=300, batch=64, optimiser=optimiser, checkpoints=Spacing(every=40), metrics_every=1)
    for name, optimiser in OPTIMISERS.items()
}

if __name__ == "__main__":
    torch.set_num_threads(1)
    folder, name = sys.argv[1:]
    train(Mixer(), Copying(), TRAININGS[name], seed=1, folder=Path(folder), evaluate=accuracy, resume_seconds=0.02)
