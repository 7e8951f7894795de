"""Progress leads: curves made by hand, the committed evidence from end to end, and evidence that is not there."""

import numpy as np
import pyarrow as pa
import pytest

from ontogeny.claims.ledger import check_shams
from ontogeny.configuration import validate
from ontogeny.errors import UsageError
from ontogeny.lab.lab import Lab
from ontogeny.studies.progress_leads import measure, study
from ontogeny.studies.progress_leads.method import _leads
from ontogeny.studies.progress_leads.settings import Settings
from ontogeny.studies.progress_leads.sources import Progress, chains

STEPS = np.arange(0, 1001, 10)


def rise(middle):
    return 1 / (1 + np.exp(-(STEPS - middle) / 20))


def test_presets_are_valid():
    for settings in study.settings.values():
        assert validate(settings) == settings


def test_a_planted_lead_is_found_and_a_second_reading_has_none():
    hidden, again = _leads(Progress(STEPS, 3 * rise(400) + 1, rise(500), -rise(500)), seed=0)
    assert hidden["half"] == pytest.approx(0.2, abs=0.002)
    assert hidden["transition"] == pytest.approx(0.2, abs=0.01)
    assert hidden["low"] <= 0.2 <= hidden["high"]
    assert again["half"] == pytest.approx(0, abs=1e-9)
    assert again["transition"] == pytest.approx(0, abs=0.01)


def test_a_straight_line_has_no_transition_but_a_half():
    (hidden, _) = _leads(Progress(STEPS, STEPS / 1000, rise(500), rise(500)), seed=0)
    assert np.isnan(hidden["transition"])
    assert hidden["half"] == pytest.approx(0, abs=0.01)


def test_chains_count_from_the_first_one_and_only_where_they_were_followed():
    columns = {
        "learner": ["pretrained"] * 4 + ["scratch"],
        "step": [-10, 0, 10, 20, 20],
        "association": [0.0, 1, 2, 3, 9],
    }
    for last in (0.9, 0.6):
        course = pa.table({**columns, "learned": [0.0, 0.5, 0.6, last, 1.0], "loss": [9.0, 3, 2, 1, 0]})
        found = chains({"course": course})
        assert (found is None) == (last == 0.6)
        if found is not None:
            assert [found.steps.tolist(), found.hidden.tolist()] == [[0, 10, 20], [1, 2, 3]]
            assert [found.visible.tolist(), found.again.tolist()] == [[0.5, 0.6, 0.9], [3, 2, 1]]


def test_the_committed_evidence_from_end_to_end(tmp_path):
    findings = study.run("laptop", seeds=3, store=tmp_path, workers=1)
    rows = {row["claim"]: row for row in findings.rows}
    assert set(findings.evidence.tables) == {"curves", "leads"}
    assert rows["detector"]["seeds"] == 3
    assert check_shams(findings.rows) == []
    names = [figure.id for figure in study.figures(findings.evidence)]
    assert names == ["leads", "curves"]


def test_figures_name_the_preset_whose_evidence_was_read(tmp_path):
    evidence = study.run("smoke", 1, store=tmp_path, workers=1).evidence
    assert evidence.record["settings"]["main"] == {"preset": "laptop"}
    assert all("Read from the studies' evidence at laptop." in figure.caption for figure in study.figures(evidence))


def test_a_seed_that_nobody_measured_is_named(tmp_path):
    with pytest.raises(UsageError, match="no study has evidence of seed 999 at laptop; run one of them first"):
        measure(Lab(tmp_path), Settings(), "main", 999)
