"""A training step with its data, GPT-2 style: against other people's loops, and against the best matrix product.

Its share of the product is the model's own arithmetic in a second of training.

Ours is `training.train` as it is, journal and all, between its first and its last step. All sides start from the same
weights, which is checked by their logits, and learn from the same sequences. Making them is not counted for the Trainer
and TransformerLens, which are given them ready. Each peer has a process of its own, with its own settings of memory.
"""

import contextlib
import io
import itertools
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import plain_loop
import torch
from apart import apart
from frame import Peer, Rows, check_close, compare, in_unit, main, medians, row, seconds
from in_transformers import as_bridge, as_gpt2

from ontogeny.models import Transformer
from ontogeny.models.linear import linear
from ontogeny.training import AdamW, Constant, Run, Spacing, Training, train
from ontogeny.training.loop import backward
from ontogeny.training.precision import Precision, measure
from ontogeny.training.processes import join
from ontogeny.worlds import RepeatedSegments

SIZES = {"0.8 M": (4, 128, 4, 4980), "3 M": (4, 256, 8, 2490), "20 M": (6, 512, 8, 830)}
"""Layers, width, heads, and about how many tokens a step has."""
LENGTHS = (21, 128, 830)
STEPS = 3
PRODUCTS = (256, 512, 1024, 2048)
TOLERANCE = 1e-4


def rows(quick: bool) -> Rows:
    sizes = {"tiny": (2, 32, 2, 84)} if quick else SIZES
    for (size, shape), length in itertools.product(sizes.items(), LENGTHS[:1] if quick else LENGTHS):
        yield from _rows(f"training step, {size} parameters, {length} tokens", shape, length, rounds=1 if quick else 5)


