import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ontogeny.errors import UsageError
from ontogeny.instruments.edits import continue_with_edit, edit_tap, mean_differences, random_deltas, swap_delta
from ontogeny.instruments.generation import complete, generate
from ontogeny.instruments.logistic import LinearProbe
from ontogeny.models import Transformer
from toys import Counter

WORLD = Counter(shown="features")
CONFIG = Transformer(layers=3, width=16, heads=2, mlp=24, initial_scale=0.5)
MODEL = CONFIG.build(vocab=7, feature_size=5, length=WORLD.length, seed=2)
BATCH = WORLD.batch(0, 0, 40)
OWN = generate(MODEL, WORLD, BATCH)


def probe(classes=4, width=16, seed=0):
    random = np.random.default_rng(seed)
    return LinearProbe(random.normal(size=(width, classes)), random.normal(size=classes))


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 8), st.integers(0, 1000))
def test_a_full_dose_swaps_two_classes_and_keeps_the_others(classes, seed):
    random = np.random.default_rng(seed)
    reader, hidden = probe(classes, seed=seed), random.normal(size=(20, 16))
    current, target = random.integers(0, classes, (2, 20))
    before = reader.probabilities(hidden)
    after = reader.probabilities(hidden + swap_delta(reader, hidden, current, target))
    expected, rows = before.copy(), np.arange(20)
    expected[rows, current], expected[rows, target] = before[rows, target], before[rows, current]
    np.testing.assert_allclose(after, expected, atol=1e-9)


def test_half_a_dose_makes_the_two_classes_equal():
    reader, hidden = probe(), np.random.default_rng(1).normal(size=(10, 16))
    current, target = np.zeros(10, int), np.full(10, 2)
    read = reader.probabilities(hidden + swap_delta(reader, hidden, current, target, dose=0.5))
    np.testing.assert_allclose(read[:, 0], read[:, 2])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000))
def test_no_smaller_change_does_the_same(seed):
    """Any other change with the same effect on the probe differs by a direction that the probe's odds do not see."""
    random = np.random.default_rng(seed)
    reader, hidden = probe(seed=seed), random.normal(size=(1, 16))
    delta = swap_delta(reader, hidden, np.array([1]), np.array([3]))[0]
    odds = reader.weights - reader.weights[:, :1]  # a basis of what the odds see
    unseen = random.normal(size=16)
    unseen -= odds @ np.linalg.pinv(odds) @ unseen
    np.testing.assert_allclose(reader.probabilities(hidden + unseen), reader.probabilities(hidden))
    assert np.linalg.norm(delta + unseen) > np.linalg.norm(delta)
    assert abs(delta @ unseen) < 1e-9


def test_classes_never_seen_take_no_part_and_cannot_be_asked_for():
    reader, hidden = probe(), np.random.default_rng(0).normal(size=(5, 16))
    bias = reader.bias.copy()
    bias[2] = -np.inf
    partial = LinearProbe(reader.weights, bias)
    zeros, ones = np.zeros(5, int), np.ones(5, int)
    without = LinearProbe(reader.weights[:, [0, 1, 3]], bias[[0, 1, 3]])
    expected = swap_delta(without, hidden, zeros, ones)
    np.testing.assert_allclose(swap_delta(partial, hidden, zeros, ones), expected)
    with pytest.raises(UsageError, match=r"knows classes \[0, 1, 3\], given \[2\]"):
        swap_delta(partial, hidden, zeros, np.full(5, 2))


def test_classes_without_directions_of_their_own_are_refused():
    reader = LinearProbe(np.ones((16, 3)), np.zeros(3))
    with pytest.raises(UsageError, match="independent directions"):
        swap_delta(reader, np.zeros((1, 16)), np.array([0]), np.array([1]))


@pytest.mark.parametrize("given_states", [False, True])
def test_random_edits_have_the_edits_lengths_and_depend_on_the_seed_alone(given_states):
    delta = np.random.default_rng(0).normal(size=(50, 16))
    hidden = np.random.default_rng(1).normal(size=(9, 16)).astype(np.float32) if given_states else None
    random = random_deltas(delta, seed=0, draws=4, hidden=hidden)
    assert random.shape == (4, 50, 16)
    np.testing.assert_allclose(np.linalg.norm(random, axis=2), np.tile(np.linalg.norm(delta, axis=1), (4, 1)))
    assert np.array_equal(random, random_deltas(delta, seed=0, draws=4, hidden=hidden))
    assert not np.allclose(random, random_deltas(delta, seed=1, draws=4, hidden=hidden))
    assert not np.allclose(random[0], random[1])


def test_random_directions_favour_no_axis():
    directions = random_deltas(np.full((5000, 4), 0.5), seed=0, draws=1)[0]  # unit length
    assert directions.mean(0) == pytest.approx(np.zeros(4), abs=0.03)
    assert directions.T @ directions / 5000 == pytest.approx(np.eye(4) / 4, abs=0.02)


def test_directions_between_states_stay_in_their_span():
    hidden = np.zeros((9, 16))
    hidden[:, :2] = np.random.default_rng(0).normal(size=(9, 2))
    random = random_deltas(np.ones((30, 16)), seed=0, draws=3, hidden=hidden)
    assert np.abs(random[..., 2:]).max() == 0


