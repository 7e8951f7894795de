"""In-context gradient descent: quantities of tables made by hand, readings of a layer of known weights, a whole run."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import torch

from committed import sound_evidence
from ontogeny.configuration import validate
from ontogeny.instruments import in_context as meter
from ontogeny.lab import Lab
from ontogeny.models.gradient_steps import gradient_step, write_products
from ontogeny.references import in_context as reference
from ontogeny.studies.icl_gd import readings, study
from ontogeny.studies.icl_gd.quantities import quantities
from ontogeny.studies.icl_gd.settings import PRESETS, SINUSOIDS, WORLD, behind_mlp, model, shifted_worlds, training
from ontogeny.worlds import LinearFunctions


def test_presets_are_valid():
    for settings in study.settings.values():
        assert validate(settings) == settings
    assert shifted_worlds()["inputs x 1"] == (1.0, WORLD)


def tables():
    rows = {
        "course": [
            {"step": 5, "loss": 0.21, "descent": 0.2, "difference": 0.01, "cosine": 0.995},
            {"step": 0, "loss": 0.4, "descent": 0.2, "difference": 1.0, "cosine": 0.1},
        ],
        "construction": [{"kind": "constructed", "error": 1e-7}, {"kind": "untrained", "error": 3.0}],
        "interpolation": [
            {"kind": kind, "share": share, "loss": loss}
            for kind, losses in (("aligned", (0.21, 0.205, 0.2)), ("turned", (0.2, 0.4, 0.21)))
            for share, loss in zip((0.0, 0.5, 1.0), losses, strict=True)
        ],
        "shifts": [
            {"shift": "a", "trained": 1.1, "descent": 1.0, "untrained": 1.0},
            {"shift": "b", "trained": 0.8, "descent": 1.0, "untrained": 2.0},
        ],
        "nearest": [
            {"algorithm": "1 step", "trained": 0.01, "untrained": 1.0},
            {"algorithm": "2 steps", "trained": 0.1, "untrained": 0.5},
        ],
        "learners": [
            {"learner": name, "loss": loss, "untrained": 0.4, "descent": descent, "corrected": 0.1}
            for name, loss, descent in (
                ("one layer", 0.21, 0.2),
                ("softmax", 0.3, 0.2),
                ("prior mean", 0.5, 0.2),
                ("layers", 0.12, 0.15),
                ("looped", 0.14, 0.16),
            )
        ],
        "behind_mlp": [
            {"step": 0, "loss": 2.0, "descent": 1.5, "plain": 1.7, "difference": 1.0, "straight": 2.0, "sine": 0.5},
            {"step": 5, "loss": 0.5, "descent": 0.5, "plain": 0.7, "difference": 0.03, "straight": 2.0, "sine": 0.98},
        ],
        "in_turns": [
            {"learner": learner, "step": step, "loss": loss, "descent": 0.2, "copying": copying, "even": 0.15}
            for learner, step, loss, copying in (
                ("two layers", 5, 0.21, 0.9),
                ("two layers", 0, 0.4, 0.1),
                ("one layer", 5, 0.39, 0.3),
                ("one layer", 0, 0.4, 0.1),
            )
        ],
    }
    return {name: pa.Table.from_pylist(found) for name, found in rows.items()}


def test_quantities_are_read_from_the_tables():
    found = {(quantity.name, quantity.kind): quantity.value for quantity in quantities(tables())}
    expected = {
        "sensitivity_cosine": (0.995, 0.1),
        "interpolation_bump": (0.0, 0.4 / 0.21 - 1),
        "shift_gap": (np.log(1 / 0.8), np.log(2)),
        "nearest_share": (0.1, 2.0),
        "trained_loss": (0.20623 + 0.01, 0.20623 + 0.2),
        "loss_ratio": (1.05, 2.0),
        "softmax_ratio": (1.5, 1.05),
        "deep_gain": (1 - 0.12 / 0.15, 1 - 0.21 / 0.15),
        "looped_corrected_ratio": (1.4, 1.6),
        "features_difference": (0.03, 1.0),
        "features_loss": (0.25, 1.0),
        "sine_told": (0.98, 0.5),
        "copying": (0.9, 0.1),
        "in_turns_ratio": (1.05, 1.95),
    }
    for name, (measured, sham) in expected.items():
        assert found[name, "measured"] == pytest.approx(measured, abs=1e-5), name
        assert found[name, "sham"] == pytest.approx(sham, abs=1e-5), name
    assert {claim.quantity for claim in study.claims if claim.test} == {name for name, _ in found}


@pytest.fixture
def untrained(tmp_path):
    settings = replace(PRESETS["smoke"], one=replace(PRESETS["smoke"].one, steps=1), compared=128)
    return Lab(tmp_path).train("in_context", model(settings.one), WORLD, training(settings, settings.one), 0), settings


def test_a_layer_of_constructed_weights_is_read_as_the_gradient_step(untrained, monkeypatch):
    run, settings = untrained
    predict = readings.constructed(run)
    monkeypatch.setattr(readings, "trained", lambda run: predict)
    errors = {row["kind"]: row["error"] for row in readings.construction(run, settings)}
    assert errors["constructed"] < 1e-5 < 0.1 < errors["untrained"]
    assert all(row["trained"] == pytest.approx(row["descent"], rel=1e-4) for row in readings.shifts(run, settings))
    found = {row["algorithm"]: row["trained"] for row in readings.nearest(run, settings)}
    assert found.pop("1 step") < 1e-9
    assert min(found.values()) > 0.02
    ends = [row["loss"] for row in readings.interpolation(run, settings) if row["share"] == 1]
    best = readings.loss(readings.STEP, readings.episodes(run, settings.compared))
    np.testing.assert_allclose(ends, best, rtol=1e-5)


def test_a_layer_of_constructed_weights_steps_on_the_features_it_sees(tmp_path):
    settings = replace(PRESETS["smoke"], behind_mlp=replace(PRESETS["smoke"].behind_mlp, steps=1), compared=256)
    recipe = settings.behind_mlp
    run = Lab(tmp_path).train("in_context", behind_mlp(recipe), SINUSOIDS, training(settings, recipe), 0)
    built = run.load(1)
    metric = torch.randn(20, 20, generator=torch.Generator().manual_seed(0))
    products = gradient_step(21, 10, 0.5)
    products.scores[:-1, :-1] = metric.T @ metric
    write_products(built, [products])
    examples, probe = (readings.episodes(run, 256, split) for split in ("test", "probe"))
    predict = meter.predictor(built, SINUSOIDS)
    with torch.no_grad():
        seen = readings.features_seen(built, probe[0])(examples[0])
        expected = built.input_mlp(examples[0]).double() @ metric.T.double()
        share = 0.5 / 10  # of the rate, for each example
        torch.testing.assert_close(seen @ seen.mT, share * expected @ expected.mT, rtol=1e-3, atol=1e-4)
        step = reference.gradient_descent([10.0])(seen, examples[1], last=True)
        torch.testing.assert_close(predict(*examples, last=True).double(), step, rtol=1e-3, atol=1e-4)
        # A direction that is seen the other way round: outputs in the scores, features in what is written.
        products.scores[:-1, :-1] = metric[1:].T @ metric[1:]
        products.scores[-1, :-1], products.values[-1, :-1] = metric[0], -share * metric[0]
        write_products(built, [products])
        again = readings.features_seen(built, probe[0])(examples[0])
        torch.testing.assert_close(again @ again.mT, seen @ seen.mT, rtol=1e-3, atol=1e-4)


def test_descent_of_several_steps_starts_from_the_prior_mean(tmp_path):
    """The same episodes with weights moved by 1: what is left to learn is the same."""
    settings = replace(PRESETS["smoke"], deep=replace(PRESETS["smoke"].deep, steps=1))
    found = []
    for world in (WORLD, replace(WORLD, functions=LinearFunctions(mean=1.0))):
        learner, recipe = model(settings.deep, layers=2), training(settings, settings.deep)
        run = Lab(tmp_path).train("in_context", learner, world, recipe, 0)
        examples = readings.episodes(run, 256)
        found.append([readings.loss(predict, examples) for predict in readings.descents(run, settings)])
    assert found[1] == pytest.approx(found[0], rel=0.01)


def test_sine_and_cosine_are_told_by_features_that_hold_them():
    inputs = torch.rand(2, 50, 5, 1, generator=torch.Generator().manual_seed(0)) * 10 - 5

    def mixed(inputs):
        return torch.cat((inputs.sin() + inputs.cos(), inputs.cos(), inputs), dim=-1).double()

    assert readings.sine_told(mixed, *inputs) == pytest.approx(1)
    assert readings.sine_told(lambda inputs: mixed(inputs) + 3, *inputs) == pytest.approx(1)
    assert readings.sine_told(lambda inputs: mixed(inputs)[..., 2:], *inputs) < 0.3


def test_a_constant_tells_nothing_of_sine_and_cosine():
    inputs = torch.rand(2, 50, 5, 1, generator=torch.Generator().manual_seed(0))  # where the sine is about 1/2
    constant = readings.sine_told(lambda inputs: torch.ones(*inputs.shape[:-1], 2).double(), *inputs)
    assert constant == pytest.approx(0, abs=0.02)


def test_no_sham_of_the_committed_evidence_comes_out_as_reproduced():
    found = sound_evidence(study)
    assert found
    for evidence in found:
        assert len(study.figures(evidence)) == 8


@pytest.mark.slow
def test_a_run_from_end_to_end_judges_and_draws(tmp_path):
    findings = study.run("smoke", 1, store=tmp_path, workers=1)
    rows = {row["claim"]: row for row in findings.rows}
    assert rows["construction"]["estimate"] < 1e-5
    assert rows["loss_ratio"]["estimate"] < 1.5
    assert rows["interpolation"]["sham_estimate"] > 0.2
    assert all(row["verdict"] == "undecided" for row in findings.rows)
    assert len(findings.evidence.tables) == len(study.figures(findings.evidence)) + 1
    assert study.run("smoke", 1, store=tmp_path, workers=1).rows == findings.rows
