import dataclasses

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ontogeny.errors import UsageError
from ontogeny.models import Transformer, attention
from ontogeny.models.blockwise import attend_blockwise
from ontogeny.models.linear import twice_differentiable

SMALL = Transformer(layers=2, width=16, heads=2, mlp=24, initial_scale=0.5)
VARIANTS = {
    "default": {},
    "parallel": {"block": "parallel"},
    "half_split": {"rotary_style": "half_split"},
    "partial": {"rotary_width": 4},
    "partial_half_split": {"rotary_width": 4, "rotary_style": "half_split"},
    "odd_heads": {"width": 14, "rotary_width": 4},
    "learned": {"positions": "learned"},
    "no_positions": {"positions": "none"},
    "gelu_new": {"activation": "gelu_new"},
    "relu": {"activation": "relu"},
    "gated": {"activation": "gated"},
    "attention_only": {"mlp": 0},
    "attention_only_parallel": {"mlp": 0, "block": "parallel"},
    "rms": {"norm": "rms"},
    "no_biases": {"attention_biases": False, "mlp_biases": False},
    "head_bias": {"head_bias": True},
    "tied": {"tied": True},
    "grouped": {"heads": 4, "key_value_heads": 2},
    "one_key": {"heads": 4, "key_value_heads": 1, "attention_biases": False},
    "parallel_two_norms": {"block": "parallel_two_norms"},
    "position_offset": {"positions": "learned", "position_offset": 2},
    "smeared": {"smeared_keys": True},
    "smeared_grouped": {"smeared_keys": True, "heads": 4, "key_value_heads": 2, "positions": "learned"},
    "convolution": {"convolution": 2},
    "convolution_grouped": {"convolution": 1, "heads": 4, "key_value_heads": 2, "mask": "prefix"},
    "prefix": {"mask": "prefix"},
    "given": {"mask": "given"},
    "linear_attention": {"attention": "linear"},
    "linear_attention_given": {"attention": "linear", "mask": "given"},
    "looped": {"looped": True},
    "no_norm": {"norm": "none", "initial_scale": 0.25},
}
LENGTH, PROMPT, SLOTS = 12, 5, 4


def build(changes=None, **arguments):
    config = dataclasses.replace(SMALL, **(changes or {}))
    return config.build(**({"vocab": 7, "feature_size": 6, "length": LENGTH, "seed": 0} | arguments))


def inputs(batch=3, seq=LENGTH, seed=0):
    random = torch.Generator().manual_seed(seed)
    tokens = torch.randint(0, 7, (batch, seq), generator=random)
    return tokens, torch.randint(0, 2, (batch, SLOTS, 6), generator=random, dtype=torch.uint8)


each_variant = pytest.mark.parametrize("changes", VARIANTS.values(), ids=VARIANTS)


@each_variant
def test_an_identity_tap_changes_no_bit_and_meets_exactly_the_listed_names(changes):
    model, (tokens, features) = build(changes), inputs()
    names = []

    def tap(name, value):
        names.append(name)
        return value

    plain = model(tokens, features, prompt=PROMPT)
    assert torch.equal(model(tokens, features, prompt=PROMPT, tap=tap), plain)
    assert tuple(names) == model.names
    assert plain.shape == (3, LENGTH, 7)


@each_variant
def test_decoding_with_a_cache_equals_the_full_forward(changes):
    model, (tokens, features) = build(changes), inputs()
    full = model(tokens, features, prompt=PROMPT)
    cache = model.start_cache(3)
    parts = [model(tokens[:, :PROMPT], features, prompt=PROMPT, cache=cache)]
    for start, stop in ((5, 6), (6, 9), (9, 10), (10, 12)):
        assert cache.position == start
        parts.append(model(tokens[:, start:stop], prompt=PROMPT, cache=cache))
    torch.testing.assert_close(torch.cat(parts, 1), full, atol=1e-5, rtol=1e-5)


