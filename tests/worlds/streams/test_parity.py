import numpy as np
import pytest

from ontogeny.errors import UsageError
from ontogeny.worlds import IGNORE, SparseParity


def test_the_product_of_the_secret_bits_is_wanted_in_every_stream():
    world = SparseParity(bits=9, degree=3, shown="vectors", models=4)
    batch = world.batch(2, 5, 64)
    assert batch.inputs.shape == (4, 9, 64)
    for inputs, target, secret in zip(batch.inputs, batch.targets, world.secrets(2), strict=True):
        np.testing.assert_array_equal(target[0], inputs[secret].prod(axis=0))
    assert len({tuple(secret) for secret in world.secrets(2)}) > 1
    assert not np.array_equal(batch.inputs[0], batch.inputs[1])


def test_no_smaller_set_of_bits_tells_anything():
    batch = SparseParity(bits=5, degree=2, shown="vectors").batch(0, 0, 40_000)
    signs, wanted = batch.inputs[0], batch.targets[0, 0]
    assert np.abs(signs @ wanted / len(wanted)).max() < 0.03


def test_as_tokens_the_answer_is_predicted_at_the_question_mark():
    world = SparseParity(bits=6, degree=2)
    batch = world.batch(0, 0, 50)
    secret = world.secrets(0)[0]
    np.testing.assert_array_equal(batch.targets[:, -2], batch.tokens[:, secret].sum(axis=1) % 2)
    assert (batch.tokens[:, -2] == 2).all()
    assert (np.delete(batch.targets, -2, axis=1) == IGNORE).all()


def test_errors_say_what_was_expected():
    with pytest.raises(UsageError, match="degree: expected at most bits = 3, given 4"):
        SparseParity(bits=3, degree=4)
    with pytest.raises(UsageError, match="for vectors only"):
        SparseParity(models=2)
