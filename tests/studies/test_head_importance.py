"""The heads that tasks share: quantities on tables made by hand, readings on small models, a run from end to end."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from committed import sound_evidence
from ontogeny.configuration import validate
from ontogeny.instruments import gate_gradients
from ontogeny.instruments.parts import head, mlp
from ontogeny.studies.head_importance import readings, study
from ontogeny.studies.head_importance.figures import NAMES
from ontogeny.studies.head_importance.overlaps import agreement, enrichments, ratings
from ontogeny.studies.head_importance.quantities import quantities
from ontogeny.studies.head_importance.settings import TASKS
from ontogeny.training import Checkpoint, Run, Trajectory
from ontogeny.worlds import IGNORE

SETTINGS = study.settings["laptop"]
LAST = SETTINGS.training.steps
LAYERS, HEADS = SETTINGS.model.layers, SETTINGS.model.heads
LEARNED = ("repeated_segments", "sorting", "majority", "addition")
FIGURES = ["course", "pruning", "prunable", "agreement", "enrichment", "layers"]


def test_presets_are_valid_and_tasks_have_names():
    for settings in study.settings.values():
        assert validate(settings) == settings
        assert len(settings.world.tasks) >= 8
        assert set(settings.world.names) == set(NAMES)
        assert settings.induction <= settings.important < settings.heads
        assert settings.orders >= 2  # one of them is the sham


def test_halves_share_all_answers_between_them():
    batch = TASKS.only("sorting", 0, 0, 5)
    early, late = (readings.half_of(batch, half) for half in readings.HALVES)
    assert ((early.targets != IGNORE) ^ (late.targets != IGNORE) == batch.learned).all()
    assert early.learned.sum(axis=1).tolist() == [7] * 5
    assert late.learned.sum(axis=1).tolist() == [8] * 5
    assert (np.where(early.learned, np.arange(33), 0).max(1) < np.where(late.learned, np.arange(33), 99).min(1)).all()


class Untrained(Trajectory):
    """A trajectory that has not begun."""

    def __init__(self, settings):
        self.run = Run(settings.model, settings.world, settings.training, seed=0)
        self.model = self.run.build().eval()

    @property
    def checkpoints(self):
        return [Checkpoint(step, Path(), "") for step in (0, self.training.steps)]

    def load(self, step):
        return self.model


def test_importance_is_that_of_gate_gradients_and_an_untrained_model_has_learned_nothing():
    settings = replace(study.settings["smoke"], learned=0.5, tested=64)
    run = Untrained(settings)
    rows = readings.importance(run, settings).to_pylist()
    model, batch = run.load(0), readings.task_batch(run, "majority", settings.rated, "probe")
    for layer, index, part in ((1, 2, head(1, 2)), (0, -1, mlp(0))):
        (row,) = (r for r in rows if (r["step"], r["task"], r["layer"], r["head"]) == (0, "majority", layer, index))
        assert row["importance"] == pytest.approx(gate_gradients(model, batch, [part])[0], rel=1e-4)
    course = readings.course(run, settings)
    assert readings.learned(course, settings) == []
    tables = {"course": course, "curves": pa.table({}), "heads": readings.heads(run, settings)}
    tables["importance"] = pa.Table.from_pylist(rows)
    tables["agreement"] = agreement(tables["importance"], [], settings, 0)
    measured = {q.name: q.value for q in quantities(tables, settings, 0) if q.kind == "measured"}
    assert {name for name, value in measured.items() if np.isfinite(value)} == {"prefix_matching", "share_matching"}
    assert measured["prefix_matching"] < 0.1
    assert measured["share_matching"] > 0.9


def test_only_markov_chains_cannot_be_foreseen_entirely():
    settings = study.settings["smoke"]
    run = Untrained(settings)
    best = {name: readings.best_accuracy(run, name, settings) for name in settings.world.names}
    assert {name for name, value in best.items() if value < 1} == {"markov_chains"}
    assert best["markov_chains"] > 0.5


def made(importances):
    """Tables in which heads 0 to 3 of the second layer match prefixes; `importances`: of each task, [head], [MLP]."""
    course = [
        {"step": step, "task": task, "accuracy": 0.9, "way": 0.9 * (step > 0) * (task in LEARNED)}
        for step in (0, LAST)
        for task in TASKS.names
    ]
    importance = [
        {"step": step, "task": task, "layer": layer, "head": index, "importance": value, "early": value, "late": value}
        for step in (0, LAST)
        for task in TASKS.names
        for number, value in enumerate(np.concatenate(importances(task, step)).tolist())
        for layer, index in [divmod(number, HEADS) if number < 32 else (number - 32, -1)]
    ]
    heads = [
        {"step": step, "layer": layer, "head": index, "meter": meter, "score": score, "chance": 0.1}
        for step in (0, LAST)
        for meter in ("prefix_matching", "copying_logits")
        for layer in range(LAYERS)
        for index in range(HEADS)
        for score in [0.82 if step and layer == 1 and index < 4 else 0.1]
    ]
    curves = [
        {"task": task, "kind": kind, "order": order, "removed": removed, "accuracy": 0.9 if removed <= kept else 0.5}
        for task in LEARNED
        for kind, total, by_importance, at_random in (("heads", 32, 20, 4), ("mlps", 4, 2, 0))
        for order in range(-1, SETTINGS.orders)
        for kept in [by_importance if order < 0 else at_random]
        for removed in range(0, total + 1, 2 if kind == "heads" else 1)
    ]
    tables = {"course": course, "importance": importance, "heads": heads, "curves": curves}
    tables = {name: pa.Table.from_pylist(rows) for name, rows in tables.items()}
    settings = replace(SETTINGS, permutations=50)
    tables["agreement"] = agreement(tables["importance"], LEARNED, settings, 0)
    tables["enrichment"] = enrichments(tables["importance"], tables["heads"], LEARNED, settings)
    return tables


def shared(task, step):
    """All tasks need the second layer's heads, the first four most, and the last MLP; nothing agrees at the start."""
    random = np.random.default_rng(0 if step else [len(task), ord(task[0])])
    heads = random.uniform(0.1, 0.2, 32)
    if step:
        heads[8:16] += np.arange(8, 0, -1)
    return heads, np.array([0.1, 0.1, 0.2, 0.6])


