import numpy as np
import pytest
from tests.toys import Counter

from ontogeny.errors import UsageError
from ontogeny.instruments import Label, Perceptron, States, fit_linear, input_features, probe_future, probe_states
from ontogeny.randomness import generator
from ontogeny.worlds.karel import Karel
from ontogeny.worlds.world import IGNORE

WORLD = Counter()
BATCH = WORLD.batch(0, 0, 600, "probe")
EMITTING = WORLD.truth(BATCH, BATCH.tokens)["total"][:, :, 0] != IGNORE
STATES = States(WORLD, BATCH, BATCH.tokens, EMITTING)


def one_hot(meaning: str = "original", noise: float = 0.1) -> np.ndarray:
    """Hidden states that hold the running total under a meaning."""
    (total,) = STATES.labels([Label(meaning, "total", 0, 0)])
    shift = generator(0, "hidden").normal(size=(len(total), WORLD.modulus))
    return (np.eye(WORLD.modulus)[total] + noise * shift).astype(np.float32)


def table(hidden: dict[str, np.ndarray], **settings) -> list[dict]:
    given = {"features": ["total"], "meanings": WORLD.meanings, "probe": "linear", "seed": 0} | settings
    return probe_states(WORLD, BATCH, BATCH.tokens, hidden, EMITTING, **given).to_pylist()


def test_labels_are_shifted_along_the_sequence():
    truth = WORLD.truth(BATCH, BATCH.tokens)["total"][:, :, 0]
    sequence, position = np.nonzero(EMITTING)
    labels = STATES.labels([Label("original", "total", 0, offset) for offset in (-1, 0, 1, 100, -100)])
    assert (labels[1] == truth[sequence, position]).all()
    assert (labels[0] == truth[sequence, position - 1]).all()
    assert (labels[2] == truth[sequence, position + 1]).all()
    assert (labels[3:] == IGNORE).all()
    first = position == 2
    assert (labels[0][first] == IGNORE).all()
    assert (labels[0][~first] == labels[1][np.flatnonzero(~first) - 1]).all()


def test_the_offset_before_the_first_operation_is_the_initial_state():
    world = Karel(side=4, examples=2)
    batch = world.batch(0, 0, 20, "probe")
    mask = np.zeros(batch.tokens.shape, dtype=bool)
    mask[:, batch.prompt - 1] = True
    states = States(world, batch, batch.tokens, mask)
    (heading,) = states.labels([Label("original", "heading", 1, -1)])
    facing = states.labels([Label("original", "facing", example, -1) for example in range(2)])
    assert (heading == 0).all()
    assert (facing == batch.hidden.inputs.robot[:, 2].reshape(-1, 2).T).all()


def test_a_held_state_is_read_and_its_re_interpretation_is_not():
    rows = table({"holds": one_hot(), "negated": one_hot("negated")})
    found = {(row["source"], row["meaning"]): row for row in rows}
    assert len(found) == len(rows) == 4
    true, other = found["holds", "original"], found["holds", "negated"]
    assert (true["accuracy"], true["normalised"]) == (1, 1)
    assert true["differing"] is None
    assert true["blind"] is None
    assert other["accuracy"] < 0.5
    assert other["differing"] < other["accuracy"]
    assert 0.5 < other["differing_share"] < 0.9
    assert other["blind"] is False
    assert found["negated", "negated"]["differing"] == 1
    assert found["negated", "original"]["accuracy"] < 0.5


def test_controls_stand_beside_the_numbers_of_the_true_meaning():
    rows = table({"holds": one_hot()}, offsets=(0, 1))
    for row in rows:
        true = row["meaning"] == "original"
        assert (row["control"] is not None) == true
        assert (row["selectivity"] is not None) == true
    assert rows[0]["selectivity"] == pytest.approx(rows[0]["accuracy"] - rows[0]["control"])
    assert rows[0]["selectivity"] > 0.4
    bare = table({"holds": one_hot()}, offsets=(0, 1), control=False)
    assert [row | {"control": None, "selectivity": None} for row in rows] == bare


@pytest.mark.parametrize("probe", ["ridge", "linear", Perceptron(hidden=(32,), batch=64)])
def test_a_table_is_a_pure_function_of_its_arguments(probe):
    hidden = {"holds": one_hot(noise=0.6)}
    assert table(hidden, probe=probe) == table(hidden, probe=probe)
    assert table(hidden, probe=probe) != table(hidden, probe=probe, seed=1)


def test_rows_are_named_in_full():
    rows = table({"a": one_hot(), "b": one_hot()}, probe=Perceptron(hidden=(8, 4)), offsets=(-1, 0))
    assert {row["probe"] for row in rows} == {"mlp-8-4"}
    assert {(row["source"], row["meaning"], row["offset"]) for row in rows} == {
        (source, meaning, offset) for source in "ab" for meaning in WORLD.meanings for offset in (-1, 0)
    }
    assert {row["probe"] for row in table({"a": one_hot()}, probe=Perceptron(hidden=(256,)), control=False)} == {"mlp1"}


