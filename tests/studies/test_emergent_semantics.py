"""The flagship: its quantities on tables made by hand, its shams, and a run from end to end."""

from math import isnan

import numpy as np
import pyarrow as pa
import pytest

from committed import sound_evidence
from ontogeny import studies
from ontogeny.atlas.report import report_html
from ontogeny.configuration import override, validate
from ontogeny.instruments import States
from ontogeny.instruments.edits import continue_with_edit
from ontogeny.instruments.logistic import fit_linear
from ontogeny.instruments.probes import Splits
from ontogeny.models import Transformer
from ontogeny.studies.emergent_semantics import study
from ontogeny.studies.emergent_semantics.editing import PRESENT, Case, opposite, to_opposite_heading
from ontogeny.studies.emergent_semantics.meaning import (
    ADVERSARIAL,
    FEATURES,
    PUBLISHED,
    Written,
    hidden_states,
    writing_positions,
)
from ontogeny.studies.emergent_semantics.quantities import (
    beyond_time,
    content,
    content_curve,
    half_time,
    late_fall,
    network_gain,
    present,
    share,
    transition_at,
)
from ontogeny.worlds import Karel


def probe_rows(scores: dict[tuple[str, str], float], blind: tuple[str, ...] = ()) -> pa.Table:
    """One row a feature for each (source, meaning), all with the score given."""
    return pa.Table.from_pylist(
        [
            {
                "source": source,
                "probe": "linear",
                "meaning": meaning,
                "feature": feature,
                "normalised": score,
                "blind": feature in blind if meaning != "original" else None,
            }
            for (source, meaning), score in scores.items()
            for feature in FEATURES
        ]
    )


def test_the_study_is_found_by_its_name():
    assert studies.find("emergent_semantics") is study


@pytest.mark.parametrize("preset", study.settings)
@pytest.mark.parametrize("arm", study.arms)
def test_every_arm_of_every_preset_is_a_valid_setting(preset: str, arm: str):
    settings = validate(override(study.settings[preset], study.arms[arm]))
    assert settings.world.vocabulary


def test_an_arm_changes_nothing_but_what_it_names():
    laptop = study.settings["laptop"]
    changed = override(laptop, study.arms["prefix_mask"])
    assert changed.model.mask == "prefix"
    assert (changed.world, changed.training) == (laptop.world, laptop.training)


def test_content_is_the_mean_of_the_normalised_scores_of_one_source():
    table = probe_rows({("trained", "original"): 0.5, ("untrained", "original"): 0.125})
    assert content(table, "trained", PUBLISHED) == 0.5
    assert content(table, "untrained", PUBLISHED) == 0.125


def test_content_is_no_number_where_a_probe_gave_none():
    table = probe_rows({("trained", "original"): None})  # type: ignore[dict-item]
    assert isnan(content(table, "trained", PUBLISHED))


def test_a_network_is_compared_with_linear_probes_of_the_same_examples():
    linear = probe_rows({("trained", "original"): 0.5})
    other = probe_rows({("trained", "original"): 0.9})
    network = linear.set_column(linear.column_names.index("probe"), "probe", pa.array(["mlp2"] * len(linear)))
    rows = [table.append_column("example", pa.array([example] * len(table))) for table, example in
            ((linear, 0), (other, 4), (network, 0))]  # fmt: skip
    assert network_gain(pa.concat_tables(rows), "trained") == pytest.approx(0.0)


def test_the_present_state_is_held_against_the_best_of_all_controls():
    levels = {"trained": 0.9, "untrained": 0.2, "input": 0.3, "shown": 0.6, "shuffled": 0.0}
    table = probe_rows({(source, "original"): level for source, level in levels.items()})
    now = table.append_column("offset", pa.array([-1] * len(table)))
    later = table.append_column("offset", pa.array([1] * len(table)))
    found = present(pa.concat_tables([now, later]))
    assert found["present_margin"] == pytest.approx((0.3, -0.6))
    assert found["present_wall_margin"] == pytest.approx((0.3, -0.6))


