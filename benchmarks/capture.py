"""Looking inside: capturing everything, one activation, and one edit, against a plain forward and against the peers.

All models have the same weights; what is captured, and what the edit leads to, is compared before anything is timed.
"""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from frame import Peer, Row, Rows, alternate, check_close, compare, main, row, seconds, timed
from in_transformers import as_bridge, as_gpt2

from ontogeny.instruments.capture import capture
from ontogeny.models import Transformer, TransformerModel

SEQUENCES, LENGTH, VOCAB = 256, 64, 36
TOLERANCE = 1e-4
LAYER, SHIFT = 1, 1.0
"""The edit adds `SHIFT` to the residual stream after this layer at the last position."""
OVERHEAD_US = 50.0
CHUNK = 16
"""Sequences run at a time where memory counts; time is taken of all at once, as the peers do it."""


class Same:
    """One model and one batch for all sides."""

    def __init__(self, quick: bool) -> None:
        size = 4 if quick else SEQUENCES
        settings = Transformer(activation="gelu_new", positions="learned", tied=True)
        self.model: TransformerModel = settings.build(vocab=VOCAB, feature_size=0, length=LENGTH, seed=0).eval()
        self.tokens = np.random.default_rng(0).integers(0, VOCAB, (size, LENGTH))
        self.ids = torch.from_numpy(self.tokens)
        self.layers = range(settings.layers)
        each = [
            (f"layers.{n}.attention.pattern", f"layers.{n}.mlp.hidden", f"layers.{n}.residual_out") for n in self.layers
        ]
        self.names = ["embed", *(name for names in each for name in names)]

    def plain(self) -> torch.Tensor:
        with torch.no_grad():
            return self.model(self.ids)

    def everything(self, chunk: int = SEQUENCES) -> dict[str, torch.Tensor]:
        return capture(self.model, self.tokens, None, self.names, batch=chunk)

    def edited(self) -> torch.Tensor:
        with torch.no_grad():
            return self.model(self.ids, tap=Edit())

    def check(self, found: dict[str, torch.Tensor]) -> None:
        for name, value in self.everything().items():
            ours = value.transpose(1, 2) if name.endswith("pattern") else value
            check_close(ours, found[name], TOLERANCE, name)


class Edit:
    """A tap that moves the residual stream at the last position."""

    names = (f"layers.{LAYER}.residual_out",)

    def __call__(self, _name: str, value: torch.Tensor) -> torch.Tensor:
        edited = value.clone()
        edited[:, -1] += SHIFT
        return edited


def rows(quick: bool) -> Rows:
    same, rounds = Same(quick), 1 if quick else 7
    plain = Peer("plain forward", lambda: timed(same.plain), 1 / 1.1, "ours")
    kept = "residual streams, attention patterns, MLP activations; equal values"
    lens, nnsight = _cached(Lens, same), _cached(NNsight, same)
    for what, action, part, told in (
        ("capturing everything", same.everything, "everything", kept),
        ("one editing hook", same.edited, "edited", "equal logits"),
    ):
        peers = [
            plain,
            Peer("TransformerLens", lambda part=part: timed(getattr(lens(), part)), 2.0, told),
            Peer("nnsight", lambda part=part: timed(getattr(nnsight(), part)), 2.0, told),
        ]
        yield from compare(what, timed(action), peers, "ms", rounds=rounds)
    yield _memory(quick)
    yield _overhead(same, 10 if quick else 2000)


def _cached(kind: type, same: Same) -> Callable[[], Any]:
    made: list[Any] = []

    def get() -> Any:
        if not made:
            made.append(kind(same))
        return made[0]

    return get


