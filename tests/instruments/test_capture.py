import numpy as np
import pytest
import torch

from ontogeny.errors import UsageError
from ontogeny.instruments.capture import capture, residual_names
from ontogeny.models import Transformer
from toys import Counter

WORLD = Counter(shown="features")
BATCH = WORLD.batch(0, 0, 10)
CONFIG = Transformer(layers=3, width=16, heads=2, mlp=24, initial_scale=0.3)
MODEL = CONFIG.build(vocab=7, feature_size=5, length=WORLD.length, seed=0)
NAMES = ("embed", "layers.1.attention.pattern", "layers.0.attention.query", "layers.2.mlp.hidden", "logits")


def at_once():
    found = {}
    with torch.no_grad():
        MODEL(torch.from_numpy(BATCH.tokens), torch.from_numpy(BATCH.features), tap=lambda n, v: found.setdefault(n, v))
    return found


@pytest.mark.parametrize("chunk", [1, 3, 10, 64])
def test_every_name_in_any_chunks_is_what_one_pass_shows(chunk):
    expected = at_once()
    found = capture(MODEL, BATCH.tokens, BATCH.features, MODEL.names, batch=chunk)
    assert set(found) == set(MODEL.names)
    for name, value in found.items():
        reference = expected[name].transpose(1, 2) if name.endswith(("scores", "pattern")) else expected[name]
        torch.testing.assert_close(value, reference, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("chunk", [3, 64])
def test_chosen_positions_come_sequence_after_sequence(chunk):
    everything = capture(MODEL, BATCH.tokens, BATCH.features, NAMES, batch=chunk)
    positions = np.random.default_rng(0).random(BATCH.tokens.shape) < 0.3
    positions[4] = False  # a sequence with nothing to keep
    found = capture(MODEL, BATCH.tokens, BATCH.features, NAMES, positions=positions, batch=chunk)
    for name in NAMES:
        assert torch.equal(found[name], everything[name][torch.from_numpy(positions)])
    assert found["layers.0.attention.query"].shape == (positions.sum(), 2, 8)
    assert found["layers.1.attention.pattern"].shape == (positions.sum(), 2, WORLD.length)


def test_nothing_to_keep_gives_empty_arrays():
    found = capture(MODEL, BATCH.tokens, BATCH.features, ["embed"], positions=np.zeros(BATCH.tokens.shape, bool))
    assert found["embed"].shape == (0, 16)


def test_means_are_means_over_the_named_activations():
    stations = residual_names(MODEL)
    assert stations == ("embed", "layers.0.residual_out", "layers.1.residual_out", "layers.2.residual_out")
    means = {"all": stations, "two": stations[1:3]}
    found = capture(MODEL, BATCH.tokens, BATCH.features, stations, means=means, batch=4)
    assert set(found) == {*stations, "all", "two"}
    torch.testing.assert_close(found["all"], torch.stack([found[name] for name in stations]).mean(0))
    torch.testing.assert_close(found["two"], (found[stations[1]] + found[stations[2]]) / 2)


def test_the_model_is_left_untouched():
    MODEL.train()
    before = {name: value.clone() for name, value in MODEL.state_dict().items()}
    found = capture(MODEL, BATCH.tokens, BATCH.features, NAMES)
    assert MODEL.training
    assert all(torch.equal(value, before[name]) for name, value in MODEL.state_dict().items())
    assert not any(value.requires_grad for value in found.values())
    assert all(parameter.grad is None for parameter in MODEL.parameters())
    found["embed"].requires_grad_().sum().backward()  # what is captured is an ordinary tensor


def test_only_what_is_asked_for_is_kept():
    positions = np.zeros(BATCH.tokens.shape, bool)
    positions[:, 3] = True
    found = capture(MODEL, BATCH.tokens, BATCH.features, ["layers.1.residual_out"], positions=positions, batch=2)
    assert found["layers.1.residual_out"].untyped_storage().nbytes() == 10 * 16 * 4


def test_what_lies_behind_the_last_name_is_not_computed():
    reached = []
    handles = [layer.register_forward_hook(lambda *_: reached.append(1)) for layer in MODEL.layers]
    capture(MODEL, BATCH.tokens, BATCH.features, ["layers.1.residual_middle"], batch=5)
    for handle in handles:
        handle.remove()
    assert len(reached) == 2  # the first layer, in each of two chunks


def test_results_share_memory_with_nothing():
    names = ("layers.0.residual_out", "layers.1.residual_in")  # one tensor under two names
    first, second = capture(MODEL, BATCH.tokens, BATCH.features, names).values()
    assert torch.equal(first, second)
    first += 1
    assert not torch.equal(first, second)


def test_vectors_shown_as_the_stream_stay_the_callers():
    config = Transformer(layers=1, width=6, heads=1, mlp=0, positions="none", norm="none", stream="shown")
    model = config.build(vocab=1, feature_size=6, length=4, seed=0)
    shown = np.random.default_rng(0).normal(size=(3, 4, 6)).astype(np.float32)
    found = capture(model, np.zeros((3, 4), int), shown, ["embed"])["embed"]
    assert torch.equal(found, torch.from_numpy(shown))
    found += 1
    assert not torch.equal(found, torch.from_numpy(shown))


def test_prefix_masks_are_told_the_prompt():
    config = Transformer(layers=1, width=16, heads=2, mlp=0, mask="prefix")
    model = config.build(vocab=7, feature_size=5, length=WORLD.length, seed=0)
    name = "layers.0.attention.pattern"
    pattern = capture(model, BATCH.tokens, BATCH.features, [name], prompt=3)[name]
    assert (pattern[:, 0, :, 2] > 0).all()


def test_wrong_requests_are_refused():
    with pytest.raises(UsageError, match=r"unknown activation 'layers\.1\.residual'; did you mean"):
        capture(MODEL, BATCH.tokens, BATCH.features, ["layers.1.residual"])
    with pytest.raises(UsageError, match="unknown activation 'nothing'"):
        capture(MODEL, BATCH.tokens, BATCH.features, means={"mean": ["nothing"]})
