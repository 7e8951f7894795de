import numpy as np

from ontogeny.configuration import from_plain, to_plain
from ontogeny.worlds import AssociativeRecall, LegoChains, Stages

RECALL = AssociativeRecall(keys=12, values=4, pairs=6, draws=10)
WORLD = Stages(first=RECALL, then=LegoChains(), steps=3)


def test_training_goes_from_the_first_stream_to_the_beginning_of_the_second():
    np.testing.assert_array_equal(WORLD.batch(0, 2, 4).tokens, RECALL.batch(0, 2, 4).tokens)
    np.testing.assert_array_equal(WORLD.batch(0, 3, 4).tokens, LegoChains().batch(0, 0, 4).tokens)


def test_all_other_splits_are_of_the_second():
    batch = WORLD.batch(0, 0, 4, "test")
    np.testing.assert_array_equal(batch.tokens, LegoChains().batch(0, 0, 4, "test").tokens)


def test_vocabulary_and_length_have_room_for_both():
    assert WORLD.length == LegoChains().length == 24
    assert WORLD.vocabulary[:15] == LegoChains().vocabulary
    assert WORLD.vocabulary[15:] == ("first v3",)


def test_its_plain_form_tells_streams_apart():
    assert from_plain(Stages, to_plain(WORLD)) == WORLD