class Lens:
    """TransformerLens' view of the same model."""

    def __init__(self, same: Same) -> None:
        self.same, self.bridge = same, as_bridge(same.model)
        self.hooks = {"embed": "blocks.0.hook_resid_pre"}
        for n in same.layers:
            self.hooks[f"layers.{n}.attention.pattern"] = f"blocks.{n}.attn.hook_pattern"
            self.hooks[f"layers.{n}.mlp.hidden"] = f"blocks.{n}.mlp.hook_post"
            self.hooks[f"layers.{n}.residual_out"] = f"blocks.{n}.hook_resid_post"
        self.wanted = list(self.hooks.values())
        same.check(self.everything())
        check_close(same.edited(), self.edited(), TOLERANCE, "edited logits")

    def everything(self) -> dict[str, torch.Tensor]:
        with torch.no_grad():
            _, cache = self.bridge.run_with_cache(self.same.ids, names_filter=self.wanted)
        return {name: cache[hook] for name, hook in self.hooks.items()}

    def edited(self) -> torch.Tensor:
        with torch.no_grad():
            hooks = [(f"blocks.{LAYER}.hook_resid_post", lambda value, hook: Edit()("", value))]
            return self.bridge.run_with_hooks(self.same.ids, fwd_hooks=hooks)


class NNsight:
    """nnsight around the same model."""

    def __init__(self, same: Same) -> None:
        from nnsight import NNsight as Wrapped

        self.same, self.model = same, Wrapped(as_gpt2(same.model, attn_implementation="eager"))
        same.check(self.everything())
        check_close(same.edited(), self.edited(), TOLERANCE, "edited logits")

    def everything(self) -> dict[str, torch.Tensor]:
        found: dict[str, torch.Tensor] = {}
        with torch.no_grad(), self.model.trace(self.same.ids):
            found["embed"] = self.model.transformer.drop.output.save()
            for n in self.same.layers:
                block = self.model.transformer.h[n]
                found[f"layers.{n}.attention.pattern"] = block.attn.output[1].save()
                found[f"layers.{n}.mlp.hidden"] = block.mlp.act.output.save()
                found[f"layers.{n}.residual_out"] = _first(block.output).save()
        return found

    def edited(self) -> torch.Tensor:
        with torch.no_grad(), self.model.trace(self.same.ids):
            _first(self.model.transformer.h[LAYER].output)[:, -1] += SHIFT
            logits = self.model.lm_head.output.save()
        return logits


def _first(output: Any) -> Any:
    """What a block gives: alone, or as the first of several."""
    return output[0] if isinstance(output, tuple) else output


def _memory(quick: bool) -> Row:
    """How far a fresh process grows while everything is captured, against what is kept."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
        grown, kept = fresh.submit(_grown, quick).result()
    note = f"growth of a fresh process, {CHUNK} sequences at a time"
    return row("peak memory of capturing everything", grown, kept, "tensors kept", "MiB", bar=1 / 1.1, note=note)


def _grown(quick: bool) -> tuple[float, float]:
    """By how many MiB this process grows, and how many it keeps."""
    same = Same(quick)
    with torch.no_grad():
        same.model(same.ids[:CHUNK])  # what the first pass sets up is not capturing's
    Path("/proc/self/clear_refs").write_text("5")  # the peak is from now on
    before = _status("VmRSS")
    held = same.everything(CHUNK)
    grown = (_status("VmHWM") - before) / 1024
    return max(grown, 0.01), sum(value.nbytes for value in held.values()) / 2**20


def _status(name: str) -> int:
    """Kilobytes that the system gives for this process under a name."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


def _overhead(same: Same, calls: int) -> Row:
    """What capturing one named activation of one sequence costs beyond the forward pass itself.

    It is the last layer's: what lies behind an earlier one would be left out, and capturing be faster than the pass.
    The two take turns call by call, since their difference is a twentieth of either.
    """
    ids, tokens, last = same.ids[:1], same.tokens[:1], same.names[-1]

    def forward() -> None:
        with torch.no_grad():
            same.model(ids)

    one = partial(capture, same.model, tokens, None, [last])
    taken = alternate({"plain": partial(seconds, forward), "one": partial(seconds, one)}, calls)
    return row(
        "capturing one activation: overhead",
        max(0.1, 1e6 * (taken["one"] - taken["plain"])),
        OVERHEAD_US,
        "limit",
        "us",
        bar=1.0,
        note=f"the last layer's, of one sequence; medians of {calls:,} calls in turns",
    )


if __name__ == "__main__":
    main(__doc__, rows)
