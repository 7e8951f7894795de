"""Prior-fitted networks: quantities of tables made by hand, readings of exact answers, a whole run."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import torch

from committed import sound_evidence
from ontogeny.configuration import validate
from ontogeny.instruments.calibration import Barred, divergence
from ontogeny.lab import Lab
from ontogeny.studies.pfn import networks, readings, study, timing
from ontogeny.studies.pfn import tables as small_tables
from ontogeny.studies.pfn.learners import learners
from ontogeny.studies.pfn.quantities import network_quantities, process_quantities, table_quantities
from ontogeny.studies.pfn.settings import KNOWN, NETWORKS, PRESETS, UNKNOWN, model, tables_world, training, world


def test_presets_are_valid():
    for settings in study.settings.values():
        assert validate(settings) == settings
        counts = (*settings.counts, *settings.networks.counts, settings.timed)
        assert all(count <= settings.size.most for count in counts)
        assert tables_world(settings).labels == 3
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


def values(quantities):
    return {(quantity.name, quantity.kind): quantity.value for quantity in quantities}


def test_quantities_are_read_from_the_tables():
    found = values(process_quantities(tables()))
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
    assert {claim.quantity for claim in study.claims if claim.arm == "main"} == {name for name, _ in found}


def test_quantities_of_networks_are_read_from_the_tables():
    likelihoods = [
        {"examples": 3, "trained": -2.0, "untrained": -2.0, "sampling": 0.0, "variational": 0.0},
        {"examples": 5, "trained": -0.5, "untrained": -2.0, "sampling": -0.4, "variational": -0.6},
        {"examples": 9, "trained": -0.2, "untrained": -2.5, "sampling": -0.18, "variational": -0.5},
    ]
    times = [
        {"method": "forward pass", "budget": 1, "seconds": 0.002, "likelihood": -0.2},
        {"method": "prior", "budget": 1, "seconds": 0.001, "likelihood": -2.0},
        {"method": "sampling", "budget": 4, "seconds": 0.02, "likelihood": -0.4},
        {"method": "sampling", "budget": 16, "seconds": 0.08, "likelihood": -0.19},
        {"method": "sampling", "budget": 64, "seconds": 0.32, "likelihood": -0.18},
        {"method": "variational", "budget": 5, "seconds": 0.1, "likelihood": -0.6},
        {"method": "variational", "budget": 20, "seconds": 0.4, "likelihood": -0.5},
    ]
    tables = {"networks": pa.Table.from_pylist(likelihoods), "network_times": pa.Table.from_pylist(times)}
    found = values(network_quantities(tables))
    expected = {
        "network_sampling_lost": (0.1, 2.32),
        "network_variational_lost": (-0.1, 2.0),
        "network_sampling_ratio": (40.0, 0.5),
        "network_variational_ratio": (200.0, 0.5),
    }
    for name, pair in expected.items():
        assert (found[name, "measured"], found[name, "sham"]) == pytest.approx(pair), name
    assert {claim.quantity for claim in study.claims if claim.arm == "networks"} == set(expected)


def test_quantities_of_tables_are_read_beside_the_best_learner_of_all():
    def rows(table, *accuracies):
        names = ("model", "untrained", "logistic regression", "nearest neighbours", "Gaussian process", "random forest")
        return [
            {"table": table, "learner": name, "accuracy": accuracy, "likelihood": accuracy - 1, "seconds": seconds}
            for name, accuracy, seconds in zip(
                (*names, "one neighbour"), (*accuracies, 0.5), (0.002, 0.002, 0.2, 0.1, 0.1, 1.0, 0.001), strict=True
            )
        ]

    table = pa.Table.from_pylist(
        rows("iris", 0.9, 0.3, 0.9, 0.8, 0.7, 0.95)
        + rows("wine", 0.9, 0.3, 0.95, 0.8, 0.9, 0.9)
        + rows("breast_cancer", 0.9, 0.6, 0.94, 0.9, 0.9, 0.88)
        + rows("prior", 0.1, 0.1, 1.0, 1.0, 1.0, 1.0)
    )
    likely = table.set_column(3, "likelihood", pc.add(table["likelihood"], 0.05))
    found = values(table_quantities({"tables": table, "likely_learners": likely}))
    expected = {
        "table_accuracy_margin": (-0.03, -0.53),
        "table_likelihood_margin": (-0.08, -0.58),
        "table_time_ratio": (100.0, 0.5),
    }
    for name, pair in expected.items():
        assert (found[name, "measured"], found[name, "sham"]) == pytest.approx(pair), name
    assert {claim.quantity for claim in study.claims if claim.arm == "tables"} == set(expected)


def test_networks_beside_inference_are_those_of_the_prior():
    settings = PRESETS["smoke"]
    place = world(settings, NETWORKS)
    truth = place.batch(0, 0, 4).hidden
    prior = networks.prior_of(place)
    inputs = torch.from_numpy(truth.inputs).double()
    found = prior.values(torch.from_numpy(truth.parameters[:, None, :-1]), inputs)[:, 0]
    torch.testing.assert_close(found, torch.from_numpy(truth.values), atol=1e-5, rtol=0)


def test_rows_of_real_tables_are_drawn_once_and_the_learners_learn_them():
    smoke = PRESETS["smoke"]
    settings = replace(smoke, tables=replace(smoke.tables, sets=2))
    data, wanted = small_tables.real_tables("wine", settings, 0)
    assert data.inputs.shape == (2, 30, 10)
    whole = torch.cat((data.inputs, data.asked), dim=1)
    assert all(len(torch.unique(table, dim=0)) == 50 for table in whole)
    for name, learn in learners(3, 0).items():
        if name == "random forest":
            continue  # it takes as long as all others
        answers, _ = small_tables.one_by_one(learn, data)
        torch.testing.assert_close(answers.exp().sum(dim=-1), torch.ones(2, 20).double())
        assert (answers.argmax(dim=-1) == wanted).double().mean() > 0.7, name


def test_learners_are_tuned_for_what_they_are_judged_by():
    """One of six columns tells two labels apart, not for sure; the third is given once, so that most folds lack it."""
    random = np.random.default_rng(0)
    labels = random.integers(2, size=(10, 130))
    labels[:, 0] = 2
    rows = random.normal(size=(10, 130, 6))
    rows[:, :, 0] += labels
    inputs, wanted = torch.from_numpy(rows), torch.from_numpy(labels)
    for name in ("logistic regression", "nearest neighbours"):
        found = {}
        for way in ("accuracy", "likelihood"):
            answers = learners(3, 0, way)[name](inputs[:, :30], wanted[:, :30], inputs[:, 30:])
            found[way] = answers.gather(-1, wanted[:, 30:, None]).mean().item()
        assert found["likelihood"] > found["accuracy"] + 0.02, name


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
        assert len(study.figures(evidence)) == 8


@pytest.mark.slow
def test_a_run_from_end_to_end_judges_and_draws(tmp_path):
    arms = tuple(study.arms)
    findings = study.run("smoke", 1, arms=arms, store=tmp_path, workers=1)
    rows = {row["claim"]: row for row in findings.rows}
    assert rows["mimics_process"]["estimate"] < rows["mimics_process"]["sham_estimate"]
    assert rows["same_means"]["estimate"] < rows["same_means"]["sham_estimate"]
    assert all(row["verdict"] == "undecided" for row in findings.rows)
    assert rows["small_tables"]["estimate"] > rows["small_tables"]["sham_estimate"]
    assert rows["networks_prior"]["estimate"] < rows["networks_prior"]["sham_estimate"]
    assert len(findings.evidence.tables) == len(study.figures(findings.evidence)) + 2
    assert study.run("smoke", 1, arms=arms, store=tmp_path, workers=1).rows == findings.rows
