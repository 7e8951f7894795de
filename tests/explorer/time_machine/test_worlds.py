import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ontogeny.explorer.problems import MissingError
from ontogeny.explorer.time_machine.worlds import Place, class_labels, one_of, specification, states_along, words_under
from ontogeny.worlds import Karel
from ontogeny.worlds.karel.truth import NAMES, trace

WORLD = Karel(side=3, lengths=(1, 3), examples=2, held_out=2)


def test_an_index_is_a_row_of_a_block():
    assert Place.of("test", 70) == Place("test", 2, 6)
    assert Place.of("test", 70).index == 70
    for wrong in (-1, 256):
        with pytest.raises(MissingError, match="0 to 255"):
            Place.of("test", wrong)


def test_a_specification_is_the_worlds_own():
    place = Place.of("test", 33)
    sample = place.batch(WORLD, 0).hidden
    shown = specification(WORLD, place, one_of(sample, 1))
    before, after = sample.pair(1, 1)
    assert shown.examples[1].input.robot == tuple(before.robot[0].tolist())
    assert {(row, column): count for row, column, count in shown.examples[1].output.markers} == {
        (int(r), int(c)): int(after.markers[0, r, c]) for r, c in np.argwhere(after.markers[0])
    }
    assert len(shown.held_out) == 2
    assert shown.reference == WORLD.describe(place.batch(WORLD, 0).tokens[1]).split()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 31), st.sampled_from(["original", "flip", "map3"]))
def test_states_are_those_of_the_engines_trace(row, meaning):
    sample = one_of(Place.of("test", 0).batch(WORLD, 0).hidden, row)
    states = states_along(sample.programs[0], sample.inputs, meaning)
    traced = trace(sample.programs, sample.inputs, meaning)
    for example, along in enumerate(states):
        assert len(along) == 1 + int((sample.programs[0] >= 0).sum())
        for number, now in enumerate(along):
            assert now.robot == tuple(
                int(part[0, number, example]) for part in (traced.row, traced.column, traced.facing)
            )
            here = {(r, c): count for r, c, count in now.markers}.get(now.robot[:2], 0)
            assert here == traced.markers_here[0, number, example]


def test_true_states_lead_to_the_outputs():
    sample = one_of(Place.of("test", 0).batch(WORLD, 0).hidden, 0)
    for example, along in enumerate(states_along(sample.programs[0], sample.inputs)):
        assert along[-1].robot == tuple(sample.outputs.robot[example].tolist())


@pytest.mark.parametrize("name", NAMES)
def test_every_class_has_a_label(name):
    labels = class_labels(WORLD, name)
    assert len(labels) == WORLD.classes(name) == len(set(labels))


def test_meanings_in_words():
    assert words_under("original")["turn_left"] == "turn_left"
    assert words_under("flip")["turn_left"] == "turn_right"
    assert words_under("map3")["move"] == "turn_left"