def test_content_that_only_rises_with_time_follows_accuracy_no_better_than_time_does():
    steps = np.arange(0, 1000, 50)
    accuracy = np.sqrt(steps) / 40
    perplexity = np.exp(2 - steps / 1000)
    assert beyond_time(steps**0.5, steps, accuracy, perplexity) == pytest.approx(0.0)
    assert beyond_time(steps.astype(float), steps, accuracy, perplexity) < 0


def test_content_curves_follow_the_steps_whatever_the_order_of_the_rows():
    rows = [
        {"step": step, "meaning": "original", "feature": feature, "normalised": step / 100}
        for step in (100, 0, 50)
        for feature in FEATURES
    ]
    assert content_curve(pa.Table.from_pylist(rows), PUBLISHED).tolist() == [0.0, 0.5, 1.0]


def test_an_edit_is_followed_by_the_share_at_its_layer_kind_and_size():
    table = pa.table({"layer": [1, 1, 2], "kind": ["mean", "random", "mean"], "dose": [1.0] * 3})
    table = table.append_column("follows", pa.array([0.25, 0.0, 0.75]))
    found = (
        share(table, "follows", 1, "mean"),
        share(table, "follows", 1, "random"),
        share(table, "follows", 2, "mean"),
    )
    assert found == (0.25, 0.0, 0.75)


def test_a_fall_that_is_over_before_accuracy_rises_is_not_late():
    early = {"accuracy": np.array([0.0, 0.0, 0.4, 0.8]), "perplexity": np.exp([2.0, 1.0, 1.0, 1.0])}
    late = {"accuracy": np.array([0.0, 0.4, 0.8, 0.8]), "perplexity": np.exp([2.0, 2.0, 1.5, 1.0])}
    assert late_fall(early) == pytest.approx(0.0)
    assert late_fall(late) == pytest.approx(1.0)
    assert isnan(late_fall({**late, "accuracy": np.zeros(4)}))


def test_a_transition_is_a_share_of_training():
    steps = np.arange(0, 1001, 25)
    noise = np.random.default_rng(0).normal(0, 0.01, len(steps))
    assert transition_at(steps, 1 / (1 + np.exp(-(steps - 400) / 40)) + noise) == pytest.approx(0.4, abs=0.02)
    assert isnan(transition_at(steps, noise))


def test_half_of_the_final_value_is_reached_on_the_line_between_two_checkpoints():
    steps = np.array([0, 10, 20, 40])
    assert half_time(steps, np.array([0.0, 0.2, 0.6, 0.8])) == pytest.approx(15 / 40)
    assert half_time(steps, np.array([0.5, 0.2, 0.6, 0.8])) == 0.0
    assert isnan(half_time(steps, np.zeros(4)))
    assert isnan(half_time(steps, np.array([0.028, 0.026, 0.03, 0.028])))


def test_writing_positions_are_those_that_emit_an_instruction():
    world = Karel(side=3, lengths=(2, 4), examples=1, held_out=1)
    batch = world.batch(0, 0, 8)
    mask = writing_positions(world, batch, batch.tokens)
    for tokens, chosen in zip(batch.tokens, mask, strict=True):
        operations = [i for i, token in enumerate(tokens) if i >= batch.prompt and token != world.end]
        assert np.flatnonzero(chosen).tolist() == [position - 1 for position in operations]


def test_reversed_turns_put_in_place_make_the_model_write_what_it_writes_after_them():
    world = Karel(side=3, lengths=(3, 5), examples=2, held_out=1, show="pairs")
    batch = world.batch(0, 0, 60, "probe")
    case = Case.draw(world, batch, batch.tokens, seed=0)  # references are right programs
    turned = (
        world.truth(case.batch, case.reversed, names=("heading",))["heading"]
        - world.truth(case.batch, case.tokens, names=("heading",))["heading"]
    )
    after = np.arange(world.length) == case.places[:, None] - 1  # the label of the position before is the state here
    assert (turned[after] % 4 == 2).all()
    model = Transformer(layers=2, width=16, heads=2, mlp=32, initial_scale=0.5).build(
        vocab=len(world.vocabulary), feature_size=world.feature_size, length=world.length, seed=0
    )
    here, there = (hidden_states(model, case.batch, tokens, case.mask) for tokens in (case.tokens, case.reversed))
    nothing = np.zeros((len(case.places), 16))
    name = "layers.0.residual_out"
    other = continue_with_edit(model, world, case.batch, case.reversed, case.places, name, nothing)
    exchange = there["layer 1"] - here["layer 1"]
    edited = continue_with_edit(model, world, case.batch, case.tokens, case.places, name, exchange)
    assert case.score(edited, other)["follows"] == 1.0
    own = continue_with_edit(model, world, case.batch, case.tokens, case.places, name, nothing)
    assert case.score(own, other)["follows"] < 1.0
    assert case.score(case.tokens, other)["keeps"] == 1.0