def test_what_did_not_converge_has_no_number():
    (row,) = table({"holds": one_hot()}, probe=Perceptron(hidden=(8,), epochs=2), meanings=("original",))
    assert row["converged"] is False
    assert row["accuracy"] is None
    assert row["normalised"] is None
    assert row["majority"] is not None


def test_unknown_names_and_wrong_shapes_are_refused():
    with pytest.raises(UsageError, match="unknown feature 'totl'; did you mean 'total'"):
        table({"a": one_hot()}, features=["totl"])
    with pytest.raises(UsageError, match="unknown meaning"):
        table({"a": one_hot()}, meanings=["opposite"])
    with pytest.raises(UsageError, match="examples 0 to 0"):
        table({"a": one_hot()}, examples=[1])
    with pytest.raises(UsageError, match="hidden states of shape"):
        table({"a": one_hot()[1:]})
    with pytest.raises(UsageError, match="mask of shape"):
        States(WORLD, BATCH, BATCH.tokens, EMITTING[1:])


def test_the_input_alone_does_not_know_a_hidden_start():
    rows = table({"input": input_features(BATCH, BATCH.tokens, EMITTING)}, meanings=("original",))
    assert abs(rows[0]["accuracy"] - 0.2) < 0.1
    shown = input_features(BATCH, BATCH.tokens, EMITTING, prompt=True)
    told = table({"input": shown}, meanings=("original",), probe=Perceptron(hidden=(256,), batch=64))
    assert told[0]["accuracy"] > rows[0]["accuracy"] + 0.15


def test_belief_and_directions_come_from_the_same_labels():
    labels = STATES.labels([Label("original", "total", 0, 0)])
    (probe,) = fit_linear(one_hot(), labels, STATES.split(0))
    believed = probe.probabilities(one_hot())
    assert (believed.argmax(1) == labels[0]).all()
    moved = one_hot() + 10 * (probe.weights[:, 3] - probe.weights[:, 1])
    assert (probe.predict(moved[labels[0] == 1]) == 3).all()


def test_blind_pairs_of_karel_are_found_from_labels_alone():
    world = Karel(side=4, examples=2)
    batch = world.batch(0, 0, 400, "probe")
    mask = world.truth(batch, batch.tokens)["heading"][:, :, 0] != IGNORE
    mask[:, : batch.prompt - 1] = False
    rows = probe_states(
        world,
        batch,
        batch.tokens,
        {"nothing": np.ones((mask.sum(), 2), dtype=np.float32)},
        mask,
        features=["heading", "facing", "column"],
        examples=(0, 1),
        meanings=("flip", "map8"),
        probe="ridge",
        seed=0,
    ).to_pylist()
    blind = {(row["meaning"], row["feature"]): row["blind"] for row in rows}
    # Turning left for right mirrors the heading: no probe can tell the two meanings apart by it.
    assert blind == {
        ("flip", "heading"): True,
        ("flip", "facing"): False,
        ("flip", "column"): False,
        ("map8", "heading"): False,
        ("map8", "facing"): False,
        ("map8", "column"): False,
    }
    assert all(row["accuracy"] == row["majority"] for row in rows)


def test_the_future_baseline_knows_the_present_and_the_position_only():
    hidden = {"plan": one_hot()}
    baseline = probe_future(
        WORLD, BATCH, BATCH.tokens, EMITTING, features=["total"], given=["total"], offsets=(0, 1), seed=0
    ).to_pylist()
    assert [(row["feature"], row["example"], row["offset"]) for row in baseline] == [("total", 0, 0), ("total", 0, 1)]
    assert baseline[0]["accuracy"] == 1
    assert baseline[1]["accuracy"] < 0.4  # the next step is free
    rows = table(hidden, offsets=(0, 1), meanings=("original",))
    assert [row["samples"] for row in rows] == [row["samples"] for row in baseline]


def test_a_label_that_no_sample_has_gets_no_row():
    world = Counter()
    batch = world.batch(0, 0, 60)
    mask = np.zeros(batch.tokens.shape, dtype=bool)
    mask[:, batch.prompt - 1] = True
    hidden = {"random": np.random.default_rng(0).normal(size=(60, 4))}
    feature = next(iter(world.truth(batch, batch.tokens)))
    table = probe_states(
        world, batch, batch.tokens, hidden, mask, features=[feature], offsets=(-batch.tokens.shape[1], 0), seed=0
    )
    assert set(table["offset"].to_pylist()) == {0}
