from dataclasses import replace

import pytest

from ontogeny.explorer.measured import Measured
from ontogeny.explorer.models import Models
from ontogeny.explorer.problems import MissingError
from ontogeny.explorer.time_machine.streams import StreamMachine
from ontogeny.lab.lab import Lab
from ontogeny.studies.induction import readings
from ontogeny.studies.induction.settings import PRESETS
from ontogeny.training import Spacing, Training, Trajectory
from ontogeny.worlds import MarkovChains

SETTINGS = PRESETS["smoke"]
TRAINING = Training(steps=4, batch=8, checkpoints=Spacing(every=2, logarithmic=False))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    store = tmp_path_factory.mktemp("streams")
    return Lab(store).train("induction", SETTINGS.model, SETTINGS.segments, TRAINING, 0)


@pytest.fixture
def machine():
    return StreamMachine(Models(), Measured())


def test_heads_are_scored_once_a_checkpoint_and_kept(machine, run):
    before = machine.heads(run)
    assert (before.steps, before.missing, before.moments) == ([0, 2, 4], [0, 2, 4], [])
    said = []
    machine.precompute(run, lambda done, total: said.append((done, total)))
    assert said == [(0, 3), (1, 3), (2, 3), (3, 3)]
    for keeper in (machine, StreamMachine(Models(), Measured())):  # of memory, and of the store
        after = keeper.heads(run)
        assert after.missing == []
        assert [moment.step for moment in after.moments] == [0, 2, 4]
    assert {meter.name for meter in after.meters} >= {"previous_token", "prefix_matching", "copying_logits"}
    for scores in after.moments[0].scores.values():
        assert [len(layer) for layer in scores] == [after.heads] * after.layers


def test_scores_are_those_of_the_study(machine, run):
    machine.precompute(run, lambda done, total: None)
    found = machine.heads(run)
    theirs = readings.heads(run, replace(SETTINGS, matched=64)).to_pylist()
    compared = [row for row in theirs if row["meter"] != "composed"]
    assert len(compared) == 2 * 5 * found.layers * found.heads
    ours = {moment.step: moment.scores for moment in found.moments}
    chances = {meter.name: meter.chance for meter in found.meters}
    for row in compared:
        assert ours[row["step"]][row["meter"]][row["layer"]][row["head"]] == pytest.approx(row["score"], abs=1e-4)
        assert chances[row["meter"]] == row["chance"]


def test_a_model_that_is_shown_features_is_not_scored(machine, folder):
    with pytest.raises(MissingError, match="no transformer of tokens alone"):
        machine.heads(Trajectory(folder))


def test_a_vocabulary_too_small_to_repeat_is_said(machine, run):
    store = run.folder.parents[1]
    chains = Lab(store).train("chains", SETTINGS.model, MarkovChains(states=2, length=8), TRAINING, 0)
    with pytest.raises(MissingError, match="are not scored: a repeated segment needs 3 tokens"):
        machine.heads(chains)
