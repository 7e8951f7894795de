"""Chains of reasoning: quantities on tables made by hand, readings on texts made by hand, a run from end to end."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import torch

from committed import sound_evidence
from ontogeny.configuration import validate
from ontogeny.studies.lego import study
from ontogeny.studies.lego.quantities import quantities
from ontogeny.studies.lego.readings import accuracies, looked_at
from ontogeny.worlds import LegoChains

SETTINGS = study.settings["laptop"]
FIGURES = ["lengths", "course", "removal", "shortcut"]
LAST = SETTINGS.training.steps


def test_presets_are_valid_and_learners_differ_in_one_thing_each():
    for settings in study.settings.values():
        assert validate(settings) == settings
        scratch, pretrained, mimicked, untied, convolved, whole, decoys = settings.learners.values()
        assert all(replace(one, model=scratch.model) == scratch for one in (mimicked, untied, convolved))
        assert replace(convolved.model, convolution=0) == scratch.model
        assert (pretrained.model, pretrained.world.then) == (scratch.model, scratch.world)
        assert pretrained.training.steps - pretrained.before == scratch.training.steps
        assert replace(decoys.world, chains=decoys.world.chains[:1]) == whole.world
        assert settings.recall_steps % settings.training.checkpoints.every == 0  # heads are read there


def test_heads_of_each_kind_are_scored_on_the_keys_of_the_definition():
    world = LegoChains(letters=5, chains=(3,), learned=2)
    batch = world.batch(0, 0, 10)
    wanted = looked_at(world, batch)
    for row, tokens in enumerate(batch.tokens.tolist()):
        for query, one in enumerate(tokens):
            for key, other in enumerate(tokens):
                same = one == other and one < 5 and query != key
                assert bool(wanted["association"][row, query, key]) == same
                assert bool(wanted["clause"][row, query, key]) == (query // 3 == key // 3 and query != key)
    others = looked_at(world, batch, shift=1)["association"]
    assert not (others & wanted["association"]).any()
    assert others.any()


def test_accuracy_is_told_by_place_in_the_chain():
    world = LegoChains()
    batch = world.batch(0, 0, 30)
    truth = world.truth(batch)
    right = torch.zeros(*batch.tokens.shape, len(world.vocabulary))
    rows, positions = np.nonzero(truth["chain"] == 0)
    answers, depths = truth["value"][rows, positions], truth["depth"][rows, positions]
    said = np.where(depths == 2, 2 * world.letters + 1 - answers, answers)  # the third is always wrong
    right[rows, positions, said] = 1
    assert accuracies(world, batch, right).tolist() == [1, 1, 0, 1, 1, 1, 1, 1]


@pytest.fixture
def tables():
    """Pretraining gains 0.2 of accuracy, mimicking half of that; whole chains are answered by counting signs."""
    further = {"scratch": 0.6, "pretrained": 0.8, "mimicked": 0.7, "untied": 0.55, "convolved": 0.63}
    course = [
        {"learner": learner, "step": step, "learned": told, "further": untold}
        for learner, end in further.items()
        for step, told, untold in ((0, 0.5, 0.5), (LAST, 0.99 if learner == "convolved" else 0.97, end))
    ]
    heads = [
        {"learner": learner, "step": step, "layer": 0, "head": head, "meter": meter, "score": score, "chance": 0.1}
        for learner, step, meter, score in (
            ("scratch", 0, "association", 0.1),
            ("scratch", 0, "clause", 0.1),
            ("scratch", LAST, "association", 0.82),
            ("scratch", LAST, "clause", 0.55),
            ("pretrained", -SETTINGS.recall_steps, "association", 0.1),
            ("pretrained", 0, "association", 0.28),
            ("pretrained", 0, "other letters", 0.1),
        )
        for head in range(2)
    ]
    ablations = [("association", 0.6), ("random", 0.1), ("random", 0.2)]
    depths = [
        {"learner": learner, "step": step, "depth": depth, "accuracy": accuracy}
        for learner, early in (("whole chains", 0.9), ("with decoys", 0.5))
        for step in (0, 10)
        for depth, accuracy in ((2, 0.6), (3, early))
    ]
    swaps = [
        {"learner": "whole chains", "step": 10, "same": 0.95, "changed": 0.05, "shuffled": 0.02},
        {"learner": "with decoys", "step": 0, "same": 0.5, "changed": 0.5, "shuffled": 0.0},
        {"learner": "with decoys", "step": 10, "same": 0.98, "changed": 0.96, "shuffled": 0.0},
    ]
    return {
        "recall": pa.table({"step": [-10, 0], "accuracy": [0.3, 0.95]}),
        "course": pa.Table.from_pylist(course),
        "heads": pa.Table.from_pylist(heads),
        "ablations": pa.Table.from_pylist([{"group": group, "cost": cost} for group, cost in ablations]),
        "depths": pa.Table.from_pylist(depths),
        "swaps": pa.Table.from_pylist(swaps),
    }


def test_quantities_are_read_off_the_tables(tables):
    found = {(q.name, q.kind): q.value for q in quantities(tables, SETTINGS, seed=0)}
    expected = {
        "learned": (0.97, 0.5),
        "further": (0.55, 0.97),
        "gain_pretrained": (0.2, 0.0),
        "gain_mimicked": (0.1, 0.0),
        "gain_convolved": (0.03, 0.0),
        "learned_convolved": (0.02, 0.0),
        "gain_tied": (0.05, 0.0),
        "recalls": (0.95, 0.3),
        "recovered": (0.5, -0.5),
        "association": (0.8, 0.0),
        "clause": (0.5, 0.0),
        "brought": (0.2, 0.0),
        "shortcut": (0.9, 0.02),
        "last_ahead": (0.3, -0.1),
        "prevented": (0.96, 0.5),
    }
    for name, (measured, sham) in expected.items():
        assert found[name, "measured"] == pytest.approx(measured), name
        assert found[name, "sham"] == pytest.approx(sham), name
    assert found["ablation_excess", "measured"] == pytest.approx(0.45)
    assert abs(found["ablation_excess", "sham"]) == pytest.approx(0.1)
    measured = {name for name, kind in found if kind == "measured"}
    assert measured == {claim.quantity for claim in study.claims if claim.untested is None}


def test_nothing_gained_leaves_nothing_to_recover(tables):
    further = pa.array([0.5, 0.6, 0.5, 0.62, 0.5, 0.7, 0.5, 0.55, 0.5, 0.6])
    course = tables["course"]
    tables["course"] = course.set_column(course.column_names.index("further"), "further", further)
    found = {(q.name, q.kind): q.value for q in quantities(tables, SETTINGS, seed=0)}
    assert np.isnan(found["recovered", "measured"])
    assert np.isnan(found["recovered", "sham"])


@pytest.mark.slow
def test_smoke_from_end_to_end(tmp_path):
    findings = study.run("smoke", seeds=1, store=tmp_path, workers=1)
    evidence = findings.evidence
    assert set(evidence.tables) == {"course", "depths", "heads", "swaps", "ablations", "recall"}
    assert {"learned", "shortcut"} <= set(evidence.quantities["quantity"].to_pylist())
    assert [figure.id for figure in study.figures(evidence)] == FIGURES
    course = evidence.tables["course"]
    starts = {row["learner"]: row["step"] for row in reversed(course.to_pylist())}
    assert starts["pretrained"] == -study.settings["smoke"].recall_steps
    assert starts["scratch"] == 0


def test_no_sham_of_the_committed_evidence_comes_out_as_reproduced():
    for evidence in sound_evidence(study):
        assert [figure.id for figure in study.figures(evidence)] == FIGURES
