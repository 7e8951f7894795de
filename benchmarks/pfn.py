"""Prior-fitted networks: prediction and training beside the published packages, and Gaussian processes that are fitted.

Weights are random, since only time is asked for: nothing is downloaded. The networks of `pfns` (one token a row, as in
Mueller et al. 2022) and `tabpfn` (TabPFN v2: one a row and two columns) have as many layers, heads, buckets and as much
width as ours; that `pfns` means the same by its answers, and learns by the same loss, is checked by the losses of equal
logits. Ours is trained by `training.train` as it is, data drawn as it goes; the packages' networks get theirs ready.
"""

import contextlib
import io
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from frame import Peer, Rows, check_close, compare, main, seconds, timed
from torch import Tensor, nn

from ontogeny.instruments.prior_fitted import PriorFitted
from ontogeny.models import Transformer
from ontogeny.models.bars import Bars
from ontogeny.training import AdamW, Constant, Run, Spacing, Training, train
from ontogeny.worlds import Batch, GaussianProcesses, Inputs, LogNormal, PriorData

STEPS, BATCH, BUCKETS = 6, 64, 200
SIZES = {"4 layers of 64": (4, 64, 4), "6 layers of 256": (6, 256, 4)}
SHOWN, ASKED = 20, 10


def rows(quick: bool) -> Rows:
    sizes = {"1 layer of 32": (1, 32, 2)} if quick else SIZES
    rounds = 1 if quick else 5
    for size, shape in sizes.items():
        run = _run(*shape)
        for many in (1, BATCH):
            what = f"prior-fitted prediction, {size}, {SHOWN} examples, {many} data set{'s' * (many > 1)}"
            yield from _predictions(what, run, many, rounds)
        peers = [Peer("pfns", partial(pfns_steps, run), None, "equal loss; AdamW, gradients clipped")]
        what = f"prior-fitted training step, {size}, {BATCH} data sets of {run.world.examples}"
        yield from compare(what, partial(ours_steps, run), peers, "ms", rounds=rounds)


def _run(layers: int, width: int, heads: int) -> Run:
    """The laptop's data sets and training, of any size; half of the examples are shown."""
    prior = GaussianProcesses(length=LogNormal(median=0.4, spread=0.5), noise=LogNormal(median=0.2, spread=0.5))
    inputs = Inputs(features=1, distribution="uniform")
    world = PriorData(prior=prior, inputs=inputs, examples=2 * SHOWN, shown=(SHOWN, SHOWN), buckets=BUCKETS)
    sizes = {"layers": layers, "width": width, "heads": heads, "mlp": 2 * width}
    model = Transformer(**sizes, mask="given", positions="none", head_bias=True)
    saved = Spacing(every=STEPS, logarithmic=False)
    training = Training(
        steps=STEPS, batch=BATCH, optimiser=AdamW(), schedule=Constant(), checkpoints=saved, metrics_every=1
    )
    return Run(model, world, training, seed=0)


def _predictions(what: str, run: Run, many: int, rounds: int) -> Rows:
    data = _data(run.world.batch(0, 0, many, "test"))
    fitted = PriorFitted(run.build(), run.world)
    peers = [
        Peer("pfns", partial(_asking_pfns, run, data), None, "as many layers, heads, buckets, as wide"),
        Peer("tabpfn", partial(_asking_tabpfn, run, data), None, "TabPFN v2 without its weights; as large"),
        Peer("scikit-learn", partial(_fitting, data), None, "a Gaussian process, length and noise by L-BFGS"),
    ]
    yield from compare(what, timed(lambda: fitted(*data)), peers, "ms", rounds=rounds)