@each_variant
def test_logits_from_a_first_position_are_those_of_the_full_forward(changes):
    model, (tokens, features) = build(changes), inputs()
    full = model(tokens, features, prompt=PROMPT)
    torch.testing.assert_close(model(tokens, features, prompt=PROMPT, first=7), full[:, 7:], atol=2e-6, rtol=1e-5)


@each_variant
def test_gradients_reach_every_parameter(changes):
    model, (tokens, features) = build(changes), inputs()
    model(tokens, features, prompt=PROMPT, first=PROMPT - 1).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


@each_variant
def test_nothing_before_a_changed_token_changes(changes):
    model, (tokens, features) = build(changes), inputs()
    other = tokens.clone()
    other[:, 8] = (other[:, 8] + 1) % 7
    before, after = model(tokens, features, prompt=PROMPT), model(other, features, prompt=PROMPT)
    assert torch.equal(before[:, :8], after[:, :8])
    assert not torch.allclose(before[:, 8:], after[:, 8:])


def test_the_prefix_mask_lets_the_prompt_see_itself_and_nothing_more():
    model = build({"mask": "prefix"}, feature_size=0)
    tokens, _ = inputs()
    last_of_prompt, after_prompt = tokens.clone(), tokens.clone()
    last_of_prompt[:, PROMPT - 1] = (last_of_prompt[:, PROMPT - 1] + 1) % 7
    after_prompt[:, PROMPT] = (after_prompt[:, PROMPT] + 1) % 7
    plain = model(tokens, prompt=PROMPT)
    assert not torch.isclose(model(last_of_prompt, prompt=PROMPT)[:, 0], plain[:, 0]).all(-1).any()
    assert torch.equal(model(after_prompt, prompt=PROMPT)[:, :PROMPT], plain[:, :PROMPT])
    assert torch.equal(model(tokens, prompt=0), build({"mask": "causal"}, feature_size=0)(tokens))


def test_patterns_are_distributions_over_the_admitted_keys():
    model, (tokens, features) = build({"mask": "prefix"}), inputs()
    found = {}
    model(tokens, features, prompt=PROMPT, tap=lambda name, value: found.setdefault(name, value))
    pattern = found["layers.1.attention.pattern"]
    place = torch.arange(LENGTH)
    admitted = (place[None] <= place[:, None]) | ((place[None] < PROMPT) & (place[:, None] < PROMPT))
    assert pattern.shape == (3, 2, LENGTH, LENGTH)
    torch.testing.assert_close(pattern.sum(-1), torch.ones(3, 2, LENGTH))
    assert torch.equal(pattern > 0, admitted.expand_as(pattern))


@pytest.mark.parametrize("attend", [attend_blockwise, attention._fused])  # processors', others'
@pytest.mark.parametrize("mask", ["causal", "prefix"])
def test_long_sequences_are_attended_to_all_in_one_and_agree_with_what_is_written_out(mask, attend, monkeypatch):
    monkeypatch.setattr(attention, "attend_blockwise", attend)
    model = build({"mask": mask}, length=100, feature_size=0)
    tokens, _ = inputs(seq=100)
    plain = model(tokens, prompt=30, tap=lambda name, value: value)  # asks for scores: written out
    for first in (0, 60):
        torch.testing.assert_close(model(tokens, prompt=30, first=first), plain[:, first:], atol=1e-4, rtol=1e-4)
    cache = model.start_cache(3)
    parts = [model(part, prompt=30, cache=cache) for part in tokens.split([70, 29, 1], dim=1)]
    torch.testing.assert_close(torch.cat(parts, 1), plain, atol=1e-4, rtol=1e-4)


def test_long_sequences_have_second_derivatives_where_they_are_asked_for():
    model = build(length=100, feature_size=0)
    tokens, _ = inputs(seq=100)
    weight = model.layers[0].attention.input.weight
    with twice_differentiable():
        (gradient,) = torch.autograd.grad(model(tokens).square().sum(), weight, create_graph=True)
    (second,) = torch.autograd.grad(gradient.square().sum(), weight)
    assert second.abs().sum() > 0


