import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ontogeny.errors import UsageError
from ontogeny.instruments.capture import capture
from ontogeny.instruments.heads import (
    METERS,
    attention_on,
    chance,
    repeated_tokens,
    score_patterns,
    score_wanted,
    wanted_keys,
)
from ontogeny.models import Transformer

each_meter = pytest.mark.parametrize("meter", METERS)


def must_look(meter, tokens, query, key):
    """The definitions, one pair at a time."""
    if key >= query:
        return False
    if meter == "previous_token":
        return key == query - 1
    if meter == "association":
        return tokens[key] == tokens[query]
    return key > 0 and tokens[key - 1] == tokens[query]


@each_meter
@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=2, max_size=9), st.integers(0, 2**32))
def test_keys_and_scores_are_those_of_the_definition(meter, tokens, seed):
    wanted = wanted_keys(meter, torch.tensor([tokens]))
    size = len(tokens)
    expected = [[must_look(meter, tokens, query, key) for key in range(size)] for query in range(size)]
    assert wanted[0].tolist() == expected
    pattern = torch.rand(1, 2, size, size, generator=torch.Generator().manual_seed(seed)).tril()
    pattern /= pattern.sum(-1, keepdim=True)
    asked = [query for query in range(size) if any(expected[query])]
    if not asked:
        with pytest.raises(UsageError, match="no position has a key to look for"):
            attention_on(pattern, wanted)
        return
    for head in range(2):
        paid = [sum(pattern[0, head, q, k].item() for k in range(size) if expected[q][k]) for q in asked]
        assert attention_on(pattern, wanted)[head].item() == pytest.approx(sum(paid) / len(asked), abs=1e-6)


@each_meter
def test_a_perfect_head_scores_1_and_an_even_one_chance(meter):
    tokens = torch.from_numpy(repeated_tokens(30, length=24, count=4, seed=0))
    wanted = wanted_keys(meter, tokens)
    perfect = wanted / wanted.sum(-1, keepdim=True).clamp(min=1)
    assert attention_on(perfect[:, None].float(), wanted).item() == pytest.approx(1)
    assert 0 < chance(wanted) < 0.2


@pytest.mark.parametrize("size", [2, 4, 16, 64])
def test_chance_of_the_previous_token_is_the_stated_sum(size):
    wanted = wanted_keys("previous_token", torch.zeros(1, size, dtype=torch.long))
    expected = math.fsum(1 / n for n in range(2, size + 1)) / (size - 1)
    assert chance(wanted) == pytest.approx(expected)


def test_a_head_of_fixed_distance_is_no_induction_head():
    tokens = torch.from_numpy(repeated_tokens(64, length=40, count=64, seed=1))
    wanted = wanted_keys("prefix_matching", tokens)
    best = max(attention_on(torch.eye(40).roll(back, 0).expand(64, 1, -1, -1), wanted).item() for back in range(1, 40))
    assert best < 0.3


@each_meter
def test_scores_of_a_model_are_those_of_its_patterns(meter):
    config = Transformer(layers=2, width=16, heads=4, mlp=8, initial_scale=0.5)
    model = config.build(vocab=9, feature_size=0, length=18, seed=0)
    tokens = repeated_tokens(9, length=18, count=5, seed=0)
    found = score_patterns(model, tokens, [meter], batch=2)[meter]
    captured = capture(model, tokens, None, [f"layers.{layer}.attention.pattern" for layer in range(2)])
    for layer, pattern in enumerate(captured.values()):  # [batch, seq, head, kv]
        expected = attention_on(pattern.transpose(1, 2), wanted_keys(meter, torch.from_numpy(tokens)))
        np.testing.assert_allclose(found[layer], expected.numpy(), atol=1e-6)


def test_keys_of_your_own_are_scored_where_texts_are_seen_as_a_whole():
    config = Transformer(layers=2, width=16, heads=2, mlp=8, mask="prefix", initial_scale=0.5)
    model = config.build(vocab=9, feature_size=0, length=10, seed=0)
    tokens = repeated_tokens(9, length=10, count=5, seed=0)
    wanted = torch.zeros(5, 10, 10, dtype=torch.bool)
    wanted[:, 2, 7] = True  # a later key
    found = score_wanted(model, tokens, {"later": wanted}, prompt=10, batch=2)["later"]
    captured = capture(model, tokens, None, [f"layers.{layer}.attention.pattern" for layer in range(2)], prompt=10)
    for layer, pattern in enumerate(captured.values()):  # [batch, seq, head, kv]
        np.testing.assert_allclose(found[layer], pattern[:, 2, :, 7].mean(dim=0).numpy(), atol=1e-6)
    assert chance(wanted, prompt=10) == pytest.approx(0.1)
    assert chance(wanted) == 0


def test_wrong_requests_are_refused():
    with pytest.raises(UsageError, match="did you mean 'prefix_matching'"):
        wanted_keys("prefix_match", torch.zeros(1, 3, dtype=torch.long))
    model = Transformer(layers=1, width=8, heads=2, mlp=8).build(vocab=9, feature_size=0, length=4, seed=0)
    with pytest.raises(UsageError, match="prefix_matching: no position has a key"):
        score_patterns(model, np.arange(4)[None])
