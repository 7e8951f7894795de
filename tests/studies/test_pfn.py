"""Prior-fitted networks: quantities of tables made by hand, readings of exact answers, a whole run."""

from dataclasses import replace

import pyarrow as pa
import pytest
import torch

from committed import sound_evidence
from ontogeny.configuration import validate
from ontogeny.instruments.calibration import Barred, divergence
from ontogeny.lab import Lab
from ontogeny.studies.pfn import readings, study, timing
from ontogeny.studies.pfn.quantities import quantities
from ontogeny.studies.pfn.settings import KNOWN, PRESETS, UNKNOWN, model, training, world


def test_presets_are_valid():
    for settings in study.settings.values():
        assert validate(settings) == settings
        assert all(count <= settings.size.most for count in (*settings.counts, settings.timed))
        assert world(settings, UNKNOWN).length == settings.size.most + settings.size.asked


def tables():
    rows = {
        "known": [
            {"examples": n, "trained": d, "untrained": 1.0, **means, "mean_square": 0.5}
            for n, d, means in (
                (3, 0.9, {"mean_difference_trained": 0.3, "mean_difference_untrained": 0.5}),
                (5, 0.03, {"mean_difference_trained": 0.01, "mean_difference_untrained": 0.5}),
                (9, 0.04, {"mean_difference_trained": 0.03, "mean_difference_untrained": 0.7}),
            )
        ],
        "coverage": [
            {"level": 0.4, "trained": 0.41, "exact": 0.4, "shuffled": 0.2},
            {"level": 0.8, "trained": 0.77, "exact": 0.8, "shuffled": 0.5},
        ],
        "unknown": [
            {"examples": 2, "trained": 0.5, "untrained": 0.5, "medians": 0.5, "known": 0.5},
            {"examples": 5, "trained": 0.04, "untrained": 0.6, "medians": 0.1, "known": 0.2},
            {"examples": 9, "trained": 0.02, "untrained": 0.9, "medians": 0.3, "known": 0.4},
        ],
        "times": [
            {"method": "forward pass", "budget": 1, "seconds": 0.002, "divergence": 0.03},
            {"method": "medians", "budget": 1, "seconds": 0.001, "divergence": 0.2},
            {"method": "most probable", "budget": 1, "seconds": 0.02, "divergence": 0.05},
            {"method": "sampling", "budget": 4, "seconds": 0.01, "divergence": 0.1},
            {"method": "sampling", "budget": 16, "seconds": 0.04, "divergence": 0.03},
            {"method": "sampling", "budget": 64, "seconds": 0.16, "divergence": 0.01},
            {"method": "grid", "budget": 3, "seconds": 0.001, "divergence": 0.1},
        ],
    }
    return {name: pa.Table.from_pylist(found) for name, found in rows.items()}


def test_quantities_are_read_from_the_tables():
    found = {(quantity.name, quantity.kind): quantity.value for quantity in quantities(tables())}
    expected = {
        "exact_divergence": (0.04, 1.0),
        "mean_difference": (0.04, 1.2),
        "calibration_error": (0.02, 0.25),
        "hyperprior_divergence": (0.04, 0.9),
        "kernel_share": (0.15, 1.5),
        "optimising_ratio": (10.0, 0.5),
        "sampling_ratio": (20.0, 0.5),
        "grid_ratio": (float("nan"), 80.0),
    }
    for name, (measured, sham) in expected.items():
        assert found[name, "measured"] == pytest.approx(measured, nan_ok=True), name
        assert found[name, "sham"] == pytest.approx(sham), name
    assert {claim.quantity for claim in study.claims if claim.test} == {name for name, _ in found}


@pytest.fixture
def untrained(tmp_path):
    settings = replace(PRESETS["smoke"], steps=1, checkpoints=1, tested=64)
    size, place = settings, world(settings, KNOWN)
    return Lab(tmp_path).train("prior_data", model(size), place, training(size), 0), settings


def test_exact_answers_are_read_as_exact(untrained, monkeypatch):
    run, settings = untrained

    class Exact:
        """The best that bars can say."""

        def __init__(self, fitted):
            self._fitted = fitted

        def __call__(self, *data):
            bars, exact = self._fitted(*data).bars, readings.median_process(KNOWN, readings.Data(*data))
            return Barred(bars, bars.masses(exact.mean, exact.deviation).clamp(min=1e-300).log())

    exact = Exact(readings.trained(run))
    monkeypatch.setattr(readings, "trained", lambda run: exact)
    for row in readings.by_examples(run, settings):
        assert row["trained"] == pytest.approx(row["floor"])
        assert row["floor"] < row["untrained"]
        assert row["mean_difference_trained"] < 0.02 * row["mean_difference_untrained"]
    for row in readings.coverages(run, settings):
        assert row["trained"] == pytest.approx(row["exact"], abs=0.05)
        assert row["shuffled"] < row["exact"] - 0.02
    seen = [row for row in readings.picture(run) if row["kind"] == "example"]
    assert len(seen) == 6


def test_inference_one_by_one_is_inference_at_once(untrained):
    run, _ = untrained
    data, _ = readings.held_out(run, 5, 3)
    prior = readings.hyperprior(UNKNOWN)
    whole = timing.quadrature(prior, *data, nodes=5)
    parts = readings.one_by_one(lambda *given: timing.quadrature(*given, nodes=5), prior, data)
    assert divergence(whole, parts).abs().max() < 1e-9
    torch.testing.assert_close(readings.median_process(UNKNOWN, data).mean, readings.median_process(KNOWN, data).mean)


def test_no_sham_of_the_committed_evidence_comes_out_as_reproduced():
    for evidence in sound_evidence(study):
        assert len(study.figures(evidence)) == 5


@pytest.mark.slow
def test_a_run_from_end_to_end_judges_and_draws(tmp_path):
    findings = study.run("smoke", 1, store=tmp_path, workers=1)
    rows = {row["claim"]: row for row in findings.rows}
    assert rows["mimics_process"]["estimate"] < rows["mimics_process"]["sham_estimate"]
    assert rows["same_means"]["estimate"] < rows["same_means"]["sham_estimate"]
    assert all(row["verdict"] == "undecided" for row in findings.rows)
    assert len(findings.evidence.tables) == len(study.figures(findings.evidence)) + 1
    assert study.run("smoke", 1, store=tmp_path, workers=1).rows == findings.rows
