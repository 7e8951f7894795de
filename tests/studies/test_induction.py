"""Induction: readings of curves and tables made by hand, and a run from end to end."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from committed import sound_evidence
from ontogeny.configuration import content_hash, validate
from ontogeny.studies.induction import study
from ontogeny.studies.induction.quantities import narrowest, quantities, text_quantities
from ontogeny.studies.induction.readings import followed_before
from ontogeny.worlds import IGNORE, Batch

SETTINGS = study.settings["laptop"]
FIGURES = {"phase", "twins", "by_index", "removal", "chains"}


def test_presets_are_valid_and_twins_differ_in_layers_and_keys_only():
    for settings in study.settings.values():
        assert validate(settings) == settings
        for part in (settings, settings.text):
            two, one, smeared = part.twins.values()
            assert (two.layers, one.layers, smeared.layers) == (2, 1, 1)
            assert replace(smeared, smeared_keys=False) == one == replace(two, layers=1)


def test_text_leaves_the_names_of_earlier_measurements_as_they_were():
    """The text came later: what was measured without it is named as before (see `LATER`)."""
    assert content_hash(SETTINGS) == "0077c24ef8f5ec0b"


def test_on_text_induction_is_right_where_the_same_pair_stood_before():
    batch = Batch(np.array([[0, 1, 3, 0, 1, 0]]), None, np.array([[1, 3, 0, 1, 0, IGNORE]]), prompt=1, hidden=None)
    # Only the second "ab" follows an earlier one; after the second "b" something else comes.
    assert followed_before(batch).tolist() == [[False, False, False, True, False, False]]


def test_the_narrowest_stretch_is_found_between_checkpoints():
    steps = np.arange(0, 110, 10)
    sudden = np.where(steps < 40, 0.0, np.where(steps < 50, 0.0, 1.0))  # rises between 40 and 50
    assert narrowest(steps, sudden) == pytest.approx((40, 48))
    assert narrowest(steps, steps / 100.0) == pytest.approx((0, 80), abs=1)
    assert narrowest(steps, -sudden) == (0, 100)


def course(twin, steps, score, prefix, loss, accuracy):
    columns = {"step": steps, "loss": loss, "score": score, "accuracy": accuracy, "prefix_matching": prefix}
    return pa.table({"twin": [twin] * len(steps), **columns, "previous_token": prefix})


@pytest.fixture
def tables():
    """A model that learns between 400 and 500 of 1000 steps, and a twin that learns nothing sudden."""
    steps = np.arange(0, 1100, 100)
    late = np.clip((steps - 400) / 100, 0, 1) + steps / 1e5
    slow = 3 - steps / 1000
    heads = [
        {"layer": layer, "head": 0, "meter": meter, "score": score, "chance": 0.1, "step": step}
        for step, level in ((0, 0.2), (SETTINGS.training.steps, 0.9))
        for layer, meter, score in (
            (0, "prefix_matching", 0.1),
            (1, "prefix_matching", level),
            (1, "copying_logits", level - 0.1),
            (1, "composed", level),
        )
    ]
    ablations = [
        {"group": group, "heads": "", "cost": cost, "score": score, "whole": -3.0}
        for group, cost, score in (
            ("top", 3.0, -0.3),
            ("random", 0.5, -2.4),
            ("random", 1.5, -1.8),
            ("matching", 4.0, 0.0),
            ("as many", 1.0, -2.0),
            ("as many", 2.0, -2.0),
        )
    ]
    return {
        "course": pa.concat_tables(
            [
                course("two layers", steps, -3 * late, late, 4 - 3 * late, late),
                course("one layer", steps, -steps / 1e4, steps / 1e4, slow, steps / 1e4),
                course("one layer, smeared keys", steps, -3 * late, late, 4 - 3 * late, late),
            ]
        ),
        "transitions": pa.table({"curve": ["loss", "score", "prefix_matching"], "step": [440.0, 400.0, 420.0]}),
        "heads": pa.Table.from_pylist(heads),
        "ablations": pa.Table.from_pylist(ablations),
        "chains": pa.table(
            {
                "step": [0, 10, 20, 30, 40],
                "uniform": [0.0, 0.1, 0.3, 0.4, 0.4],
                "unigram": [0.1, 0.02, 0.02, 0.05, 0.1],
                "other": [0.5, 0.5, 0.5, 0.5, 0.5],
                "bayes": [0.2, 0.1, 0.1, 0.08, 0.01],
                "between": [0.1] * 5,
            }
        ),
    }


def test_quantities_are_read_off_the_tables(tables):
    found = {(q.name, q.kind): q.value for q in quantities(tables, SETTINGS, seed=0)}
    measured = {name: value for (name, kind), value in found.items() if kind == "measured"}
    shams = {name: value for (name, kind), value in found.items() if kind == "sham"}
    assert measured.keys() == shams.keys() == asked("main")
    assert measured["window"] == pytest.approx(0.08, abs=0.01)
    assert shams["window"] > measured["window"] - 1e-9
    assert measured["heads_lag"] == pytest.approx(0.05)
    assert measured["loss_lag"] == pytest.approx(0.1)
    assert measured["together"] == pytest.approx(1)
    # The line from the start to the foot of the fall has fallen by 4 / 5 where the plateau ends.
    assert measured["bump"] == pytest.approx(0.8, abs=0.01)
    assert shams["bump"] == pytest.approx(0, abs=1e-9)
    assert (measured["accuracy_two"], shams["accuracy_two"]) == (pytest.approx(1.01), pytest.approx(0.1))
    assert (measured["accuracy_one"], shams["accuracy_one"]) == (pytest.approx(0.1), pytest.approx(1.01))
    assert (measured["prefix_one"], measured["accuracy_smeared"]) == (pytest.approx(0.1), pytest.approx(1.01))
    assert (measured["copying"], shams["copying"]) == (pytest.approx(0.7), pytest.approx(0.0))
    assert (measured["composed"], shams["composed"]) == (pytest.approx(0.8), pytest.approx(0.1))
    assert measured["ablation_excess"] == pytest.approx(2.0)
    assert abs(shams["ablation_excess"]) == pytest.approx(1.0)
    assert measured["matching_excess"] == pytest.approx(2.5)
    assert abs(shams["matching_excess"]) == pytest.approx(1.0)
    assert (measured["score_taken"], shams["score_taken"]) == (pytest.approx(0.9), pytest.approx(0.3))
    # Nearest: uniform at 0, unigram from 10 to 30, Bayes at 40.
    assert (measured["unigram_stay"], shams["unigram_stay"]) == (0.75, 0)
    assert (measured["bayes_left"], shams["bayes_left"]) == (pytest.approx(0.1), pytest.approx(2))


def asked(arm):
    return {claim.quantity for claim in study.claims if claim.untested is None and claim.arm == arm}


def test_quantities_on_text_are_read_off_the_same_tables(tables):
    found = {(q.name, q.kind): q.value for q in text_quantities(tables, seed=0)}
    assert asked("text") <= {name for name, kind in found if kind == "measured"}
    assert found["window", "measured"] == pytest.approx(0.08, abs=0.01)
    assert (found["prefix_two", "measured"], found["prefix_two", "sham"]) == (pytest.approx(1.01), pytest.approx(0.1))
    assert (found["prefix_one", "measured"], found["prefix_one", "sham"]) == (pytest.approx(0.1), pytest.approx(1.01))
    assert found["prefix_smeared", "measured"] == pytest.approx(1.01)
    assert found["score_over_one", "measured"] == pytest.approx(2.93)
    assert found["score_over_one", "sham"] == pytest.approx(0.01)


def test_what_has_no_value_is_not_a_number(tables):
    never = tables["chains"].set_column(4, "bayes", pa.array([0.2] * 5))
    lost = pa.table({"curve": ["loss", "score", "prefix_matching"], "step": [np.nan, 400.0, np.nan]})
    found = {q.name: q.value for q in quantities({**tables, "chains": never, "transitions": lost}, SETTINGS, 0)[:16]}
    assert np.isnan([found["unigram_stay"], found["heads_lag"], found["loss_lag"]]).all()


def test_no_sham_of_the_committed_evidence_comes_out_as_reproduced():
    found = sound_evidence(study)
    assert found
    for evidence in found:
        assert {figure.id for figure in study.figures(evidence)} - {"text"} == FIGURES


@pytest.mark.slow
def test_a_run_from_end_to_end_judges_and_draws(tmp_path):
    findings = study.run("smoke", 1, arms=("main", "text"), store=tmp_path, workers=1)
    rows = {row["claim"]: row for row in findings.rows}
    assert rows["smeared_keys"]["estimate"] > rows["one_layer_does_not"]["estimate"]
    assert all(row["verdict"] == "undecided" for row in findings.rows)
    assert {figure.id for figure in study.figures(findings.evidence)} == FIGURES | {"text"}
    assert study.run("smoke", 1, arms=("main", "text"), store=tmp_path, workers=1).rows == findings.rows
