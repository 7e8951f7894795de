import numpy as np
import pytest

from ontogeny.errors import UsageError
from ontogeny.explorer import looking
from ontogeny.explorer.answers.inspection import Head, InspectRequest
from ontogeny.explorer.inspection import Inspector, _slot
from ontogeny.explorer.keeper import Keeper
from ontogeny.explorer.models import Models
from ontogeny.explorer.problems import MissingError, TooLargeError
from ontogeny.training import Trajectory
from ontogeny.worlds import Karel


@pytest.fixture
def inspector():
    return Inspector(Models(), Keeper(4))


@pytest.fixture
def trajectory(folder):
    return Trajectory(folder)


def ask(inspector, trajectory, **request):
    return inspector.inspect(trajectory, InspectRequest(**{"step": 20, **request}))


def test_patterns_are_causal_and_sum_to_one(inspector, trajectory):
    seen = ask(inspector, trajectory)
    assert [(pattern.layer, pattern.head) for pattern in seen.patterns] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    for pattern in seen.patterns:
        weights = np.array(pattern.weights)
        assert weights.shape == (len(seen.positions),) * 2
        assert np.allclose(weights.sum(1), 1, atol=1e-2)
        assert not np.triu(weights, 1).any()


def test_predictions_are_those_of_the_model(inspector, trajectory):
    import torch

    seen = ask(inspector, trajectory, index=33, top=20)
    batch = trajectory.world.batch(trajectory.seed, 1, 32, "test")
    with torch.no_grad():
        logits = trajectory.load(20)(torch.from_numpy(batch.tokens[1:2]), torch.from_numpy(batch.features[1:2]))
    odds = logits[0].softmax(-1).numpy()
    first = seen.predictions[0]
    assert first.position == batch.prompt - 1
    told = {entry.word: entry.probability for entry in first.next}
    expected = dict(zip(trajectory.world.vocabulary, odds[first.position].tolist(), strict=True))
    assert told == pytest.approx(expected, abs=1e-4)
    assert first.actual == trajectory.world.vocabulary[batch.tokens[1, batch.prompt]]


def test_positions_are_named_by_what_is_shown(inspector, trajectory):
    shown = inspector.sequence(trajectory, "test", 0).shown
    assert shown == ["example 1 in", "example 1 out", "example 2 in", "example 2 out", "<begin>"]
    bench = inspector.bench(trajectory, "karel/x")
    assert (bench.prompt, bench.layers, bench.heads, bench.typed) == (5, 2, 2, False)


@pytest.mark.parametrize(
    ("show", "names"),
    [("pairs", ["example 1", "example 2"]), ("rows", [f"example {e} row {r}" for e in (1, 2) for r in (1, 2, 3)])],
)
def test_slots_are_named_by_what_is_shown_in_them(show, names):
    world = Karel(side=3, examples=2, show=show)
    assert [_slot(world, slot) for slot in range(world.prompt - 1)] == names


def test_typed_words_take_the_place_of_the_sample(inspector, trajectory):
    seen = ask(inspector, trajectory, words=["move", "turn_left"])
    assert seen.positions[-2:] == ["move", "turn_left"]
    assert seen.predictions[-1].actual is None
    with pytest.raises(UsageError, match="did you mean 'move'"):
        ask(inspector, trajectory, words=["moove"])
    with pytest.raises(UsageError, match="cannot be typed"):
        ask(inspector, trajectory, words=["move"], typed=True)
    with pytest.raises(UsageError, match="1 to 9 positions, given 25"):
        ask(inspector, trajectory, words=["move"] * 20)


def test_a_silenced_head_changes_what_is_expected(inspector, trajectory):
    every = [Head(layer=layer, head=head) for layer in (0, 1) for head in (0, 1)]
    seen = ask(inspector, trajectory, ablate=every)
    assert seen.ablated_loss != seen.loss
    assert ask(inspector, trajectory).ablated == []
    with pytest.raises(UsageError, match="heads 0 to 1"):
        ask(inspector, trajectory, ablate=[Head(layer=0, head=2)])


def test_answers_have_their_bound(inspector, trajectory, monkeypatch):
    monkeypatch.setattr(looking, "LARGEST_PATTERNS", 2 * 9**2)
    with pytest.raises(TooLargeError, match="choose a layer"):
        ask(inspector, trajectory)
    assert {pattern.layer for pattern in ask(inspector, trajectory, layer=1).patterns} == {1}
    with pytest.raises(UsageError, match="layer 2"):
        ask(inspector, trajectory, layer=2)
    with pytest.raises(MissingError, match="0 to 255"):
        ask(inspector, trajectory, index=256)


def test_a_world_of_tokens_can_be_typed_whole(inspector, store):
    trajectory = Trajectory(next((store / "toy_study").glob("?" * 16)))
    assert inspector.bench(trajectory, "toy").typed
    words = [trajectory.world.vocabulary[0]] * 2
    seen = ask(inspector, trajectory, step=4, words=words, typed=True)
    assert (seen.positions, seen.predictions[0].position) == (words, 0)
