"""Which algorithm learns in context: quantities of tables made by hand, readings of known predictors, a whole run."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import torch

from committed import sound_evidence
from ontogeny.configuration import validate
from ontogeny.errors import UsageError
from ontogeny.lab import Lab
from ontogeny.references import in_context as reference
from ontogeny.studies.icl_algorithm import pools, probing, programs, readings, study
from ontogeny.studies.icl_algorithm.quantities import nearest_penalty, pool_share, quantities, reading
from ontogeny.studies.icl_algorithm.settings import PRESETS, Settings, model, training, world

SMOKE = PRESETS["smoke"]


def test_presets_are_valid():
    for settings in study.settings.values():
        assert validate(settings) == settings
        assert settings.examples == 2 * settings.features + 1


def test_settings_that_do_not_fit_are_refused():
    with pytest.raises(UsageError, match="layers: expected ascending numbers"):
        Settings(layers=(2, 1))
    with pytest.raises(UsageError, match=r"pool_layers=3 and pool_noise=0.5: expected a depth of"):
        Settings(pool_layers=3)


def penalties(noise, best):
    """Of deep models that are nearest to `best`, untrained ones to the largest."""
    return [
        {
            "layers": layers,
            "noise": noise,
            "penalty": penalty,
            "trained": np.log2(penalty / best) ** 2 + 0.01,
            "untrained": 1 / penalty,
        }
        for layers in (1, 2)
        for penalty in readings.PENALTIES
    ]


def probed(source, target, probe, scores):
    return [
        {"source": source, "target": target, "probe": probe, "layer": layer, "at": "value", "examples": count}
        | {"validation": validation, "test": test}
        for layer, pairs in enumerate(scores)
        for count, (validation, test) in zip((1, 2, 4), pairs, strict=True)
    ]


def tables():
    def flat(score):
        return [((9.0, 9.0), (score, score), (score, score))]

    trained = [((9.0, 9.0), (0.2, 1.0), (0.2, 1.0)), ((0.0, 0.0), (0.9, 0.7), (0.7, 0.9))]
    rows = {
        "programs": [
            {"program": name, "kind": kind, "error": error}
            for name, scale in (("descent", 1), ("ridge", 2))
            for kind, error in (("constructed", scale * 1e-9), ("untrained", scale * 3.0))
        ],
        "algorithms": [
            {"layers": layers, "noise": noise, "examples": 4, "algorithm": name, "trained": own, "untrained": null}
            for noise, unit in ((0.0, 1.0), (1.0, 100.0))
            for layers, name, own, null in (
                (1, "1 step", 0.1 * unit, 0.5),
                (1, "least squares", 0.2 * unit, 1.0),
                (2, "1 step", 0.4 * unit, 0.5),
                (2, "least squares", 0.04 * unit, 1.0),
            )
        ],
        "optimum": [
            {"layers": layers, "trained": own, "untrained": null}
            for layers, own, null in ((1, 9.0, 9.0), (2, 0.02, 1.0), (2, 0.03, 0.9))
        ],
        "penalties": [*penalties(0.0, 2**-7), *penalties(0.5, 0.5), *penalties(1.0, 1.0)],
        "unsuited": [{"penalty": penalty, "trained": penalty} for penalty in readings.PENALTIES],
        "probes": [
            *probed("trained", "weights", "random features", trained),
            *probed("trained", "weights", "linear", flat(0.6)),
            *probed("trained", "shuffled weights", "random features", flat(0.01)),
            *probed("trained", "shuffled weights", "linear", flat(0.02)),
            *probed("trained", "moment", "random features", flat(0.9)),
            *probed("fixed weights", "weights", "random features", flat(0.3)),
            *probed("fixed weights", "moment", "random features", flat(0.5)),
            *probed("untrained", "weights", "random features", flat(0.1)),
            *probed("untrained", "moment", "random features", flat(0.6)),
        ],
        "pools": [
            {"tasks": tasks, "functions": functions}
            | {"trained_to_pool": to_pool, "trained_to_ridge": 1 - to_pool}
            | {"diverse_to_pool": 0.8, "diverse_to_ridge": 0.2, "pool_to_ridge": 1.0}
            | {"averaging_to_pool": 1.9, "averaging_to_ridge": 1.8}
            for functions in ("new", "seen")
            for tasks, to_pool in ((16, 0.5), (4, 0.1), (64, 0.9 if functions == "new" else 0.3))
        ],
    }
    return {name: pa.Table.from_pylist(found) for name, found in rows.items()}


def test_quantities_are_read_from_the_tables():
    found = {(quantity.name, quantity.kind): quantity.value for quantity in quantities(tables())}
    expected = {
        "descent_program_error": (1e-9, 3.0),
        "ridge_program_error": (2e-9, 6.0),
        "bayes_difference": (0.03, 1.0),
        "shallow_share": (0.5, 10.0),
        "deep_share": (0.1, 2.0),
        "penalty_slope": (np.polyfit([0, 0.25, 1], [2**-7, 0.5, 1], 1)[0], 0.0),
        "penalty_octaves": (1.0, 6.0),
        "regularised_share": (0.01 / 49.01, 128.0),
        "weights_selectivity": (0.5, -0.2),
        "moment_selectivity": (0.4, 0.1),
        "weights_bent": (0.2, -0.01),
        "few_tasks": (0.9, 0.2),
        "many_tasks": (0.1, np.nan),
    }
    assert {name for name, _ in found} == set(expected)
    for name, (measured, sham) in expected.items():
        assert found[name, "measured"] == pytest.approx(measured), name
        assert found[name, "sham"] == pytest.approx(sham, nan_ok=True), name
    assert {claim.quantity for claim in study.claims if claim.test} == set(expected)


def test_the_nearest_penalty_lies_between_those_of_the_grid():
    rows = [{"penalty": penalty, "trained": (np.log2(penalty) + 1.9) ** 2} for penalty in readings.PENALTIES]
    assert nearest_penalty(rows, "trained") == pytest.approx(2**-1.9)
    assert nearest_penalty([{"penalty": p, "trained": p} for p in readings.PENALTIES], "trained") == 1 / 128


def test_the_layer_that_is_read_is_chosen_in_validation():
    assert reading(tables()["probes"], "trained", "weights", "random features") == pytest.approx(0.8)


@pytest.fixture
def untrained(tmp_path):
    """The shape of the deepest model at noise 1, after one step of training."""
    return Lab(tmp_path).train("in_context", model(SMOKE, 2), world(SMOKE, 1.0), training(SMOKE, 1), 0)


def test_ridge_regression_is_recognised_with_its_penalty(untrained, monkeypatch):
    monkeypatch.setattr(readings, "trained", lambda run: reference.ridge(0.3))
    rows = readings.penalised(untrained, untrained.world, 500).to_pylist()
    assert nearest_penalty(rows, "trained") == pytest.approx(0.3, rel=0.02)
    monkeypatch.setattr(readings, "trained", lambda run: reference.ridge(1.0))
    found = readings.optimum(untrained, SMOKE)
    assert found["trained"] < 1e-12 < 0.1 < found["untrained"]
    assert found["trained_error"] == pytest.approx(found["bayes_error"])


def test_every_algorithm_is_recognised_by_predictions_and_weights(untrained, monkeypatch):
    known = readings.grid(replace(untrained.world, examples=5), 0, SMOKE.tested)
    for name in ("1 step", "ridge 0.25", "least squares"):
        monkeypatch.setattr(readings, "trained", lambda run, name=name: known[name])
        rows = {row["algorithm"]: row for row in readings.algorithms(untrained, SMOKE) if row["examples"] == 4}
        assert min(rows, key=lambda other: rows[other]["trained"]) == name
        assert rows[name]["weights"] < 1e-9 < min(row["weights"] for other, row in rows.items() if other != name)


def test_the_best_answer_for_a_pool_is_told_from_ridge_regression(tmp_path, monkeypatch):
    shown = world(SMOKE, 0.5, pool=4)
    run = Lab(tmp_path).train("in_context", model(SMOKE, 1), shown, training(SMOKE, 1), 0)
    functions = torch.tensor(shown.pool_functions(0))
    monkeypatch.setattr(pools, "trained", lambda run: reference.best_of_pool(functions, 0.5))
    row = pools.pool(run, run, SMOKE).to_pylist()[0]
    assert row["functions"] == "new"
    assert pool_share(row) == pytest.approx(1.0)
    monkeypatch.setattr(pools, "trained", lambda run: reference.ridge(0.25))
    new, seen = pools.pool(run, run, SMOKE).to_pylist()
    assert np.isnan(pool_share(new, "averaging"))
    assert pool_share(new) == pytest.approx(0.0)
    assert seen["pool_error"] < seen["ridge_error"] == pytest.approx(seen["trained_error"])
    assert new["pool_error"] > new["ridge_error"]


def test_what_is_farther_from_both_answers_than_they_are_from_one_another_is_on_no_side():
    apart = {"pool_to_ridge": 0.05, "trained_to_pool": 0.14, "trained_to_ridge": 0.11}
    assert np.isnan(pool_share(apart))
    assert pool_share({**apart, "pool_to_ridge": 0.12}) == pytest.approx(0.44)


def test_targets_of_probes_are_those_of_the_examples_before():
    shown = world(SMOKE, 0.0).batch(0, 0, 20)
    found = probing.targets(shown)
    for count in (1, 3):
        inputs, outputs = shown.inputs[:, :count].astype(float), shown.outputs[:, :count].astype(float)
        for row in range(20):
            wanted = np.linalg.lstsq(inputs[row], outputs[row])[0]
            np.testing.assert_allclose(found["weights"][row, count], wanted, rtol=1e-4)
            np.testing.assert_allclose(found["moment"][row, count], outputs[row] @ inputs[row] / count, rtol=1e-6)


def test_programs_are_exact_where_their_shape_alone_is_not():
    rows = {(row["program"], row["kind"]): row for row in programs.programs(SMOKE, 0).to_pylist()}
    for name, layers in (("descent", 7), ("ridge", 18)):
        assert rows[name, "constructed"]["layers"] == layers
        assert rows[name, "constructed"]["error"] < 1e-6 < 0.1 < rows[name, "untrained"]["error"]


def test_no_sham_of_the_committed_evidence_comes_out_as_reproduced():
    for evidence in sound_evidence(study):
        assert len(study.figures(evidence)) == 6


@pytest.mark.slow
def test_a_run_from_end_to_end_judges_and_draws(tmp_path):
    findings = study.run("smoke", 1, store=tmp_path, workers=1)
    rows = {row["claim"]: row for row in findings.rows}
    assert rows["ridge_by_construction"]["estimate"] < 1e-6
    assert all(row["verdict"] == "undecided" for row in findings.rows)
    named = {"algorithms", "penalties", "optimum", "unsuited", "probes", "pools", "programs"}
    assert set(findings.evidence.tables) == named
    assert len(study.figures(findings.evidence)) == 6
    assert study.run("smoke", 1, store=tmp_path, workers=1).rows == findings.rows
