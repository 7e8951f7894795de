"""The time machine end to end on a tiny run: moments, films and edits against the world's own answers."""

import pytest

from ontogeny.errors import UsageError
from ontogeny.explorer.answers.karel import EditRequest
from ontogeny.explorer.keeper import Keeper
from ontogeny.explorer.measured import Measured
from ontogeny.explorer.models import Models
from ontogeny.explorer.problems import MissingError
from ontogeny.explorer.time_machine.machine import TimeMachine
from ontogeny.explorer.time_machine.worlds import Place
from ontogeny.instruments.generation import generate
from ontogeny.training import Trajectory

PLACE = Place.of("test", 3)


def machine():
    return TimeMachine(Models(), Measured(), Keeper(8))


@pytest.fixture(scope="module")
def filmed(trained):
    """The shared run with its film precomputed: the slow part, once. Films are kept beside it, and harm nobody."""
    run = Trajectory(next((trained / "karel").iterdir()))
    told = []
    machine().precompute(run, PLACE, lambda done, total: told.append((done, total)))
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]
    return run


def test_the_film_is_there_for_another_server(filmed):
    film = machine().film(filmed, PLACE)
    assert ([moment.step for moment in film.moments], film.missing) == ([0, 10, 20], [])
    assert machine().film(filmed, Place.of("train", 3)).missing == [0, 10, 20]


def test_a_moment_is_what_the_model_writes(filmed):
    moment = machine().moment(filmed, PLACE, 20)
    batch = PLACE.batch(filmed.world, filmed.seed)
    tokens = generate(filmed.load(20), filmed.world, batch)
    words = [token.word for token in moment.tokens]
    assert " ".join(words[:-1]) == filmed.world.describe(tokens[3])
    assert words[-1] == "<end>"
    assert moment.solved == bool(filmed.world.score(batch, tokens)["solved"][3])
    for token in moment.tokens:
        assert token.alternatives[0].probability >= token.probability > 0


def test_beliefs_stand_beside_the_truth_of_each_meaning(filmed):
    moment = machine().moment(filmed, PLACE, 20)
    about = machine().about(filmed)
    assert [reading.meaning for reading in moment.readings] == ["original", "flip", "map3"]
    for reading in moment.readings:
        facing = next(belief for belief in reading.beliefs if belief.feature == "facing")
        for row, example in enumerate(about.probed):
            true = [state.robot[2] for state in reading.states[example]]
            assert facing.truth[row] == true
            assert len(facing.values[row]) == len(moment.tokens)
            assert all(1 / 4 <= value <= 1 for value in facing.confidence[row])


def edit(run, **changes):
    request = {"index": 3, "step": 20, "token": 0, "feature": "heading", "shift": 1, "layer": 1, **changes}
    return machine().edit(run, EditRequest(**request))


def test_an_edit_moves_what_the_probe_reads(filmed):
    done = edit(filmed, dose=2.0)
    assert done.wanted == (done.read_before + 1) % 4
    assert done.read_after == done.wanted
    assert done.size > 0
    turned = [along[0].robot for along in done.imagined]
    true = [along[0].robot for along in done.actual]
    assert [(r, c, (f + 1) % 4) for r, c, f in true] == turned or not done.valid


def test_an_edit_of_no_size_changes_nothing(filmed):
    done = edit(filmed, dose=0.0)
    assert not done.changed
    assert done.before == done.after
    assert [token.word for token in done.before[:-1]] == done.control
    assert done.read_after == done.read_before


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layer": 3}, "layer 3: expected 1 to 2"),
        ({"layer": 0}, "layer 0: expected 1 to 2"),
        ({"token": 50}, "token 50: the program has tokens 0 to"),
        ({"token": -1}, "token -1"),
        ({"feature": "headin"}, "did you mean 'heading'"),
        ({"example": 5}, "no probe reads heading of example 5"),
        ({"feature": "forward", "shift": 50}, "which no probe knows"),
    ],
)
def test_edits_that_cannot_be_are_named(filmed, changes, message):
    with pytest.raises(UsageError, match=message):
        edit(filmed, **changes)


def test_other_worlds_have_no_time_machine(store):
    run = Trajectory(next((store / "toy_study").glob("?" * 16)))
    with pytest.raises(MissingError, match="not trained on Karel"):
        machine().about(run)
    with pytest.raises(MissingError, match="no checkpoint at step 7"):
        machine().moment(Trajectory(next((store / "karel").iterdir())), PLACE, 7)
