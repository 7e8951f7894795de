"""Hidden parity: readings of curves made by hand, quantities of tables made by hand, and a run from end to end."""

import numpy as np
import pyarrow as pa
import pytest

from committed import sound_evidence
from ontogeny.configuration import validate
from ontogeny.studies.hidden_parity import study
from ontogeny.studies.hidden_parity.quantities import typical_times
from ontogeny.studies.hidden_parity.readings import times


def test_presets_are_valid():
    for settings in study.settings.values():
        assert validate(settings) == settings


def test_times_are_those_of_each_network():
    rows = [
        {"bits": 5, "degree": 2, "step": step, "model": model, "accuracy": accuracy}
        for model, curve in enumerate([(0.5, 0.5, 1.0), (0.5, 0.9, 0.9)])
        for step, accuracy in zip((0, 10, 20), curve, strict=True)
    ]
    found = times("mlp", pa.Table.from_pylist(rows))
    np.testing.assert_allclose(found["knows"], [19, np.inf])
    np.testing.assert_allclose(found["leaves"], [12, 2.5])


def test_the_typical_time_is_the_median_network_s():
    rows = [
        {"kind": "mlp", "bits": bits, "degree": 2, "knows": float(bits * factor)}
        for bits in (10, 20)
        for factor in (1, 2, 9)
    ]
    sizes, found = typical_times(pa.Table.from_pylist(rows), 2)
    assert sizes == [10, 20]
    np.testing.assert_allclose(found, [20, 40])


def test_no_sham_of_the_committed_evidence_comes_out_as_reproduced():
    found = sound_evidence(study)
    assert found
    for evidence in found:
        assert len(study.figures(evidence)) == 5


@pytest.mark.slow
def test_a_run_from_end_to_end_judges_and_draws(tmp_path):
    findings = study.run("smoke", 1, store=tmp_path, workers=1)
    rows = {row["claim"]: row for row in findings.rows}
    assert rows["gap_at_start"]["estimate"] > 0.5
    assert rows["not_random_search"]["estimate"] < 0.5
    assert all(row["verdict"] == "undecided" for row in findings.rows)
    assert {figure.id for figure in study.figures(findings.evidence)} == {
        "progress",
        "abrupt",
        "growth",
        "times",
        "leads",
    }
    assert study.run("smoke", 1, store=tmp_path, workers=1).rows == findings.rows
