import dataclasses

import numpy as np
import pytest
import torch

from ontogeny.errors import OntogenyError, UsageError
from ontogeny.instruments.generation import (
    complete,
    diversity,
    generate,
    lengths,
    perplexity,
    score_generation,
    summary,
)
from ontogeny.models import Transformer
from toys import Counter

WORLD = Counter()
SHOWN = {"tokens": Counter(), "features": Counter(shown="features")}


def build(world=WORLD, **changes):
    """An untrained model, inclined to end so that lengths differ."""
    defaults = {"layers": 2, "width": 16, "heads": 2, "mlp": 24, "initial_scale": 0.7, "head_bias": True}
    model = Transformer(**(defaults | changes)).build(
        vocab=7, feature_size=world.feature_size, length=world.length, seed=2
    )
    if model.head.bias is not None:
        model.head.bias.data[world.end] = 4.0
    return model


def without_cache(model, world, batch, kept, tap=None):
    """The definition: run everything again for each token."""
    tokens = np.full((len(batch.tokens), world.length), world.end)
    tokens[:, : kept.shape[1]] = kept
    features = None if batch.features is None else torch.from_numpy(batch.features)
    for position in range(kept.shape[1], world.length):
        with torch.no_grad():
            logits = model(torch.from_numpy(tokens[:, :position]), features, prompt=batch.prompt, tap=tap)[:, -1]
        allowed = torch.from_numpy(world.allowed(tokens[:, batch.prompt : position]))
        tokens[:, position] = logits.masked_fill(~allowed, -torch.inf).argmax(1).numpy()
    return tokens


@pytest.mark.parametrize("mask", ["causal", "prefix"])
@pytest.mark.parametrize("shown", SHOWN)
@pytest.mark.parametrize("chunk", [7, 100])
def test_greedy_generation_is_the_likeliest_admitted_token_each_time(mask, shown, chunk):
    world = SHOWN[shown]
    model, batch = build(world, mask=mask), world.batch(0, 0, 40)
    tokens = generate(model, world, batch, chunk=chunk)
    assert np.array_equal(tokens, without_cache(model, world, batch, batch.tokens[:, : batch.prompt]))
    assert tokens.shape == (40, world.length)
    assert len(np.unique(lengths(tokens, batch.prompt, world.end))) > 1  # some end early, some do not


def test_generation_stays_within_the_grammar():
    batch = WORLD.batch(0, 0, 200)
    tokens = generate(build(), WORLD, batch, temperature=1.0, seed=3)
    for position in range(batch.prompt, WORLD.length):
        allowed = WORLD.allowed(tokens[:, batch.prompt : position])
        assert allowed[np.arange(200), tokens[:, position]].all()
    assert (tokens[:, -1] == WORLD.end).all()


def test_the_model_is_not_asked_where_the_grammar_leaves_no_choice():
    class Narrow(Counter):
        def allowed(self, continuation):
            found = super().allowed(continuation)
            if continuation.shape[1] == 1:
                found[:] = np.arange(found.shape[1]) == 0
            return found

    world, asked = Narrow(), []
    model, batch = build(world), world.batch(0, 0, 30)
    model.head.bias.data[world.end] = -100.0
    hook = model.register_forward_hook(lambda _model, given, _logits: asked.append(given[0].shape[1]))
    tokens = generate(model, world, batch)
    hook.remove()
    assert asked == [3, 2, 1]  # the second token is 0, and after the fourth there is but the end
    assert np.array_equal(tokens, without_cache(model, world, batch, batch.tokens[:, : batch.prompt]))


def test_a_prefix_is_kept_and_what_has_ended_stays_ended():
    model, batch = build(), WORLD.batch(0, 0, 30)
    prefix = batch.tokens[:, :5]
    tokens = complete(model, WORLD, batch, prefix)
    assert np.array_equal(tokens[:, :5], prefix)
    assert (tokens[(prefix == WORLD.end).any(1), 5:] == WORLD.end).all()
    assert np.array_equal(tokens, without_cache(model, WORLD, batch, prefix))


def test_samples_are_a_pure_function_of_the_seed_whatever_the_chunks():
    model, batch = build(), WORLD.batch(0, 0, 50)
    one = generate(model, WORLD, batch, temperature=1.0, seed=1)
    assert np.array_equal(one, generate(model, WORLD, batch, temperature=1.0, seed=1, chunk=7))
    assert not np.array_equal(one, generate(model, WORLD, batch, temperature=1.0, seed=2))


