"""Greedy programs from one model: ours against transformers' `generate`, on the same weights, prompts and grammar.

Both have a cache of keys and values, take many prompts at a time (theirs as many as suits it best) and stop when all
programs have ended. Both choose among the tokens that the grammar admits, theirs through a logits processor.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from apart import apart
from frame import Peer, Rows, UnequalError, compare, main, seconds, timed
from in_transformers import as_gpt2

from ontogeny.instruments.generation import generate
from ontogeny.models import Transformer, TransformerModel
from ontogeny.worlds import Karel
from ontogeny.worlds.world import Batch

PROGRAMS, BATCHES = 10_000, (500, 2500)
EQUAL = 0.999
"""The share of programs that must be the same: where two tokens are equally likely, rounding decides."""


def rows(quick: bool) -> Rows:
    count = 40 if quick else PROGRAMS
    world = Karel(side=4, examples=1, show="cells")
    settings = Transformer(activation="gelu_new", positions="learned", tied=True, initial_scale=0.2)
    model = settings.build(vocab=len(world.vocabulary), feature_size=0, length=world.length, seed=0).eval()
    batch = world.batch(0, 0, count, "test")
    write = partial(generate, model, world, batch)
    peer = partial(apart, _peer, model, world, batch, write)
    theirs = Peer("Hugging Face generate", peer, 5.0, "equal programs; 0.8 M, fp32")
    what = f"greedy generation of {count:,} Karel programs"
    yield from compare(what, timed(write), [theirs], "programs/s", count=count, rounds=1 if quick else 5)


def _peer(model: TransformerModel, world: Karel, batch: Batch, write: Callable[[], np.ndarray]) -> Callable[[], float]:
    from transformers import LogitsProcessor, LogitsProcessorList

    class Grammar(LogitsProcessor):
        def __call__(self, ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
            allowed = world.allowed(ids[:, batch.prompt :].numpy())
            return scores.masked_fill(~torch.from_numpy(allowed), -torch.inf)

    theirs = as_gpt2(model)
    prompts = torch.from_numpy(batch.tokens[:, : batch.prompt])
    grammar = LogitsProcessorList([Grammar()])

    def programs(size: int) -> np.ndarray:
        found = np.full((len(prompts), world.length), world.end)
        for start in range(0, len(prompts), size):
            part = prompts[start : start + size]
            written = theirs.generate(
                part,
                attention_mask=torch.ones_like(part),
                max_new_tokens=world.length - batch.prompt,
                do_sample=False,
                eos_token_id=world.end,
                pad_token_id=world.end,
                logits_processor=grammar,
            )
            found[start : start + size, : written.shape[1]] = written.numpy()
        return found

    equal = (programs(BATCHES[0]) == write()).all(1).mean()
    if equal < EQUAL:
        raise UnequalError(f"only {equal:.1%} of the programs are the same")
    best = min(BATCHES, key=lambda size: seconds(partial(programs, size)))
    return timed(partial(programs, best))


if __name__ == "__main__":
    main(__doc__, rows)
