import numpy as np
import pytest

from ontogeny.errors import UsageError
from ontogeny.worlds import Curriculum, InContext, Inputs, LinearFunctions

WORLD = InContext(
    inputs=Inputs(features=4),
    examples=9,
    shown="interleaved",
    curriculum=Curriculum(features=2, examples=3, every=10, more_features=1, more_examples=4),
)


def test_the_published_curriculum_reaches_its_end_after_30_000_steps():
    published = Curriculum()
    assert published.at(0, 20, 41) == (5, 11)
    assert published.at(1999, 20, 41) == (5, 11)
    assert published.at(2000, 20, 41) == (6, 13)
    assert published.at(29_999, 20, 41) == (19, 39)
    assert published.at(30_000, 20, 41) == published.at(500_000, 20, 41) == (20, 41)


@pytest.mark.parametrize(("step", "features", "examples"), [(0, 2, 3), (10, 3, 7), (25, 4, 9), (99, 4, 9)])
def test_training_s_episodes_grow(step, features, examples):
    batch = WORLD.batch(0, step, 50)
    assert batch.features.shape == (50, 2 * examples - 1, WORLD.feature_size)
    assert (batch.inputs[..., :features] != 0).all()
    assert not batch.inputs[..., features:].any()
    values = np.einsum("bei,bi->be", batch.inputs[..., :features], batch.hidden.parameters)
    np.testing.assert_allclose(batch.outputs, values, atol=1e-5)


def test_other_splits_episodes_are_full():
    for split in ("validation", "probe", "test"):
        batch = WORLD.batch(0, 0, 5, split)
        assert batch.features.shape[1] == WORLD.length
        assert (batch.inputs != 0).all()


def test_where_the_curriculum_ends_the_world_begins():
    grown, plain = WORLD.batch(3, 40, 6), InContext(inputs=Inputs(features=4), examples=9, shown="interleaved")
    np.testing.assert_array_equal(grown.features, plain.batch(3, 40, 6).features)


def test_impossible_curricula_are_refused():
    with pytest.raises(UsageError, match="it changes the dimension"):
        InContext(pool=3, curriculum=Curriculum())
    with pytest.raises(UsageError, match="at most features = 2, given 3"):
        InContext(functions=LinearFunctions(nonzero=3), curriculum=Curriculum(features=2))