@pytest.mark.parametrize("position", [2, 4])
def test_an_edit_of_nothing_changes_nothing(position):
    same = continue_with_edit(MODEL, WORLD, BATCH, OWN, position, "layers.1.residual_out", np.zeros((40, 16)))
    assert np.array_equal(same, OWN)


@pytest.mark.parametrize("position", [2, 3, 5])
def test_swapping_the_models_own_scores_makes_it_write_the_other_token(position):
    """At `final` the head is the probe: the edit must do exactly what it says, there and only there."""
    head = LinearProbe(MODEL.head.weight.detach().double().numpy().T, np.zeros(7))
    running = ~(OWN[:, 3 : position + 1] == WORLD.end).any(1) & (OWN[:, position + 1] < WORLD.begin)
    hidden = read("final", position)
    current = OWN[:, position + 1]
    target = (np.where(running, current, 0) + 1) % 5
    delta = swap_delta(head, hidden, current, target)
    written = continue_with_edit(MODEL, WORLD, BATCH, OWN, position, "final", delta)
    likeliest = (hidden @ head.weights).argmax(1) == current  # no forbidden token is likelier
    sure = running & likeliest
    assert sure.sum() > 3
    forced = OWN[:, : position + 2].copy()
    forced[:, -1] = target
    assert np.array_equal(written[sure], complete(MODEL, WORLD, BATCH, forced)[sure])


def read(name, position):
    found = {}
    with torch.no_grad():
        MODEL(torch.from_numpy(OWN), torch.from_numpy(BATCH.features), tap=lambda n, v: found.setdefault(n, v))
    return found[name][:, position].double().numpy()


@pytest.mark.parametrize("name", ["embed", "layers.0.residual_out", "layers.1.mlp.out", "layers.2.residual_out"])
@pytest.mark.parametrize("chunk", [7, 64])
def test_edits_with_the_cache_equal_edits_of_every_full_pass(name, chunk):
    """The edited state stays in the past: later positions attend to keys and values made from it."""
    positions = np.array([2, 3, 4, 5] * 10)
    delta = np.random.default_rng(0).normal(size=(40, 16)) * 3
    edited = continue_with_edit(MODEL, WORLD, BATCH, OWN, positions, name, delta, chunk=chunk)
    expected = OWN.copy()
    features = torch.from_numpy(BATCH.features)
    for position in range(3, WORLD.length):
        with torch.no_grad():
            shown = torch.from_numpy(expected[:, :position])
            logits = MODEL(shown, features, tap=edit_tap(name, positions, delta))[:, -1]
        allowed = torch.from_numpy(WORLD.allowed(expected[:, 3:position]))
        chosen = logits.masked_fill(~allowed, -torch.inf).argmax(1).numpy()
        expected[:, position] = np.where(position > positions, chosen, OWN[:, position])
    assert np.array_equal(edited, expected)
    assert (edited != OWN).any(1).sum() > 5
    assert all(np.array_equal(edited[row, : p + 1], OWN[row, : p + 1]) for row, p in enumerate(positions))


def test_an_edit_changes_its_position_and_nothing_before_it():
    tap = edit_tap("layers.1.residual_out", np.array([4] * 39 + [100]), np.ones((40, 16)))
    plain, edited = (torch.zeros(40, 8, 16), tap("layers.1.residual_out", torch.zeros(40, 8, 16)))
    assert torch.equal(plain[:, :4], edited[:, :4])
    assert (edited[:39, 4] == 1).all()
    assert edited[39].abs().max() == 0  # its position is not in this call
    assert tap("layers.0.residual_out", plain) is plain
    later = tap.at(slice(10, 20), 4)("layers.1.residual_out", torch.zeros(10, 1, 16))
    assert (later == 1).all()


def test_wrong_requests_are_refused():
    delta = np.zeros((40, 16))
    with pytest.raises(UsageError, match="unknown activation"):
        continue_with_edit(MODEL, WORLD, BATCH, OWN, 3, "layers.7.residual_out", delta)
    with pytest.raises(UsageError, match="pairs of positions"):
        continue_with_edit(MODEL, WORLD, BATCH, OWN, 3, "layers.0.attention.scores", delta)
    for position in (1, 7):
        with pytest.raises(UsageError, match=f"from 2 .* to 6, given {position}"):
            continue_with_edit(MODEL, WORLD, BATCH, OWN, position, "embed", delta)


def test_mean_differences_are_those_of_the_other_half_of_the_group() -> None:
    group = np.repeat([0, 1], 20)
    difference = np.where(group[:, None] == 0, [1.0, 0.0], [0.0, 2.0])
    np.testing.assert_array_equal(mean_differences(difference, group, seed=0), difference)
    own = np.eye(40)  # each example has a direction of its own: none may be its own answer
    means = mean_differences(own, np.zeros(40, dtype=int), seed=0)
    assert (np.diag(means) == 0).all()
    np.testing.assert_allclose(means.sum(axis=1), 1)
    np.testing.assert_array_equal(mean_differences(own[:1], np.zeros(1, dtype=int), seed=0), np.zeros((1, 40)))