def test_bf16_under_autocast_stays_close():
    model, (tokens, features) = build({"initial_scale": 0.1}), inputs()
    with torch.autocast("cpu", torch.bfloat16):
        rough = model(tokens, features, first=4).float()
        cache = model.start_cache(3)
        steps = [model(tokens[:, :5], features, cache=cache), model(tokens[:, 5:], cache=cache)]
    exact = model(tokens, features)
    assert (rough - exact[:, 4:]).abs().max() < 0.02 * exact.abs().max()
    assert (torch.cat(steps, 1).float() - exact).abs().max() < 0.02 * exact.abs().max()


def test_a_tap_with_names_is_asked_for_those_only():
    class Only:
        names = ("layers.0.mlp.out", "final")
        met = ()

        def __call__(self, name, value):
            self.met += (name,)
            return value

    model, (tokens, features), tap = build(), inputs(), Only()
    model(tokens, features, tap=tap)
    assert tap.met == tap.names


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_an_editing_tap_changes_only_what_is_downstream(data):
    model, (tokens, features) = build(), inputs()
    edited = data.draw(st.sampled_from([n for n in model.names if n != "logits" and "scores" not in n]))
    position = data.draw(st.integers(1, LENGTH - 1))  # at 0 there is one key, and no query matters
    axis = 2 if edited.endswith("pattern") else 1

    def record(into, edit):
        def tap(name, value):
            if edit and name == edited:
                value = value.clone()
                place = value.select(axis, position)
                place += torch.randn(place.shape, generator=torch.Generator().manual_seed(0))
            into[name] = value
            return value

        return tap

    before, after = {}, {}
    model(tokens, features, tap=record(before, False))
    model(tokens, features, tap=record(after, True))
    for name in model.names[: model.names.index(edited)]:
        assert torch.equal(before[name], after[name])
    change = (before["logits"] - after["logits"]).abs().amax((0, 2))
    assert change[:position].max() == 0
    assert change[position] > 1e-3


def test_features_stand_in_for_the_first_tokens():
    model, (tokens, features) = build(), inputs()
    other = tokens.clone()
    other[:, :SLOTS] = 0
    assert torch.equal(model(tokens, features), model(other, features))
    embedded = {}
    model(tokens, features, tap=lambda name, value: embedded.setdefault(name, value))
    torch.testing.assert_close(embedded["embed"][:, :SLOTS], features.float() @ model.feature_map.weight.T)
    assert torch.equal(embedded["embed"][:, SLOTS:], model.token_table.weight[tokens[:, SLOTS:]])


def test_initial_weights_are_a_pure_function_of_the_seed():
    state = torch.random.get_rng_state()
    one, same, other = build(), build(), build(seed=1)
    assert torch.equal(torch.random.get_rng_state(), state)
    for name, value in one.state_dict().items():
        assert torch.equal(value, same.state_dict()[name])
        if name.endswith("weight") and "norm" not in name:
            assert not torch.equal(value, other.state_dict()[name])


def test_initial_scale_is_that_of_gpt_2():
    config = Transformer(layers=8, width=256, heads=4, mlp=512)
    model = config.build(vocab=64, feature_size=32, length=8, seed=0)
    layer = model.layers[3]
    for weight in (layer.attention.input.weight, layer.mlp.input.weight, model.head.weight, model.feature_map.weight):
        assert weight.std().item() == pytest.approx(0.02, rel=0.05)
    for weight in (layer.attention.output.weight, layer.mlp.output.weight):
        assert weight.std().item() == pytest.approx(0.02 / 4, rel=0.05)
    assert layer.attention.input.bias.abs().max() == 0
    assert torch.equal(layer.attention_norm.weight, torch.ones(256))


def test_tied_weights_are_one_parameter():
    tied, untied = build({"tied": True}), build()
    count = [sum(p.numel() for p in model.parameters()) for model in (tied, untied)]
    assert count[1] - count[0] == 7 * 16


