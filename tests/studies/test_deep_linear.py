"""Deep linear networks: readings of curves made by hand, the committed evidence, and a run from end to end."""

import numpy as np
import pyarrow as pa
import pytest

from committed import sound_evidence
from ontogeny.atlas.report import report_html
from ontogeny.configuration import validate
from ontogeny.references.deep_linear import half_time, mode_curve
from ontogeny.studies.deep_linear import study
from ontogeny.studies.deep_linear.quantities import depth_times
from ontogeny.studies.deep_linear.readings import calibrate, half_times

STEPS = np.arange(0, 401, 20)


def test_presets_are_valid():
    for settings in study.settings.values():
        assert validate(settings) == settings


def test_half_times_are_read_between_checkpoints():
    time = STEPS / 40
    curves = np.stack([mode_curve(time, strength, 1e-3) for strength in (3.0, 1.0)], axis=1)
    expected = [40 * half_time(strength, 1e-3) for strength in (3.0, 1.0)]
    np.testing.assert_allclose(half_times(STEPS, curves, np.array([3.0, 1.0])), expected, rtol=0.01)
    assert np.isnan(half_times(STEPS, 0.4 * curves, np.array([3.0, 1.0]))).all()


def test_the_detector_finds_a_noisy_mode_and_none_in_noise():
    curve = mode_curve(STEPS / 40, 1.0, 1e-2)
    found = calibrate(STEPS, curve, 0.02, (0, 1))
    assert found["low"] < 40 * half_time(1.0, 1e-2) < found["high"]
    assert np.isnan(calibrate(STEPS, np.zeros(len(STEPS)), 0.1, (0, 2))["found"])


def depths(orthogonal: list[float], normal: list[float]) -> pa.Table:
    kinds = {"orthogonal": orthogonal, "normal": normal}
    return pa.Table.from_pylist(
        [
            {"initial": kind, "layers": 2**depth, "steps": steps}
            for kind, all_steps in kinds.items()
            for depth, steps in enumerate(all_steps, start=1)
        ]
    )


def test_of_networks_that_never_learn_a_bound_is_known_and_only_where_they_are_the_deepest():
    found = depth_times(depths([4.0, 5.0, 5.0], [6.0, 60.0, np.inf]), budget=120, seed=0)
    assert found["depth_ratio"] == (1.25, 20.0)
    assert found["depth_saturation"][0] == 1.0
    assert np.isnan(found["depth_saturation"][1])
    assert found["gaussian_excess"][0] == pytest.approx(np.log(20 / 1.25))
    assert np.isnan(depth_times(depths([np.inf, 5.0, 5.0], [6.0, 60.0, 90.0]), budget=120, seed=0)["depth_ratio"][0])


def test_no_sham_of_the_committed_evidence_comes_out_as_reproduced():
    assert sound_evidence(study)


def test_the_committed_evidence_makes_a_report():
    for evidence in sound_evidence(study):
        text = report_html(study, evidence, study.judge(evidence).rows)
        assert all(figure in text for figure in ("modes", "halves", "differentiation", "depths", "coverage"))


@pytest.mark.slow
def test_a_run_from_end_to_end_judges_and_draws(tmp_path):
    findings = study.run("smoke", 1, store=tmp_path, workers=1)
    rows = {row["claim"]: row for row in findings.rows}
    assert rows["mode_curves"]["estimate"] > 0.98
    assert rows["half_times_predicted"]["estimate"] < 0.05
    assert all(row["verdict"] == "undecided" for row in findings.rows)
    assert len(study.figures(findings.evidence)) == 5
    assert study.run("smoke", 1, store=tmp_path, workers=1).rows == findings.rows
