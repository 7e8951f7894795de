import pytest

from ontogeny.explorer.models import Models, checkpoint_at
from ontogeny.explorer.problems import MissingError, TooLargeError
from ontogeny.training import Trajectory


def test_what_is_held_stays_within_its_bound(folder):
    run = Trajectory(folder)
    size = run.checkpoints[0].path.stat().st_size
    models = Models(2 * size)
    first = models.get(run, run.checkpoints[0])
    assert models.get(run, run.checkpoints[0]) is first
    for checkpoint in run.checkpoints[1:]:
        models.get(run, checkpoint)
        assert models.used <= 2 * size
    assert models.get(run, run.checkpoints[0]) is not first


def test_a_model_beyond_the_bound_is_refused(folder):
    run = Trajectory(folder)
    with pytest.raises(TooLargeError, match="--memory"):
        Models(10).get(run, run.checkpoints[0])


def test_an_unknown_step_names_those_there_are(folder):
    run = Trajectory(folder)
    assert checkpoint_at(run, 10).step == 10
    with pytest.raises(MissingError, match="0, 10, 20"):
        checkpoint_at(run, 11)