def test_shared_keys_are_those_of_a_model_that_repeats_them():
    """Grouped attention equals full attention whose key and value heads are copies."""
    grouped, full = build({"heads": 4, "key_value_heads": 2}), build({"heads": 4})
    state = grouped.state_dict()
    for name in [name for name in state if "attention.input" in name]:
        query, key, value = state[name].split((16, 8, 8))
        twice = [part.unflatten(0, (2, 4)).repeat_interleave(2, 0).flatten(0, 1) for part in (key, value)]
        state[name] = torch.cat((query, *twice))
    full.load_state_dict(state)
    tokens, features = inputs()
    torch.testing.assert_close(grouped(tokens, features), full(tokens, features), atol=1e-6, rtol=1e-6)
    assert grouped.start_cache(3).keys.shape == (2, 3, 2, LENGTH, 4)


def test_smeared_keys_attend_to_a_key_and_the_one_before_it():
    """With gates open the model is the one without; with gates shut, scores are those of the keys one place back."""
    smeared, plain = build({"smeared_keys": True}), build()
    state = plain.state_dict()
    assert {name: smeared.state_dict()[name] for name in state}.keys() < smeared.state_dict().keys()
    tokens, features = inputs()
    scores = {}
    for gate in (30.0, -30.0):
        with torch.no_grad():
            for layer in smeared.layers:
                layer.attention.smear.fill_(gate)
        logits = smeared(tokens, features, tap=lambda name, value, gate=gate: scores.setdefault((name, gate), value))
        if gate > 0:
            torch.testing.assert_close(logits, plain(tokens, features), atol=1e-5, rtol=1e-5)
    name = "layers.0.attention.scores"
    torch.testing.assert_close(scores[name, -30.0][..., 1:], scores[name, 30.0][..., :-1])