def _rows(what: str, shape: tuple[int, int, int, int], length: int, rounds: int) -> Rows:
    layers, width, heads, tokens = shape
    model = Transformer(
        layers=layers, width=width, heads=heads, mlp=4 * width, activation="gelu_new", positions="learned", tied=True
    )
    world, batch = RepeatedSegments(length=length), max(1, tokens // length)
    precision = _precision(model, world, batch)
    training = Training(
        steps=STEPS,
        batch=batch,
        optimiser=AdamW(),
        schedule=Constant(),
        precision=precision,
        checkpoints=Spacing(every=STEPS, logarithmic=False),
        metrics_every=1,
    )
    run = Run(model, world, training, seed=0)
    settings = "the best of fp32 and bf16, attention fused and written out"
    peers = [
        Peer("Hugging Face Trainer", partial(apart, trainer, run), 3.0, f"{precision}, {batch} sequences"),
        Peer("plain loop", partial(apart, plain, run), 1.5, settings),
        Peer("TransformerLens' loop", partial(apart, lens, run), None, f"fp32, its only precision; ours {precision}"),
    ]
    best = _best_product(precision, rounds)  # before there are other processes
    measured = list(compare(what, partial(ours, run), peers, "ms", rounds=rounds))
    yield from measured
    if steps := [one["ours"] for one in measured if one["ours"] is not None]:
        achieved = in_unit(steps[0] / 1e3, "GFLOP/s", operations(run)) / 1e9
        yield row(what, achieved, best, "best matrix product", "GFLOP/s", bar=0.7, note=precision)


class Same:
    """One model's weights and one world's sequences, for one of the sides."""

    def __init__(self, run: Run) -> None:
        self.run, self.tokens = run, torch.from_numpy(run.world.batch(0, 0, run.training.batch).tokens)
        self.model = run.build().eval()
        with torch.no_grad():
            self.logits = self.model(self.tokens)

    def theirs(self) -> Any:
        """The same model in transformers."""
        found = as_gpt2(self.model)
        with torch.no_grad():
            check_close(self.logits, found(self.tokens).logits, TOLERANCE, "logits")
        return found

    def sequences(self, name: str) -> list[dict[str, torch.Tensor]]:
        """The sequences of all steps, each under the name by which a loop asks for it."""
        run = self.run
        batches = (run.world.batch(0, step, run.training.batch).tokens for step in range(STEPS))
        return [{name: torch.from_numpy(one)} for batch in batches for one in batch]


def ours(run: Run) -> float:
    """Seconds a step of our own training, the first and the last step left out."""
    moments: dict[int, float] = {}

    def track(step: int, _values: Any) -> None:
        moments[step] = time.perf_counter()

    with tempfile.TemporaryDirectory() as folder:
        train(run.model, run.world, run.training, seed=run.seed, folder=Path(folder, "run"), track=track, device="cpu")
    return (moments[STEPS - 1] - moments[1]) / (STEPS - 2)


def trainer(run: Run) -> Callable[[], float]:
    """Hugging Face's Trainer, by the time between the ends of its steps."""
    from transformers import Trainer, TrainerCallback, TrainingArguments

    same, training = Same(run), run.training
    model = same.theirs()
    data = [{**one, "labels": one["input_ids"]} for one in same.sequences("input_ids")]
    ends: list[float] = []

    class Clock(TrainerCallback):
        def on_step_end(self, *_arguments: Any, **_named: Any) -> None:
            ends.append(time.perf_counter())

    def side() -> float:
        ends.clear()
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
            settings = TrainingArguments(
                folder,
                max_steps=STEPS,
                per_device_train_batch_size=training.batch,
                learning_rate=1e-3,
                weight_decay=0.01,
                adam_beta2=0.95,
                lr_scheduler_type="constant",
                max_grad_norm=1.0,
                bf16=training.precision == "bf16",
                use_cpu=True,
                report_to=[],
                save_strategy="no",
                disable_tqdm=True,
            )
            Trainer(model=model, args=settings, train_dataset=data, callbacks=[Clock()]).train()
        return (ends[-2] - ends[0]) / (STEPS - 2)

    return side


def plain(run: Run) -> Callable[[], float]:
    """A loop written by hand, which makes its data as it goes."""
    same, steps = Same(run), itertools.count()
    make = lambda: torch.from_numpy(run.world.batch(0, next(steps), run.training.batch).tokens)  # noqa: E731
    state, heads = same.theirs().state_dict(), run.model.heads
    with torch.no_grad():
        check_close(same.logits, plain_loop.GPT(state, heads, fused=True)(same.tokens), TOLERANCE, "logits")
    return plain_loop.best_step(state, heads, make)[1]


def lens(run: Run) -> Callable[[], float]:
    """TransformerLens' own training loop on its view of the same model."""
    from transformer_lens.tools.training import TrainConfig
    from transformer_lens.tools.training import train as their_train

    same = Same(run)
    bridge = as_bridge(same.model)
    with torch.no_grad():
        check_close(same.logits, bridge(same.tokens), TOLERANCE, "logits")
    data, training = same.sequences("tokens"), run.training
    settings = TrainConfig(
        num_epochs=1,
        batch_size=training.batch,
        weight_decay=0.01,
        max_grad_norm=1.0,
        optimizer_name="AdamW",
        device="cpu",
        print_every=None,
    )

    def side() -> float:
        with contextlib.redirect_stderr(io.StringIO()):  # its progress bars
            return seconds(lambda: their_train(bridge, settings, data)) / STEPS

    return side


def _precision(model: Transformer, world: RepeatedSegments, size: int) -> Precision:
    """The faster one on this machine, as training measures it."""
    built = model.build(vocab=len(world.vocabulary), feature_size=0, length=world.length, seed=0).train()
    batch, among = world.batch(0, 0, size), join("cpu")

    def attempt(precision: Precision) -> None:
        backward(built, batch, among, precision)
        built.zero_grad(set_to_none=True)

    return measure(attempt)[0]


def _best_product(precision: Precision, rounds: int) -> float:
    """GFLOP/s of the best square product: of torch's own and of `models.linear`'s, which may be another library's."""
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    rates = []
    for product in (torch.matmul, linear):
        products = {size: partial(product, *torch.randn(2, size, size).to(dtype)) for size in PRODUCTS}
        taken = medians(products, rounds)
        rates += [in_unit(taken[size], "GFLOP/s", 2 * size**3) / 1e9 for size in PRODUCTS]
    return max(rates)


def operations(run: Run) -> int:
    """Floating-point operations of a step: 6 a position for each weight in a product, and attention's own products.

    A position attends to half of the others on average: 4 * width * length / 2 operations forwards in each layer, and
    twice as many backwards.
    """
    model, world = run.model, run.world
    matrices = model.layers * (4 * model.width**2 + 2 * model.width * model.mlp) + len(world.vocabulary) * model.width
    attention = model.layers * 6 * model.width * world.length
    return run.training.batch * world.length * (6 * matrices + attention)


if __name__ == "__main__":
    main(__doc__, rows)
