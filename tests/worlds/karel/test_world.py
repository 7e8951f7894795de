import subprocess
import sys

import numpy as np
import pytest

from ontogeny.configuration import content_hash, from_plain, override, to_plain
from ontogeny.errors import UsageError
from ontogeny.worlds import IGNORE, Karel
from ontogeny.worlds.karel.grammar import BEGIN, END
from ontogeny.worlds.karel.sampling import executed

WORLDS = [
    Karel(),
    Karel(side=3, columns=5, lengths=(2, 2), examples=1),
    Karel(show="pairs"),
    Karel(side=3, columns=4, show="rows"),
    Karel(show="cells"),
    Karel(show="text"),
    Karel(show="text", loss="all", programs="guarded", side=2, columns=3, walls=0.4, markers=0.5),
]


def test_the_compact_flagship_sequence():
    world = Karel()
    assert (world.prompt, world.length, world.feature_size, len(world.vocabulary)) == (11, 18, 300, 8)
    batch = world.batch(0, 0, 100)
    assert batch.features.shape == (100, 10, 300)
    assert batch.features.dtype == np.uint8
    assert (batch.tokens[:, :10] == 0).all()
    assert (batch.tokens[:, 10] == BEGIN).all()
    np.testing.assert_array_equal(
        batch.tokens[:, 11:17] - 3, np.where(batch.hidden.programs < 0, END - 3, batch.hidden.programs)
    )


def test_the_published_sample_in_text_has_about_its_length():
    assert Karel(side=6, lengths=(6, 10), show="text").length == 802  # published: 830 to 842


@pytest.mark.parametrize("world", WORLDS, ids=str)
def test_the_model_sees_the_shown_grids_in_order_and_no_others(world):
    batch = world.batch(0, 0, 12)
    shown = world.grids(batch)
    for sample in range(12):
        for example in range(world.examples):
            before, after = batch.hidden.pair(sample, example)
            row = 2 * (sample * world.examples + example)
            assert shown[row].equal(before).all()
            assert shown[row + 1].equal(after).all()
    assert len(shown) == 24 * world.examples


def test_targets_teach_the_program_and_its_first_end():
    batch = Karel().batch(0, 0, 50)
    for tokens, targets in zip(batch.tokens, batch.targets, strict=True):
        operations = int((tokens >= 3).sum())
        expected = [IGNORE] * 10 + tokens[11 : 11 + operations].tolist() + [END]
        assert targets.tolist() == expected + [IGNORE] * (18 - len(expected))


def test_targets_on_all_words():
    world = Karel(side=2, show="text", loss="all")
    batch = world.batch(0, 0, 50)
    for tokens, targets in zip(batch.tokens, batch.targets, strict=True):
        end = tokens.tolist().index(END)
        assert targets[:end].tolist() == tokens[1 : end + 1].tolist()
        assert (targets[end:] == IGNORE).all()


def test_descriptions_are_for_people():
    world = Karel(programs="guarded")
    programs = np.array([[0, 10, 3, 2]], dtype=np.int8)
    sample = world.sample(0, 0, 1)
    tokens = world.encode(executed(programs, sample.inputs, sample.held_inputs)).tokens[0]
    text = "move if_not_front_is_clear pick_marker turn_right"
    assert world.describe(tokens) == text
    assert world.describe(tokens[world.prompt :]) == text
    assert world.describe(tokens[world.prompt : world.prompt + 2]) == "move if_not_front_is_clear"


def test_settings_are_checked():
    with pytest.raises(UsageError, match="loss=all needs grids that are words"):
        override(Karel(), ["loss=all"])
    with pytest.raises(UsageError, match="expected the least before the most"):
        override(Karel(), ["lengths=[6,3]"])
    with pytest.raises(UsageError, match="weights"):
        override(Karel(), ["weights=[0,0,0,0,0]"])
    with pytest.raises(UsageError, match="weights"):
        override(Karel(), ["weights=[1,1,-1,1,1]"])
    for bad in ("side=0", "walls=1.5", "markers=-0.1", "examples=0", "lengths=[0,3]", "show=picture", "programs=loops"):
        with pytest.raises(UsageError, match=bad.split("=")[0]):
            override(Karel(), [bad])