@pytest.mark.parametrize("mask", ["causal", "prefix"])
def test_queries_keys_and_values_are_convolved_as_torch_does_it(mask):
    """Where all is prompt, or nothing is, the scores are those of what `nn.Conv1d` makes of queries and keys."""
    changes = {"positions": "learned", "layers": 1, "mask": mask}
    model, (tokens, features) = build({"convolution": 2, **changes}), inputs()
    torch.testing.assert_close(model(tokens, features, prompt=LENGTH), build(changes)(tokens, features, prompt=LENGTH))
    attention = model.layers[0].attention
    torch.nn.init.normal_(attention.convolution, generator=torch.Generator().manual_seed(0))
    seen = {}
    model(tokens, features, prompt=LENGTH, tap=lambda name, value: seen.setdefault(name.split(".")[-1], value))
    ahead = 0 if mask == "causal" else 2
    convolution = torch.nn.Conv1d(48, 48, 3 + ahead, groups=48, bias=False)
    convolution.weight = attention.convolution
    parts = torch.cat([seen[name].flatten(2) for name in ("query", "key", "value")], dim=2).transpose(1, 2)
    mixed = convolution(torch.nn.functional.pad(parts, (2, ahead))).unflatten(1, (3, 2, 8)).transpose(3, 4)
    query, key, value = mixed.unbind(1)  # [batch, head, seq, head_width]
    torch.testing.assert_close(seen["scores"], query @ key.transpose(2, 3) / 8**0.5, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(seen["heads"], (seen["pattern"] @ value).transpose(1, 2), atol=1e-5, rtol=1e-5)


def test_a_convolution_takes_sequences_shorter_than_the_prompt():
    model, (tokens, features) = build({"convolution": 2, "positions": "learned", "mask": "prefix"}), inputs()
    torch.nn.init.normal_(model.layers[0].attention.convolution, generator=torch.Generator().manual_seed(0))
    short = tokens[:, :5]
    torch.testing.assert_close(model(short, features, prompt=LENGTH), model(short, features, prompt=5))


def test_what_does_not_fit_is_refused_with_the_numbers():
    model, (tokens, features) = build(), inputs(seq=LENGTH)
    with pytest.raises(UsageError, match="13 positions given, but the model was built for length=12"):
        model(torch.zeros(1, 13, dtype=torch.long))
    with pytest.raises(UsageError, match="feature_size=0"):
        build(feature_size=0)(tokens, features)
    with pytest.raises(UsageError, match="cache holds 2 sequences"):
        model(tokens, cache=model.start_cache(2))
    with pytest.raises(UsageError, match="first=12"):
        model(tokens, features, first=12)
    with pytest.raises(UsageError, match="prompt="):
        build({"mask": "prefix"})(tokens, features)
    prefix = build({"mask": "prefix"})
    with pytest.raises(UsageError, match="whole prompt"):
        prefix(tokens[:, :4], features, prompt=PROMPT, cache=prefix.start_cache(3))


def test_looped_layers_are_one():
    once, looped = build({"layers": 1}), build({"layers": 3, "looped": True})
    assert sum(p.numel() for p in looped.parameters()) == sum(p.numel() for p in once.parameters())
    tokens, features = inputs()
    before = looped(tokens, features)
    with torch.no_grad():
        looped.layers[0].mlp.input.weight.mul_(2)
    assert looped.layers[2].mlp.input.weight is looped.layers[0].mlp.input.weight
    assert not torch.allclose(looped(tokens, features), before)


def test_under_the_mask_given_nobody_sees_what_comes_after_the_prompt():
    model = build({"mask": "given", "layers": 1}, feature_size=0)
    tokens, _ = inputs()
    found = {}
    plain = model(tokens, prompt=PROMPT, tap=lambda name, value: found.setdefault(name, value))
    assert torch.equal(
        found["layers.0.attention.pattern"] > 0, (torch.arange(LENGTH) < PROMPT).expand(3, 2, LENGTH, LENGTH)
    )
    other = tokens.clone()
    other[:, PROMPT] = (other[:, PROMPT] + 1) % 7
    changed = model(other, prompt=PROMPT)
    assert torch.equal(
        torch.cat((changed[:, :PROMPT], changed[:, PROMPT + 1 :]), 1),
        torch.cat((plain[:, :PROMPT], plain[:, PROMPT + 1 :]), 1),
    )


def test_softmax_needs_something_to_attend_to():
    with pytest.raises(UsageError, match="a prompt of 1 position or more"):
        build({"mask": "given"}, feature_size=0)(inputs()[0], prompt=0)


SHOWN = {"stream": "shown", "attention": "linear", "norm": "none", "mlp": 0, "positions": "none"}


def test_a_shown_stream_is_the_vectors_and_the_answer_minus_its_last_component():
    model = build({**SHOWN, "width": 6, "heads": 1}, vocab=1)
    assert {name.split(".")[0] for name, _ in model.named_parameters()} == {"layers"}
    tokens, features, found = torch.zeros(3, 5, dtype=torch.long), torch.randn(3, 5, 6), {}
    answers = model(tokens, features, tap=lambda name, value: found.setdefault(name, value))
    assert tuple(found) == model.names
    assert torch.equal(found["embed"], features)
    assert torch.equal(answers, -found["final"][..., -1:])


def test_an_mlp_before_a_shown_stream_changes_all_but_the_last_component():
    model = build({**SHOWN, "width": 9, "heads": 1, "input_mlp": 4}, vocab=1)
    tokens, features, found = torch.zeros(3, 5, dtype=torch.long), torch.randn(3, 5, 6), {}
    model(tokens, features, tap=lambda name, value: found.setdefault(name, value))
    first, _, second, _, third = model.input_mlp
    expected = third(second(first(features[..., :-1]).relu()).relu())
    torch.testing.assert_close(found["embed"], torch.cat((expected, features[..., -1:]), dim=-1))


def test_a_shown_stream_that_does_not_fit_is_refused():
    for shape in (SHOWN, {**SHOWN, "input_mlp": 4}):
        with pytest.raises(UsageError, match=r"feature_size=6, width=16 and 7 outputs"):
            build(shape)
    model = build({**SHOWN, "width": 6, "heads": 1}, vocab=1)
    with pytest.raises(UsageError, match="a vector at each of the 5 positions, given 4"):
        model(torch.zeros(3, 5, dtype=torch.long), torch.zeros(3, 4, 6))
    with pytest.raises(UsageError, match="tied needs embeddings"):
        build({**SHOWN, "tied": True})
    with pytest.raises(UsageError, match="input_mlp needs stream='shown'"):
        build({"input_mlp": 4})
