import numpy as np

from ontogeny.explorer.time_machine import probing
from ontogeny.explorer.time_machine.probing import Probing, beliefs_of, fit, from_table, handles_of, read, to_table
from ontogeny.instruments import ConvergenceError, Label, LinearProbe
from ontogeny.training import Trajectory

FEW = Probing(programs=60, examples=(0, 1), features=("facing", "heading"), meanings=("original", "flip"))


def test_a_probe_for_every_label_and_the_same_after_storing(folder):
    run = Trajectory(folder)
    probes = fit(run.load(20), run.run, FEW)
    assert set(probes) == set(FEW.labels)
    again = from_table(to_table(probes))
    for label, probe in probes.items():
        assert (again[label].weights == probe.weights).all()
        assert (again[label].bias == probe.bias).all()


def test_every_token_is_read_its_end_included(folder):
    world = Trajectory(folder).world
    batch = world.batch(0, 0, 20, "probe")
    mask = probing.token_positions(world, batch, batch.tokens)
    length = (batch.tokens[:, batch.prompt :] != world.end).sum(1)
    assert (mask.sum(1) == length + 1).all()
    assert mask[:, batch.prompt - 1].all()


def test_a_feature_without_convergence_is_left_out_in_all_examples(folder, monkeypatch):
    fit_linear = probing.fit_linear

    def fail(hidden, labels, splits):
        if len(labels) > 1 or fails.pop(0):
            raise ConvergenceError("planted")
        return fit_linear(hidden, labels, splits)

    fails = [False, True, False, False]
    monkeypatch.setattr(probing, "fit_linear", fail)
    run = Trajectory(folder)
    probes = fit(
        run.load(20),
        run.run,
        Probing(programs=60, examples=(0, 1), features=("facing", "heading"), meanings=("original",)),
    )
    assert {label.feature for label in probes} == {"heading"}


def test_the_sources(folder):
    world = Trajectory(folder).world
    assert beliefs_of(world).examples == (0, 1)
    assert handles_of(world, 2).source == "layer 2"
    assert {label.meaning for label in handles_of(world, 2).labels} == {"original"}


def test_reading_gives_the_likeliest_class_and_its_probability():
    probe = LinearProbe(np.array([[1.0, -1.0]]), np.zeros(2))
    belief = read(probe, np.array([[3.0], [-3.0]]))
    assert belief.values.tolist() == [0, 1]
    assert np.allclose(belief.confidence, 1 / (1 + np.exp(-6)))
    assert Label("original", "facing", 0, -1) in from_table(to_table({Label("original", "facing", 0, -1): probe}))