def test_a_world_is_a_value():
    world = Karel(side=6, lengths=(6, 10), show="text")
    again = from_plain(Karel, to_plain(world))
    assert again == world
    assert hash(again) == hash(world)
    assert content_hash(again) == content_hash(world) != content_hash(Karel())


def test_what_does_not_fit_is_refused():
    sample = Karel().sample(0, 0, 4)
    with pytest.raises(UsageError, match="5 x 5 cells given, this world has 6 x 6"):
        Karel(side=6).encode(sample)
    with pytest.raises(UsageError, match="5 examples given, this world shows 3"):
        Karel(examples=3).encode(sample)
    with pytest.raises(UsageError, match="program of 6 instructions"):
        Karel(lengths=(1, 2)).encode(
            Karel(lengths=(6, 6), markers=0.0, weights=(1.0, 0.0, 0.0, 0.0, 0.0)).sample(0, 0, 4)
        )
    with pytest.raises(UsageError, match="no guards"):
        Karel().encode(Karel(programs="guarded", lengths=(3, 3), guards=1.0).sample(0, 0, 4))


def test_describing_a_world_needs_no_compiled_engine():
    program = (
        "import sys; from ontogeny.worlds import Karel, Batch; import ontogeny.worlds.karel;"
        "Karel().vocabulary; assert not {'numba', 'torch', 'pydantic'} & set(sys.modules), 'imported too early'"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_unknown_names_of_the_package_are_errors():
    import ontogeny.worlds as worlds

    with pytest.raises(AttributeError, match="Karl"):
        worlds.Karl  # noqa: B018
    assert {"Karel", "Batch", "World"} <= set(dir(worlds))


def test_every_public_name_of_the_package_is_there():
    import ontogeny.worlds.karel as karel

    names = set(dir(karel)) - {"TYPE_CHECKING", "Any"}
    assert {"Karel", "Sample", "Grids", "run", "parse", "read_tasks", "count_collisions"} <= names
    assert all(getattr(karel, name) is not None for name in names if not name.startswith("_"))


def test_pairs_show_both_grids_of_an_example_in_one_slot():
    compact, pairs = Karel(), Karel(show="pairs")
    one, two = compact.batch(3, 1, 20), pairs.batch(3, 1, 20)
    assert (pairs.prompt, pairs.length, pairs.feature_size) == (6, 13, 600)
    np.testing.assert_array_equal(two.features, one.features.reshape(20, 5, 600))
    np.testing.assert_array_equal(two.tokens[:, pairs.prompt :], one.tokens[:, compact.prompt :])
    np.testing.assert_array_equal(two.targets[:, pairs.prompt - 1 :], one.targets[:, compact.prompt - 1 :])
    assert pairs.grids(two).equal(compact.grids(one)).all()
    np.testing.assert_array_equal(
        pairs.truth(two, two.tokens)["facing"][:, pairs.prompt - 2 :],
        compact.truth(one, one.tokens)["facing"][:, compact.prompt - 2 :],
    )


def test_rows_show_one_row_of_both_grids_in_a_slot():
    world = Karel(side=3, columns=4, lengths=(1, 2), examples=2, show="rows")
    wide = world.grid_code.cell_features
    assert (world.prompt, world.length, world.feature_size) == (7, 10, 2 * 4 * wide)
    batch = world.batch(3, 1, 20)
    slots = batch.features.reshape(20, 2, 3, 2, 4, wide)  # sample, example, row, grid, column, feature
    shown = batch.hidden
    for grid, grids in enumerate((shown.inputs, shown.outputs)):
        np.testing.assert_array_equal(slots[:, :, :, grid, :, 0], grids.walls.reshape(20, 2, 3, 4))
        counts = slots[:, :, :, grid, :, 1 : 1 + world.most_markers] @ np.arange(1, 1 + world.most_markers)
        np.testing.assert_array_equal(counts, grids.markers.reshape(20, 2, 3, 4))