def unlike(task, step):
    """Every task has importances of its own."""
    random = np.random.default_rng([len(task), ord(task[0]), step])
    return random.uniform(0.1, 1, 32), random.uniform(0.1, 1, 4)


def test_quantities_are_read_off_the_tables():
    found = {(q.name, q.kind): q.value for q in quantities(made(shared), SETTINGS, seed=0)}
    expected = {
        "heads_excess": 0.5,
        "mlps_excess": 0.5,
        "heads_over_mlps": 20 / 32 - 0.5,
        "ranks_agree": 1.0,
        "tops_agree": 1 - 10 / 32,
        "shots_agree": 1.0,
        "prefix_matching": 0.8,
        "share_matching": 4 / 32,
        "matching_enriched": 1 - 10 / 32,
        "copying_enriched": 1 - 10 / 32,
        "enriched_elsewhere": 1 - 10 / 32,
        "mlps_late": 0.3,
    }
    for name, value in expected.items():
        assert found[name, "measured"] == pytest.approx(value, abs=1e-6), name
    assert found["heads_in_the_middle", "measured"] >= 0.8 - 0.5
    assert found["within_layers", "measured"] > 0.05
    assert found["over_untrained", "measured"] > 0.5
    measured = {name for name, kind in found if kind == "measured"}
    assert measured == {claim.quantity for claim in study.claims if claim.untested is None}
    assert {name for name, kind in found if kind == "sham"} == measured
    assert found["heads_excess", "sham"] == found["mlps_excess", "sham"] == 0
    for name in ("ranks_agree", "tops_agree", "shots_agree", "within_layers"):
        assert abs(found[name, "sham"]) < 0.2, name


def test_tasks_that_need_different_heads_are_told_apart():
    found = {q.name: q.value for q in quantities(made(unlike), SETTINGS, seed=0) if q.kind == "measured"}
    bars = {claim.quantity: claim.criterion for claim in study.claims if claim.untested is None}
    for name in ("ranks_agree", "tops_agree", "within_layers", "matching_enriched", "over_untrained"):
        assert found[name] < bars[name].main, name


def test_overlaps_come_with_their_nulls():
    tables = made(shared)
    rows = {(row["step"], row["measure"], row["null"]): row for row in tables["agreement"].to_pylist()}
    assert len(rows) == 8
    anywhere = rows[LAST, "ranks", "anywhere"]
    assert anywhere["value"] == pytest.approx(1)
    assert anywhere["p_value"] == pytest.approx(1 / 51)
    assert rows[LAST, "ranks", "within layers"]["mean"] > 0.2 > anywhere["high"]
    matching = {row["task"]: row for row in tables["enrichment"].to_pylist() if row["meter"] == "prefix_matching"}
    assert set(matching) == {"all", *LEARNED}
    assert all(row["value"] == 4 and row["mean"] == pytest.approx(1.25) for row in matching.values())
    assert matching["all"]["p_value"] == pytest.approx(10 * 9 * 8 * 7 / (32 * 31 * 30 * 29))


def test_ratings_of_a_task_sum_to_one():
    importance = made(shared)["importance"]
    for kind, parts in (("heads", 32), ("mlps", 4)):
        found = ratings(importance, LEARNED, LAST, kind=kind)
        assert found.shape == (4, parts)
        np.testing.assert_allclose(found.sum(axis=1), 1)


@pytest.mark.slow
def test_smoke_from_end_to_end(tmp_path):
    findings = study.run("smoke", seeds=1, store=tmp_path, workers=1)
    evidence = findings.evidence
    assert set(evidence.tables) == {"course", "heads", "importance", "curves", "agreement", "enrichment"}
    assert all(row["verdict"] != "reproduced" for row in findings.rows)
    assert [figure.id for figure in study.figures(evidence)] == FIGURES
    assert study.run("smoke", seeds=1, store=tmp_path, workers=1).rows == findings.rows


def test_no_sham_of_the_committed_evidence_comes_out_as_reproduced():
    for evidence in sound_evidence(study):
        assert [figure.id for figure in study.figures(evidence)] == FIGURES