def test_samples_have_the_models_probabilities():
    model, batch = build(), WORLD.batch(0, 0, 1)
    tokens, targets = (np.repeat(part, 20_000, axis=0) for part in (batch.tokens, batch.targets))
    many = dataclasses.replace(batch, tokens=tokens, targets=targets)
    first = generate(model, WORLD, many, temperature=2.0, seed=0, chunk=20_000)[:, batch.prompt]
    with torch.no_grad():
        logits = model(torch.from_numpy(batch.tokens[:, : batch.prompt]))[0, -1, :5] / 2.0
    found = np.bincount(first, minlength=5) / len(first)
    assert found == pytest.approx(torch.softmax(logits, 0).numpy(), abs=0.02)


def test_a_low_temperature_is_greedy():
    model, batch = build(), WORLD.batch(0, 0, 50)
    assert np.array_equal(generate(model, WORLD, batch, temperature=1e-6), generate(model, WORLD, batch))


def test_a_tap_is_told_rows_and_positions():
    calls = []

    class Tap:
        def __call__(self, name, value):
            raise AssertionError("called without being placed")

        def at(self, rows, start):
            calls.append((rows, start))
            return lambda name, value: value

    model, batch = build(), WORLD.batch(0, 0, 5)
    tokens = generate(model, WORLD, batch, tap=Tap(), chunk=3)
    assert np.array_equal(tokens, generate(model, WORLD, batch))
    starts = [[start for rows, start in calls if rows == wanted] for wanted in (slice(0, 3), slice(3, 5))]
    assert all(made == [0, *range(3, 3 + len(made) - 1)] for made in starts)


def test_scores_are_the_worlds_one_row_a_sequence():
    model = build()
    scores = score_generation(model, WORLD, 4, "test", 64)
    batch = WORLD.batch(4, 0, 64, "test")
    assert np.array_equal(scores["tokens"], generate(model, WORLD, batch))
    assert np.array_equal(scores["solved"], WORLD.score(batch, scores["tokens"])["solved"])
    assert np.array_equal(scores["length"], lengths(scores["tokens"], 3, WORLD.end))
    means = summary(scores, 3)
    assert means["solved"] == scores["solved"].mean()
    assert means.keys() == {"solved", "length", "diversity"}


def test_diversity_and_lengths_count_what_is_written():
    tokens = np.array([[9, 1, 2, 6], [8, 1, 2, 6], [9, 6, 6, 6], [9, 1, 2, 3]])
    assert diversity(tokens, 1) == 3 / 4
    assert lengths(tokens, 1, 6).tolist() == [2, 2, 0, 3]


@pytest.mark.parametrize("shown", SHOWN)
def test_perplexity_is_over_the_continuation_only(shown):
    world = SHOWN[shown]
    model, batch = build(world), world.batch(0, 0, 30)
    everything = batch.targets.copy()
    everything[:, :2] = batch.tokens[:, 1:3]  # a world with a loss on its prompt as well
    total, count = 0.0, 0
    features = None if batch.features is None else torch.from_numpy(batch.features)
    with torch.no_grad():
        logs = torch.log_softmax(model(torch.from_numpy(batch.tokens), features), -1)
    for row in range(30):
        for position in range(2, 2 + int(lengths(batch.tokens, 3, world.end)[row]) + 1):
            total -= logs[row, position, batch.tokens[row, position + 1]].item()
            count += 1
    for targets in (batch.targets, everything):
        found = perplexity(model, world, dataclasses.replace(batch, targets=targets), chunk=8)
        assert found == pytest.approx(np.exp(total / count), rel=1e-5)


def test_a_model_that_knows_nothing_has_the_vocabularys_perplexity():
    model = build(initial_scale=0.0, head_bias=False)
    assert perplexity(model, WORLD, WORLD.batch(0, 0, 10)) == pytest.approx(7.0)


def test_wrong_requests_are_refused():
    model, batch = build(), WORLD.batch(0, 0, 4)
    with pytest.raises(UsageError, match="temperature"):
        generate(model, WORLD, batch, temperature=-1.0)
    for width in (2, 9):
        with pytest.raises(UsageError, match=f"given {width} positions"):
            complete(model, WORLD, batch, np.zeros((4, width), np.int64))


def test_a_grammar_without_a_way_on_is_an_error_that_shows_where():
    class Stuck(Counter):
        def allowed(self, continuation):
            return super().allowed(continuation) & (continuation.shape[1] < 2)

    with pytest.raises(OntogenyError, match=r"admits no token after \[\d, \d\]"):
        generate(build(), Stuck(), WORLD.batch(0, 0, 20))
