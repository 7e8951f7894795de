from collections import deque
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontogeny.errors import UsageError
from ontogeny.worlds import IGNORE, MarkedGoals
from ontogeny.worlds.streams.marked_goals import PROMPT, Places

WORLDS = {"small": MarkedGoals(side=3, apart=0.4), "large": MarkedGoals(side=6, apart=1.0)}
every_world = pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS.keys())
STEPS = {"left": (0, -1), "right": (0, 1), "up": (-1, 0), "down": (1, 0)}


def told(world, tokens):
    """A sequence read as words: start, goal and marker as pairs, and the operations."""
    words = [world.vocabulary[token] for token in tokens]
    assert words[PROMPT - 1] == "go"
    places = [tuple(map(int, word.split(","))) for word in words[: PROMPT - 1]]
    return *places, words[PROMPT : words.index("end")]


def carried_out(side, place, operations):
    visited = [place]
    for name in operations:
        place = tuple(min(max(at + by, 0), side - 1) for at, by in zip(place, STEPS[name], strict=True))
        visited.append(place)
    return visited


def distance(side, start, goal):
    """Breadth first, over the operations."""
    found, waiting = {start: 0}, deque([start])
    while waiting:
        place = waiting.popleft()
        for name in STEPS:
            after = carried_out(side, place, [name])[-1]
            if after not in found:
                found[after] = found[place] + 1
                waiting.append(after)
    return found[goal]


@every_world
def test_paths_are_shortest_paths_to_the_goal_along_the_row_first(world):
    batch = world.batch(2, 1, 120, "test")
    for tokens in batch.tokens:
        start, goal, _, operations = told(world, tokens)
        assert carried_out(world.side, start, operations)[-1] == goal
        assert len(operations) == distance(world.side, start, goal) > 0
        turns = [name in ("up", "down") for name in operations]
        assert turns == sorted(turns)
    assert (world.score(batch, batch.tokens)["solved"]).all()


@every_world
def test_markers_are_in_corners_and_starts_and_goals_elsewhere(world):
    last = world.side - 1
    seen = set()
    for tokens in world.batch(0, 0, 400).tokens:
        start, goal, marker, _ = told(world, tokens)
        assert set(marker) <= {0, last}
        assert start not in (goal, marker)
        seen.add(goal)
    if world.apart == 1:
        assert len(seen) == world.cells


def test_the_share_decides_how_many_goals_are_apart_and_nothing_of_the_markers():
    worlds = [MarkedGoals(apart=share) for share in (0.0, 0.1, 0.5, 1.0)]
    places = [world.batch(3, 7, 2000).hidden for world in worlds]
    apart = [found.goal != found.marker for found in places]
    assert [round(float(rows.mean()), 1) for rows in apart] == [0.0, 0.1, 0.5, 1.0]
    for less, more in pairwise(places):
        np.testing.assert_array_equal(less.marker, more.marker)
        moved = less.goal != less.marker
        np.testing.assert_array_equal(less.goal[moved], more.goal[moved])


def items(world, split, batches, seed=0):
    """Start, goal and marker of everything that is drawn."""
    drawn = [world.batch(seed, step, 500, split).hidden for step in range(batches)]
    return {item for each in drawn for item in zip(each.start, each.goal, each.marker, strict=True)}


@pytest.mark.parametrize("side", [3, 5])
@pytest.mark.parametrize("apart", [0.0, 1.0], ids=["together", "apart"])
def test_a_share_of_the_items_is_held_out_from_training_whatever_the_seed(side, apart):
    """Enough is drawn for each item there is to come up; every marker and goal has starts on both sides."""
    world = MarkedGoals(side=side, apart=apart)
    trained = items(world, "train", 80, seed=1)
    others = {split: items(world, split, 40) for split in ("validation", "probe", "test")}
    held_out = others["test"]
    assert all(found == held_out for found in others.values())
    assert not trained & held_out
    markers, cells = 4, side**2
    pairs = markers * (cells - 1) if apart else markers
    assert len(trained | held_out) == pairs * (cells - 2 if apart else cells - 1)
    assert len(held_out) / len(trained | held_out) == pytest.approx(0.25, abs=0.04)
    for known in (trained, held_out):
        assert len({(goal, marker) for _, goal, marker in known}) == pairs


@pytest.mark.parametrize("share", [0.001, 0.999])
def test_no_share_leaves_a_marker_and_goal_without_a_start_on_either_side(share):
    world = MarkedGoals(side=3, apart=1.0, held_out=share)
    trained, held_out = items(world, "train", 40), items(world, "test", 40)
    assert not trained & held_out
    for known in (trained, held_out):
        assert len({(goal, marker) for _, goal, marker in known}) == 4 * 8
        assert all(start not in (goal, marker) for start, goal, marker in known)


@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=8), st.integers(0, 24), st.integers(0, 24))
def test_whatever_is_written_is_carried_out_and_known_at_every_token(operations, start, goal):
    world = MarkedGoals()
    batch = world.encode(Places(*(np.array([cell]) for cell in (start, goal, 24))))
    tokens = batch.tokens.copy()
    tokens[0, PROMPT:] = world.end
    tokens[0, PROMPT : PROMPT + len(operations)] = [world.vocabulary.index(name) for name in operations]
    truth = world.truth(batch, tokens)
    visited = carried_out(5, divmod(start, 5), operations)
    shown = slice(PROMPT - 2, PROMPT - 1 + len(operations))
    assert list(zip(truth["row"][0, shown, 0], truth["column"][0, shown, 0], strict=True)) == visited
    for name, labels in truth.items():
        assert (np.delete(labels[0, :, 0], np.arange(labels.shape[1])[shown]) == IGNORE).all()
        if name.startswith("goal"):
            assert set(labels[0, shown, 0]) == {divmod(goal, 5)[name == "goal_column"]}
    scores = world.score(batch, tokens)
    assert scores["solved"][0] == (visited[-1] == divmod(goal, 5))
    assert scores["at_marker"][0] == (visited[-1] == (4, 4))


def test_what_comes_after_the_end_is_not_carried_out():
    world = MarkedGoals()
    batch = world.encode(Places(*(np.array([cell]) for cell in (12, 13, 24))))
    tokens = batch.tokens.copy()
    tokens[0, PROMPT + 2] = world.vocabulary.index("right")
    assert world.score(batch, tokens)["solved"][0]


def test_only_the_end_may_follow_the_end_or_the_longest_path():
    world = MarkedGoals(side=3)
    assert world.allowed(np.zeros((1, 0), np.int64)).sum() == 5
    for written in ([[0, world.end]], [[0] * world.steps]):
        assert np.flatnonzero(world.allowed(np.array(written))[0]).tolist() == [world.end]


def test_unknown_meanings_are_refused():
    world = MarkedGoals()
    batch = world.batch(0, 0, 2)
    with pytest.raises(UsageError, match="meaning"):
        world.truth(batch, batch.tokens, "other")