def test_no_direction_leads_to_a_heading_that_no_program_had():
    hidden = np.random.default_rng(0).normal(size=(40, 3))
    labels = (hidden[:, 0] > 0).astype(np.int64)
    turns = np.arange(40) % 4
    probe = fit_linear(hidden, labels[None], Splits(turns < 2, turns == 2, turns == 3))[0]
    assert opposite(np.array([0, 1]), probe).tolist() == [0, 1]


def test_the_way_to_the_opposite_heading_holds_the_token():
    world = Karel(side=3, lengths=(3, 5), examples=1, held_out=1)
    written = Written.__new__(Written)
    written.world, written.batch = world, world.batch(0, 0, 400, "probe")
    written.tokens = written.batch.tokens
    written.mask = writing_positions(world, written.batch, written.tokens)
    (heading,) = States(world, written.batch, written.tokens, written.mask).labels([PRESENT])
    token = np.eye(len(world.vocabulary))[written.tokens[written.mask]]
    written.layers = {"layer 1": np.concatenate([np.eye(4)[heading], token], axis=1).astype(np.float32)}
    case = Case.draw(world, written.batch, written.tokens, seed=0)
    wanted = np.eye(4)[(case.heading + 2) % 4] - np.eye(4)[case.heading]
    found = to_opposite_heading(written, 1, case.turned, case.heading)
    met = found.any(axis=1)
    assert met.mean() > 0.9
    np.testing.assert_allclose(found[met, :4], wanted[met], atol=1e-6)
    np.testing.assert_allclose(found[:, 4:], 0, atol=1e-6)


def test_there_is_nothing_to_edit_where_no_program_is_right():
    world = Karel(side=3, lengths=(3, 5), examples=2, held_out=1)
    batch = world.batch(0, 0, 5, "probe")
    wrong = np.where(np.arange(world.length) < batch.prompt, batch.tokens, world.end)
    assert Case.draw(world, batch, wrong, seed=0) is None


def test_the_adversarial_meaning_exists():
    assert ADVERSARIAL in Karel().meanings


def test_no_sham_of_the_committed_evidence_comes_out_as_reproduced():
    assert sound_evidence(study)


def test_the_committed_evidence_makes_a_report():
    for evidence in sound_evidence(study):
        findings = study.judge(evidence)
        text = report_html(study, evidence, findings.rows)
        assert all(claim.statement.split("'")[0] in text for claim in study.claims)


@pytest.mark.slow
def test_a_run_from_end_to_end_judges_and_draws(tmp_path):
    small = ("training.steps=60", "training.checkpoints.every=20", "measuring.probed=200", "measuring.tested=100")
    findings = study.run("smoke", 1, store=tmp_path, overrides=small, workers=1)
    rows = {row["claim"]: row for row in findings.rows}
    assert 0 <= rows["accuracy"]["estimate"] <= 1
    assert all(row["verdict"] == "undecided" for row in findings.rows)
    figures = study.figures(findings.evidence)
    assert {figure.id for figure in figures} >= {"course", "follows", "meanings", "offsets", "film"}
    (meanings,) = [figure.svg for figure in figures if figure.id == "meanings"]
    assert ">adversarial<" in meanings
    assert ADVERSARIAL not in meanings
    again = study.run("smoke", 1, store=tmp_path, overrides=small, workers=1)
    assert again.rows == findings.rows
