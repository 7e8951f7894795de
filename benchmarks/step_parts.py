"""What a step of the flagship is made of: its data, and its optimiser against torch's own Muon."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import get_args

import torch
from frame import OURS, Peer, Rows, UnequalError, alternate, compare, main, row, timed
from training_step import STEPS, ours

from ontogeny.studies import find
from ontogeny.training import Run, Spacing
from ontogeny.training.muon import BatchedMuon
from ontogeny.training.precision import Precision, measure

ALIKE = 0.98
"""How nearly both optimisers must go the same way (cosine): torch's orthogonalises in bf16."""


def rows(quick: bool) -> Rows:
    settings = find("emergent_semantics").settings["smoke" if quick else "laptop"]
    rounds, training = 1 if quick else 5, settings.training
    short = replace(training, steps=STEPS, metrics_every=1, checkpoints=Spacing(every=STEPS, logarithmic=False))
    run = Run(settings.model, settings.world, short, seed=0)
    taken = alternate({OURS: timed(partial(run.world.batch, 0, 1, training.batch)), "step": partial(ours, run)}, rounds)
    note = "made in the background, while the step before is learned from"
    yield row("data of a flagship step", 1e3 * taken[OURS], 1e3 * taken["step"], "the step", "ms", bar=20.0, note=note)
    model = run.build()
    matrices = [one for name, one in model.named_parameters() if name.startswith("layers.") and one.ndim == 2]
    for one in matrices:
        one.grad = torch.randn(one.shape, generator=torch.Generator().manual_seed(0))
    make = partial(BatchedMuon, matrices, lr=1e-9, momentum=0.95)
    steps = {precision: make(precision=precision).step for precision in get_args(Precision)}
    precision, _ = measure(lambda one: steps[one]())
    note = f"{precision} against bf16; updates alike (cosine above {ALIKE})"
    theirs = Peer("torch.optim.Muon", partial(_torch_muon, matrices), 1.0, note)
    yield from compare("Muon's step of the flagship", timed(steps[precision]), [theirs], "ms", rounds=rounds)


def _torch_muon(matrices: list[torch.nn.Parameter]) -> Callable[[], float]:
    settings = {"lr": 1.0, "momentum": 0.95, "weight_decay": 0.0}
    ways = []
    for kind in (BatchedMuon, torch.optim.Muon):
        copies = [torch.nn.Parameter(one.detach().clone()) for one in matrices]
        for copy, one in zip(copies, matrices, strict=True):
            copy.grad = one.grad
        kind(copies, **settings).step()
        ways.append(torch.cat([(copy - one).flatten() for copy, one in zip(copies, matrices, strict=True)]).detach())
    cosine = torch.nn.functional.cosine_similarity(*ways, dim=0).item()
    if cosine < ALIKE:
        raise UnequalError(f"the updates' cosine is {cosine:.3f}")
    return timed(torch.optim.Muon(matrices, lr=1e-9, momentum=0.95, weight_decay=0.0).step)


if __name__ == "__main__":
    main(__doc__, rows)
