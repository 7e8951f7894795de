"""Episodes in both formats, with the truth behind them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ontogeny.configuration import from_plain, to_plain, validate
from ontogeny.errors import UsageError
from ontogeny.worlds import InContext, Inputs, LinearFunctions, Sinusoids

SMALL = Inputs(features=3)
worlds = st.builds(
    InContext,
    functions=st.sampled_from([LinearFunctions(), LinearFunctions(mean=1.0, nonzero=2)]),
    inputs=st.sampled_from([SMALL, Inputs(features=3, distribution="laplace", skew=1.0)]),
    examples=st.integers(1, 6),
    noise=st.sampled_from([0.0, 0.5]),
    pool=st.sampled_from([None, 1, 4]),
    shown=st.sampled_from(["pairs", "interleaved"]),
)


@given(worlds, st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_a_batch_has_the_promised_shapes_and_is_a_function_of_seed_step_and_split(world, step):
    batch = world.batch(5, step, 7, "probe")
    assert batch.features.shape == (7, world.length, world.feature_size)
    assert batch.tokens.shape == batch.targets.shape == batch.learned.shape == (7, world.length)
    assert batch.learned.any(axis=1).all()
    assert batch.size == 7 * world.length
    again = world.batch(5, step, 7, "probe")
    assert np.array_equal(batch.features, again.features)
    for other in [(6, step, "probe"), (5, step + 1, "probe"), (5, step, "test")]:
        assert not np.array_equal(batch.features, world.batch(*other[:2], 7, other[2]).features)
    assert from_plain(InContext, to_plain(world)) == validate(world) == world


@given(worlds)
@settings(max_examples=20, deadline=None)
def test_what_is_shown_are_the_examples_without_the_last_value(world):
    batch = world.batch(1, 2, 5)
    inputs, outputs = batch.inputs, batch.outputs
    if world.shown == "pairs":
        np.testing.assert_array_equal(batch.features[..., :-1], inputs)
        np.testing.assert_array_equal(batch.features[:, :-1, -1], outputs[:, :-1])
        np.testing.assert_array_equal(batch.features[:, -1, -1], 0)
        np.testing.assert_array_equal(batch.targets[:, -1], outputs[:, -1])
        assert batch.learned.sum() == 5
        assert batch.prompt == world.examples - 1
    else:
        np.testing.assert_array_equal(batch.features[:, ::2, :-1], inputs)
        np.testing.assert_array_equal(batch.features[:, 1::2, -1], outputs[:, :-1])
        assert not batch.features[:, 1::2, :-1].any()
        assert not batch.features[:, ::2, -1].any()
        np.testing.assert_array_equal(batch.targets[:, ::2], outputs)
        assert not batch.learned[:, 1::2].any()


def test_outputs_are_the_functions_values_and_noise():
    world = InContext(inputs=SMALL, noise=0.5, examples=20)
    batch = world.batch(0, 0, 500)
    values = np.einsum("bei,bi->be", batch.inputs, batch.hidden.parameters)
    np.testing.assert_allclose(batch.hidden.values, values, atol=1e-5)
    assert (batch.outputs - values).std() == pytest.approx(0.5, rel=0.05)
    clean = InContext(inputs=SMALL).batch(0, 0, 5)
    np.testing.assert_allclose(clean.outputs, clean.hidden.values, rtol=1e-6)


def test_a_pool_is_the_seed_s_and_serves_all_splits():
    world = InContext(inputs=SMALL, pool=4)
    pool = world.pool_functions(3)
    for split in ("train", "test"):
        drawn = world.batch(3, 0, 200, split).hidden.parameters
        assert {tuple(row) for row in drawn} == {tuple(row) for row in pool}
    assert not np.array_equal(pool, world.pool_functions(4))


def test_sinusoids_are_shown_too():
    batch = InContext(functions=Sinusoids(), inputs=Inputs(features=1, distribution="uniform", scale=5)).batch(0, 0, 9)
    amplitude, phase = batch.hidden.parameters.T[:, :, None]
    np.testing.assert_allclose(batch.outputs, amplitude * np.sin(batch.inputs[..., 0] + phase), atol=1e-5)


def test_a_pool_of_nothing_is_refused():
    with pytest.raises(UsageError, match=r"pool: .*greater than or equal to 1"):
        validate(InContext(pool=0))