def _data(batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """Examples shown, and inputs at which outputs are asked for."""
    inputs, outputs = torch.from_numpy(batch.hidden.inputs), torch.from_numpy(batch.hidden.outputs)
    return inputs[:, :SHOWN], outputs[:, :SHOWN], inputs[:, SHOWN : SHOWN + ASKED]


def pfns_model(run: Run) -> Any:
    """The package's network of the paper, as large as ours, with the same bars."""
    from pfns.model.bar_distribution import BarDistributionConfig
    from pfns.model.transformer_config import TransformerConfig

    sizes, world = run.model, run.world
    torch.manual_seed(0)
    with contextlib.redirect_stdout(io.StringIO()):  # it tells which encoders it takes
        model = TransformerConfig(
            criterion=BarDistributionConfig(world.borders.tolist(), full_support=True),
            emsize=sizes.width,
            nhid=sizes.mlp,
            nlayers=sizes.layers,
            nhead=sizes.heads,
            features_per_group=world.inputs.features,
            attention_between_features=False,
        ).create_model()
    logits, outputs = torch.randn(3, 5, BUCKETS), torch.randn(3, 5)
    ours = Bars(torch.tensor(world.borders)).loss(logits, outputs)
    check_close(ours, model.criterion(logits, outputs).mean(), 1e-4, "losses of equal logits")
    return model


def _asking_pfns(run: Run, data: tuple[Tensor, Tensor, Tensor]) -> Callable[[], float]:
    inputs, outputs, asked = data
    model = pfns_model(run).eval()

    def ask() -> None:
        with torch.no_grad():
            model(inputs, outputs[..., None], test_x=asked)

    return timed(ask)


def _asking_tabpfn(run: Run, data: tuple[Tensor, Tensor, Tensor]) -> Callable[[], float]:
    from tabpfn.architectures.tabpfn_v2 import TabPFNV2Config, get_architecture

    inputs, outputs, asked = data
    sizes = {"emsize": run.model.width, "nlayers": run.model.layers, "nhead": run.model.heads}
    model = get_architecture(TabPFNV2Config(max_num_classes=0, num_buckets=BUCKETS, **sizes)).eval()
    rows = torch.cat((inputs, asked), dim=1).transpose(0, 1)  # [example, batch, input]
    labels = outputs.T.contiguous()

    def ask() -> Tensor:
        with torch.no_grad():
            return model(rows, labels)

    if ask().shape != (ASKED, len(inputs), BUCKETS):
        raise ValueError(f"answers of shape {tuple(ask().shape)}")
    return timed(ask)


def _fitting(data: tuple[Tensor, Tensor, Tensor]) -> Callable[[], float]:
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, WhiteKernel

    arrays = list(zip(*(part.double().numpy() for part in data), strict=True))

    def fit() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # some data sets are fitted best at the ends of the bounds
            for inputs, outputs, asked in arrays:
                process = GaussianProcessRegressor(RBF(0.4, (0.05, 5)) + WhiteKernel(0.04, (1e-3, 1)))
                process.fit(inputs, outputs).predict(asked, return_std=True)

    return timed(fit)


def ours_steps(run: Run) -> float:
    """Seconds a step of our own training, the first and the last step left out."""
    moments: dict[int, float] = {}

    def track(step: int, _values: Any) -> None:
        moments[step] = time.perf_counter()

    with tempfile.TemporaryDirectory() as folder:
        train(run.model, run.world, run.training, seed=run.seed, folder=Path(folder, "run"), track=track, device="cpu")
    return (moments[STEPS - 1] - moments[1]) / (STEPS - 2)


def pfns_steps(run: Run) -> Callable[[], float]:
    """The same of the package's network: its loss, a step of AdamW and clipping as in its own loop."""
    model = pfns_model(run).train()
    batches = [run.world.batch(0, step, BATCH).hidden for step in range(STEPS - 2)]
    data = [(torch.from_numpy(one.inputs), torch.from_numpy(one.outputs)) for one in batches]
    adam = torch.optim.AdamW(model.parameters(), lr=1e-3)

    def step(inputs: Tensor, outputs: Tensor) -> None:
        logits = model(inputs, outputs[:, :SHOWN, None])
        adam.zero_grad()
        model.criterion(logits, outputs[:, SHOWN:]).mean().backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()

    return lambda: seconds(lambda: [step(*one) for one in data] and None) / len(data)


if __name__ == "__main__":
    main(__doc__, rows)
