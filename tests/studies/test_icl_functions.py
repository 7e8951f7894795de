"""Functions learned in context: quantities of tables made by hand, readings of known predictors, a whole run."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import torch

from committed import sound_evidence
from ontogeny import atlas
from ontogeny.configuration import validate
from ontogeny.errors import UsageError
from ontogeny.instruments import in_context as meter
from ontogeny.models import Transformer
from ontogeny.references import in_context as reference
from ontogeny.studies.icl_functions import learners, readings, study
from ontogeny.studies.icl_functions.figures import _off_the_axis
from ontogeny.studies.icl_functions.quantities import quantities
from ontogeny.studies.icl_functions.settings import PRESETS, TASKS, model, recurrent, world
from ontogeny.studies.icl_functions.shifts import Shift, shifts
from ontogeny.worlds import InContext, Inputs

SMOKE = PRESETS["smoke"]  # 2 weights, 5 examples; sparse: 3 weights, 4 examples


def test_presets_are_valid():
    for settings in study.settings.values():
        assert validate(settings) == settings
        for task in TASKS:
            assert validate(world(settings, task)).length == 2 * getattr(settings, task).examples - 1


def test_the_recurrent_net_has_as_many_parameters():
    for name in ("smoke", "laptop"):
        settings, shown = PRESETS[name], world(PRESETS[name], "linear")
        shape = {"vocab": 1, "feature_size": shown.feature_size, "length": shown.length, "seed": 0}
        sizes = [
            sum(part.numel() for part in config.build(**shape).parameters())
            for config in (model(settings), recurrent(settings))
        ]
        assert sizes[1] == pytest.approx(sizes[0], rel=0.05)


def test_growth_without_a_curriculum_is_refused():
    with pytest.raises(UsageError, match="growth needs a curriculum"):
        replace(SMOKE, growth=SMOKE.linear)


CURVES = {
    "linear": {
        "trained": (1.0, 0.7, 0.3, 0.2, 0.1),
        "untrained": (1.0, 1.0, 1.1, 1.0, 1.2),
        "least squares": (1.0, 0.5, 0.0, 0.0, 0.0),
        "recurrent net": (1.0, 0.9, 0.6, 0.5, 0.45),
        "untrained recurrent net": (1.0, 1.0, 1.0, 1.0, 1.1),
    },
    "sparse": {
        "trained": (1.0, 0.6, 0.3, 0.0),
        "untrained": (1.0, 1.0, 1.0, 1.0),
        "least squares": (1.0, 0.8, 0.7, 0.3),
        "lasso": (1.0, 0.5, 0.3, 0.1),
    },
    "networks": {
        "trained": (1.0, 1.0, 1.0, 1.0, 0.3),
        "untrained": (1.0, 1.0, 1.0, 1.0, 1.0),
        "trained networks": (1.0, 1.0, 1.0, 1.0, 0.2),
    },
    "trees": {
        "trained": (1.0, 1.0, 1.0, 1.0, 0.4),
        "untrained": (1.0, 1.0, 1.0, 1.0, 1.0),
        "greedy tree": (1.0, 1.0, 1.0, 1.0, 0.5),
        "boosted trees": (1.0, 1.0, 1.0, 1.0, 0.25),
    },
}
COLUMNS = ("shift", "kind", "examples", "trained", "untrained", "squares")
SHIFTS = [
    ("none", "none", 4, 9.0, 9.0, 0.0),
    ("skewed covariance", "prompt", 4, 0.3, 1.0, 0.1),
    ("skewed covariance", "prompt", 3, 9.0, 9.0, 0.0),
    ("noisy values", "prompt", 4, 0.4, 1.2, 0.3),
    ("orthogonal query", "query", 1, 1.5, 1.0, 1.0),
    ("repeated query", "query", 4, 0.2, 1.0, 0.0),
    ("inputs x 0.5", "scale", 4, 0.1, 1.0, 0.0),
    ("weights x 2", "scale", 4, 0.3, 1.1, 0.0),
    ("weights x 3", "scale", 4, 9.0, 9.0, 0.0),
]


def tables():
    rows = {
        "curves": [
            {"task": task, "learner": learner, "examples": count, "error": error}
            for task, found in CURVES.items()
            for learner, errors in found.items()
            for count, error in enumerate(errors)
        ],
        "nearest": [
            {"algorithm": "least squares", "trained": 0.02, "untrained": 1.0},
            {"algorithm": "ridge 0.1", "trained": 0.01, "untrained": 0.1},
            {"algorithm": "averaging", "trained": 0.2, "untrained": 0.5},
        ],
        "shifts": [dict(zip(COLUMNS, row, strict=True)) for row in SHIFTS],
        "growth": [
            {"curriculum": curriculum, "step": step, "error": error}
            for curriculum, errors in ((True, (1.1, 1.0, 0.6)), (False, (1.1, 0.9, 0.8)))
            for step, error in zip((0, 10, 20), errors, strict=True)
        ],
        "growth_again": [
            {"curriculum": False, "step": step, "error": error}
            for step, error in zip((0, 10, 20), (1.0, 0.9, 1.0), strict=True)
        ],
        "boundary": [
            {"factor": 1.0, "predicted": 1.8, "true": 2.0},
            {"factor": 16.0, "predicted": 8.0, "true": 32.0},
        ],
    }
    return {name: pa.Table.from_pylist(found) for name, found in rows.items()}


def test_quantities_are_read_from_the_tables():
    found = {(quantity.name, quantity.kind): quantity.value for quantity in quantities(tables(), SMOKE)}
    expected = {
        "excess": (0.1, 1.2),
        "early_gap": (0.2, 0.5),
        "nearest_share": (0.1, 2.0),
        "sparse_over_squares": (0.9 / 1.8, 3.0 / 1.8),
        "sparse_over_lasso": (0.9 / 0.9, 1.8 / 0.9),
        "networks_ratio": (1.5, 5.0),
        "trees_ratio": (0.8, 2.0),
        "boosted_ratio": (1.6, 4.0),
        "recurrent_excess": (0.35, -0.1),
        "curriculum_ratio": (0.75, 1.25),
        "prompt_excess": (0.2, 0.9),
        "query_excess": (0.5, 1.0),
        "scale_excess": (0.3, 1.1),
        "far_size": (0.25, 0.9),
    }
    assert {name for name, _ in found} == set(expected)
    for name, (measured, sham) in expected.items():
        assert found[name, "measured"] == pytest.approx(measured), name
        assert found[name, "sham"] == pytest.approx(sham), name
    assert {claim.quantity for claim in study.claims if claim.test} == set(expected)


def test_least_squares_err_as_the_formula_says():
    test = meter.episodes(InContext(inputs=Inputs(features=5), examples=11), 0, 8192)
    errors = learners.squared_errors(reference.least_squares(), test) / test[1].double().square().mean()
    np.testing.assert_allclose(errors, np.maximum(5 - np.arange(11), 0) / 5, atol=0.04)


def test_a_learner_is_tuned_for_each_number_of_examples_on_other_episodes():
    shown = InContext(inputs=Inputs(features=3), examples=4)
    probe, test = (meter.episodes(shown, 0, 50, split) for split in ("probe", "test"))

    def right_once(place):
        def predict(inputs, outputs, *, last=False):
            return torch.where(torch.arange(4) == place, outputs, outputs + 1)

        return predict

    found = learners.tuned_errors([right_once(place) for place in range(4)], probe, test)
    assert not found.any()
    assert learners.tuned_errors([right_once(0)], probe, test).tolist() == pytest.approx([0, 1, 1, 1], abs=1e-5)


def test_shifts_are_met_by_least_squares_as_they_should():
    found = shifts(InContext(inputs=Inputs(features=4), examples=9, shown="interleaved"))
    assert {shift.kind for shift in found.values()} == {"none", "prompt", "query", "scale"}
    squares = {"squares": reference.least_squares()}

    def errors(name):
        return {count: row["squares"] for count, row in readings._by_count(squares, found[name], 0, 500).items()}

    for name in found:
        if name not in ("noisy values", "orthogonal query"):
            assert errors(name)[8] < 1e-6, name
    assert errors("half the dimensions")[2] < 1e-6
    assert errors("repeated query")[1] < 1e-6
    assert 0.02 < errors("noisy values")[8] < 0.2
    assert errors("orthogonal query") == pytest.approx({1: 1, 2: 1, 3: 1})
    assert errors("inputs x 3")[2] == pytest.approx(errors("none")[2], rel=1e-5)


def test_episodes_of_another_query_are_asked_once():
    asked = []

    def predict(inputs, outputs, *, last=False):
        asked.append((inputs.shape[1], last))
        return outputs[:, -1:].double() * 0.5

    shown = InContext(inputs=Inputs(features=3, query="repeated"), examples=4)
    found = readings._by_count({"half": predict}, Shift("query", shown), 0, 10)
    assert asked == [(2, True), (3, True), (4, True)]
    assert all(row["half"] == pytest.approx(0.25) for row in found.values())


def test_no_input_makes_an_answer_pass_its_bound():
    config = Transformer(layers=1, width=16, heads=2, mlp=32, positions="learned", initial_scale=0.5)
    net = config.build(vocab=1, feature_size=3, length=9, seed=0)
    random = torch.Generator().manual_seed(0)
    with torch.no_grad():
        net.final_norm.weight.normal_(generator=random)
        net.final_norm.bias.normal_(generator=random)
        bound, largest = readings.largest_answer(net), 0.0
        for scale in (1, 10, 1000):
            features = scale * torch.randn(2000, 9, 3, generator=random)
            largest = max(largest, net(torch.zeros(2000, 9, dtype=torch.long), features).abs().max().item())
    assert 0.5 * bound < largest <= bound


def test_no_sham_of_the_committed_evidence_comes_out_as_reproduced():
    found = sound_evidence(study)
    assert found
    for evidence in found:
        assert len(study.figures(evidence)) == 8


def test_a_line_that_leaves_the_axis_is_named():
    within = atlas.Line("transformer", np.arange(2), np.array([[1.0, 0.2], [1.7, 0.4]]))
    beyond = atlas.Line("averaging", np.arange(2), np.array([[4.0, 0.9], [6.0, 1.1]]))
    assert _off_the_axis([within]) == ""
    assert _off_the_axis([within, beyond]) == "Off the axis with few examples: averaging (up to 5.0)."


@pytest.mark.slow
def test_a_run_from_end_to_end_judges_and_draws(tmp_path):
    findings = study.run("smoke", 1, store=tmp_path, workers=1)
    rows = {row["claim"]: row for row in findings.rows}
    assert rows["least_squares"]["estimate"] < rows["least_squares"]["sham_estimate"]
    assert all(row["verdict"] == "undecided" for row in findings.rows)
    named = {"curves", "course", "growth", "growth_again", "shifts", "nearest", "boundary"}
    assert set(findings.evidence.tables) == named
    assert len(study.figures(findings.evidence)) == 8
    assert study.run("smoke", 1, store=tmp_path, workers=1).rows == findings.rows
