"""Superposition: readings of weights made by hand, the committed evidence, and a run from end to end."""

import re

import numpy as np
import pyarrow as pa
import pytest
import torch

from committed import sound_evidence
from ontogeny.claims import Evidence
from ontogeny.configuration import validate
from ontogeny.models import Perceptrons
from ontogeny.studies.superposition import study
from ontogeny.studies.superposition.figures import _phases
from ontogeny.studies.superposition.quantities import phase_agreement
from ontogeny.studies.superposition.readings import computes, serves, strategy


def test_presets_are_valid():
    for settings in study.settings.values():
        assert validate(settings) == settings


@pytest.mark.parametrize(
    ("weights", "expected"), [([1.0, 0.1], 0), ([0.1, -1.0], 1), ([1.0, -0.8], 2), ([-0.9, -0.8], 3)]
)
def test_two_weights_tell_the_strategy(weights, expected):
    assert strategy(np.array(weights)) == expected


def test_a_neuron_serves_as_many_features_as_it_weighs_equally():
    weights = np.array([[[1.0, 0.0, 0.0, 0.0], [1.0, -1.0, 1.0, 1.0]], [[2.0, 2.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]])
    np.testing.assert_allclose(serves(weights), [(1 + 4) / 2, 2])


def test_a_network_of_pairs_computes_absolute_values():
    bank = Perceptrons(models=2, hidden=(5,), output="relu", biases="output").build(
        vocab=3, feature_size=3, length=1, seed=0
    )
    with torch.no_grad():
        bank.weights[0].zero_()
        bank.weights[1].zero_()
        for feature in range(2):
            for sign in (0, 1):
                bank.weights[0][0, 2 * feature + sign, feature] = 1 - 2 * sign
                bank.weights[1][0, feature, 2 * feature + sign] = 1
        bank.weights[0][0, 4, 2] = bank.weights[1][0, 2, 4] = 1
        bank.biases[-1][1] = 0.625  # the best constant computes nothing
    assert computes(bank, 3)[0].tolist() == [[True, True], [True, True], [False, True]]
    assert not computes(bank, 3)[1].any()


def test_to_name_the_commonest_strategy_is_no_agreement_with_the_phase_diagram():
    theory = [2] * 9 + [0]
    tables = {"strategy": theory, "theory": theory, "margin": [1.0] * 10}
    assert phase_agreement(pa.table(tables), seed=0)[0] == pytest.approx(1.0)
    assert phase_agreement(pa.table({**tables, "strategy": [2] * 10}), seed=0)[0] == pytest.approx(0.0)


def test_no_sham_of_the_committed_evidence_comes_out_as_reproduced():
    for evidence in sound_evidence(study):
        assert len(study.figures(evidence)) == 5


def test_the_phases_are_drawn_as_three_outcomes():
    evidence = Evidence.empty("superposition", "laptop")
    for seed, ended in enumerate(([0, 1, 2, 3], [0, 1, 2, 3], [2, 2, 0, 0])):
        columns = {"importance": [0.1, 10.0] * 2, "density": [0.9, 0.9, 0.5, 0.5], "strategy": ended, "theory": [0] * 4}
        evidence = evidence.with_seed("main", seed, [], {"phases": pa.table(columns)}, {}, claims=())
    texts = re.findall(r">([012\N{EN DASH}])</text>", _phases(evidence).svg)
    assert texts == ["2", "\N{EN DASH}", "0", "1", "0", "0", "0", "0"]


@pytest.mark.slow
def test_a_run_from_end_to_end_judges_and_draws(tmp_path):
    findings = study.run("smoke", 1, store=tmp_path, workers=1)
    rows = {row["claim"]: row for row in findings.rows}
    assert rows["superposition"]["estimate"] > 0
    assert all(row["verdict"] == "undecided" for row in findings.rows)
    assert {figure.id for figure in study.figures(findings.evidence)} == {
        "counts",
        "phases",
        "dimensions",
        "prices",
        "absolute",
    }
    assert study.run("smoke", 1, store=tmp_path, workers=1).rows == findings.rows
