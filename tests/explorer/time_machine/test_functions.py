import numpy as np
import pytest
import torch

from ontogeny.explorer.keeper import Keeper
from ontogeny.explorer.models import Models
from ontogeny.explorer.problems import MissingError
from ontogeny.explorer.time_machine import functions
from ontogeny.explorer.time_machine.functions import FunctionMachine
from ontogeny.instruments import in_context as meter
from ontogeny.lab.lab import Lab
from ontogeny.models import Transformer
from ontogeny.training import Spacing, Training, Trajectory
from ontogeny.worlds import InContext, Inputs

TRAINING = Training(steps=4, batch=8, checkpoints=Spacing(every=2, logarithmic=False))
WHOLE = Transformer(layers=1, width=8, heads=2, mlp=8)
ALONE = Transformer(
    layers=1, width=3, heads=1, mlp=0, attention="softmax", stream="shown", mask="given", positions="none", norm="none"
)  # self-attention on the examples as they are


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    return Lab(tmp_path_factory.mktemp("functions"))


@pytest.fixture(scope="module")
def one(lab):
    world = InContext(inputs=Inputs(features=1), examples=4, noise=0.5, shown="interleaved")
    return lab.train("one", WHOLE, world, TRAINING, 0)


@pytest.fixture(scope="module")
def two(lab):
    return lab.train("two", ALONE, InContext(inputs=Inputs(features=2), examples=5), TRAINING, 0)


@pytest.fixture
def machine():
    return FunctionMachine(Models(), Keeper(16))


def test_a_function_of_one_input_is_drawn_as_examples_arrive(machine, one):
    about = machine.about(one)
    assert (about.features, about.examples, about.shown, about.penalty) == (1, 4, "interleaved", 0.25)
    seen = machine.episode(one, 4, "test", 3)
    assert seen.counts == [0, 1, 2, 3]
    assert len(seen.places) == len(seen.truth) == functions.PLACES
    slope = np.polyfit(seen.places, seen.truth, 1)
    assert slope[1] == pytest.approx(0, abs=1e-3)  # w . x without an intercept
    guesses = {guess.name: guess for guess in seen.guesses}
    x, y = np.array(seen.inputs)[:, 0], np.array(seen.outputs)
    for count in (1, 2, 3):
        before, answers = x[:count], y[:count]
        fitted = {
            "least squares": before @ answers / (before @ before),
            "ridge": before @ answers / (before @ before + 0.25),
        }
        for name, weight in fitted.items():
            drawn = guesses[name].drawn[seen.counts.index(count)]
            assert drawn == pytest.approx((weight * np.array(seen.places)).tolist(), abs=2e-3)
            assert guesses[name].at_query[seen.counts.index(count)] == pytest.approx(weight * x[-1], abs=2e-3)
    assert guesses["least squares"].drawn[0] == [0] * functions.PLACES


def test_the_model_says_what_it_says_to_the_instruments(machine, one):
    seen = machine.episode(one, 2, "test", 0)
    batch = one.world.batch(one.seed, 0, functions.EPISODES, "test")
    predict = meter.predictor(one.load(2), one.world)
    inputs, outputs = torch.from_numpy(batch.inputs), torch.from_numpy(batch.outputs)
    (ours,) = [guess for guess in seen.guesses if guess.name == "model"]
    assert ours.losses == pytest.approx(meter.losses(predict, inputs, outputs).tolist(), abs=1e-5)
    with torch.no_grad():
        assert ours.at_query[-1] == pytest.approx(predict(inputs[:1], outputs[:1], last=True).item(), abs=1e-4)
    assert machine.episode(one, 4, "test", 0).guesses[0].losses != ours.losses


def test_functions_of_several_inputs_are_not_drawn_and_softmax_needs_an_example(machine, two):
    seen = machine.episode(two, 4, "test", 0, penalty=3.0)
    assert (seen.counts, seen.places, seen.truth) == ([1, 2, 3, 4], [], [])
    assert all(guess.drawn == [] and len(guess.at_query) == 4 for guess in seen.guesses)
    assert seen.outputs[-1] == pytest.approx(seen.wanted)  # no noise
    again = machine.episode(two, 4, "test", 0, penalty=0.01)
    assert [a.at_query == b.at_query for a, b in zip(seen.guesses, again.guesses, strict=True)] == [True, True, False]


def test_what_is_not_there_is_missing(machine, one, folder):
    with pytest.raises(MissingError, match="0 to 255"):
        machine.episode(one, 4, "test", 256)
    with pytest.raises(MissingError, match="no checkpoint at step 3"):
        machine.episode(one, 3, "test", 0)
    with pytest.raises(MissingError, match="learns functions from examples"):
        machine.about(Trajectory(folder))
