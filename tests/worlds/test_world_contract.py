"""What every world promises to those who train on it; a new world is added to `WORLDS`."""

import numpy as np
import pytest

from ontogeny.worlds import (
    IGNORE,
    Curriculum,
    DecisionTrees,
    InContext,
    Inputs,
    Karel,
    LinearFunctions,
    MarkedGoals,
    Networks,
)

WORLDS = {
    "karel": Karel(),
    "karel, a slot a row": Karel(side=3, show="rows"),
    "karel, one word a cell": Karel(side=3, show="cells"),
    "karel as text, loss on all": Karel(side=3, columns=4, lengths=(1, 4), examples=2, show="text", loss="all"),
    "karel with guards": Karel(programs="guarded", walls=0.3),
    "marked goals": MarkedGoals(apart=0.5),
}
FUNCTIONS = {
    "functions in pairs": InContext(noise=0.5),
    "functions, interleaved": InContext(functions=LinearFunctions(nonzero=3), shown="interleaved"),
    "functions of a pool": InContext(pool=2),
    "functions under a curriculum": InContext(shown="interleaved", curriculum=Curriculum(examples=4)),
    "networks in a subspace": InContext(functions=Networks(), inputs=Inputs(subspace=5, query="repeated")),
    "decision trees": InContext(functions=DecisionTrees(), inputs=Inputs(query="opposite", skew=2.0)),
}
SPLITS = ("train", "validation", "probe", "test")
every_world = pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS.keys())
ALL = WORLDS | FUNCTIONS
every_function = pytest.mark.parametrize("world", FUNCTIONS.values(), ids=FUNCTIONS.keys())


@every_world
@pytest.mark.parametrize("split", SPLITS)
def test_a_batch_has_the_promised_shapes_and_targets(world, split):
    batch = world.batch(0, 3, 40, split)
    assert batch.tokens.dtype == np.int64
    assert batch.targets.dtype == np.int64
    assert batch.tokens.shape == batch.targets.shape
    assert len(batch.tokens) == 40
    assert batch.tokens.shape[1] <= world.length
    assert batch.tokens.min() >= 0
    assert batch.tokens.max() < len(world.vocabulary)
    assert 0 < batch.prompt < batch.tokens.shape[1]
    taught = batch.targets != IGNORE
    assert taught.any(axis=1).all()
    assert not taught[:, -1].any()
    np.testing.assert_array_equal(batch.targets[:, :-1][taught[:, :-1]], batch.tokens[:, 1:][taught[:, :-1]])


@every_function
@pytest.mark.parametrize("split", SPLITS)
def test_a_batch_of_episodes_has_the_promised_shapes_and_targets(world, split):
    batch = world.batch(0, 3, 40, split)
    assert batch.features.dtype == batch.targets.dtype == np.float32
    size, length, features = batch.features.shape
    assert (size, features) == (40, world.feature_size)
    assert batch.tokens.shape == batch.targets.shape == (40, length)
    assert length <= world.length
    assert length == world.length or (split == "train" and world.curriculum is not None)
    assert 0 <= batch.prompt < length
    assert not batch.tokens.any()
    assert batch.learned.any(axis=1).all()
    assert np.isfinite(batch.features).all()
    np.testing.assert_array_equal(
        batch.targets[batch.learned], batch.outputs[:, -batch.learned.sum(axis=1)[0] :].ravel()
    )
    assert batch.outputs.shape == batch.inputs.shape[:2] == batch.hidden.values.shape


@every_world
def test_features_stand_at_the_first_positions_where_tokens_are_zero(world):
    batch = world.batch(0, 0, 8)
    if world.feature_size == 0:
        assert batch.features is None
    else:
        size, slots, features = batch.features.shape
        assert (size, features) == (8, world.feature_size)
        assert slots < batch.prompt
        assert not batch.tokens[:, :slots].any()


@pytest.mark.parametrize("world", ALL.values(), ids=ALL.keys())
def test_a_batch_is_a_function_of_seed_step_and_split(world):
    def tokens_and_features(seed, step, split):
        batch = world.batch(seed, step, 16, split)
        return [batch.tokens] + ([] if batch.features is None else [batch.features])

    first = tokens_and_features(5, 7, "probe")
    world.batch(5, 8, 16, "train")
    again = tokens_and_features(5, 7, "probe")
    assert all(np.array_equal(one, two) for one, two in zip(first, again, strict=True))
    for other in [(6, 7, "probe"), (5, 6, "probe"), (5, 7, "test")]:
        others = tokens_and_features(*other)
        assert not all(np.array_equal(one, two) for one, two in zip(first, others, strict=True))


@pytest.mark.parametrize("world", ALL.values(), ids=ALL.keys())
def test_words_are_distinct(world):
    assert len(set(world.vocabulary)) == len(world.vocabulary)


@every_world
def test_the_true_continuation_is_allowed_solves_and_is_padded_with_ends(world):
    batch = world.batch(1, 1, 64, "test")
    continuation = batch.tokens[:, batch.prompt :]
    assert (continuation[:, -1] == world.end).all()
    for step in range(continuation.shape[1]):
        may = world.allowed(continuation[:, :step])
        assert may.shape == (64, len(world.vocabulary))
        assert may[np.arange(64), continuation[:, step]].all()
    assert (world.score(batch, batch.tokens)["solved"] == 1).all()


@every_world
def test_whatever_is_allowed_is_a_continuation_that_can_be_scored_and_traced(world):
    batch = world.batch(2, 0, 100, "probe")
    random = np.random.default_rng(0)
    tokens = batch.tokens.copy()
    for position in range(batch.prompt, tokens.shape[1]):
        may = world.allowed(tokens[:, batch.prompt : position])
        assert may.any(axis=1).all()
        tokens[:, position] = (random.random(may.shape) * may).argmax(axis=1)
    scores = world.score(batch, tokens)
    assert all(len(values) == 100 for values in scores.values())
    assert np.isin(scores["solved"], (0, 1)).all()
    assert (tokens[:, -1] == world.end).all()
    for meaning in world.meanings:
        for name, labels in world.truth(batch, tokens, meaning).items():
            assert labels.shape[:2] == tokens.shape, name
            exists = labels != IGNORE
            assert exists.any(), name
            assert labels[exists].min() >= 0, name
            assert labels[exists].max() < world.classes(name), name


@every_world
def test_the_first_meaning_is_the_true_one(world):
    batch = world.batch(3, 0, 20)
    plain, named = world.truth(batch, batch.tokens), world.truth(batch, batch.tokens, world.meanings[0])
    assert plain.keys() == named.keys()
    assert all(np.array_equal(plain[name], named[name]) for name in plain)
