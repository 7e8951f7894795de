"""General-purpose learning in context: quantities of tables made by hand, known answers, a whole run."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from committed import sound_evidence
from ontogeny.configuration import validate
from ontogeny.models import Recurrent
from ontogeny.studies.gpicl import readings, study
from ontogeny.studies.gpicl.quantities import quantities, regimes
from ontogeny.studies.gpicl.settings import (
    OTHERS,
    PRESETS,
    learners,
    parameters,
    shape_of,
    state,
    training,
    trials,
    unseen,
    world,
)
from ontogeny.worlds import Batch

SMOKE = PRESETS["smoke"]


def test_presets_are_valid():
    for settings in study.settings.values():
        assert validate(settings) == settings
        assert list(settings.powers) == sorted(settings.powers)
        assert validate(world(settings, settings.powers[-1])).length == settings.examples
        assert {"unseen", *OTHERS} == set(unseen(settings))


def test_the_twin_has_as_many_parameters_and_less_state():
    for name in ("smoke", "laptop"):
        settings = PRESETS[name]
        tasks = world(settings, settings.powers[-1])
        found = {learner.name: learner.model for learner in learners(settings) if learner.power == settings.powers[-1]}
        large, twin = parameters(found["large"], tasks), parameters(found["twin"], tasks)
        assert twin == pytest.approx(large, rel=0.05)
        assert twin == found["twin"].parameters(**shape_of(tasks))
        assert state(found["twin"], tasks) < state(found["large"], tasks) / 5
    assert state(Recurrent(layers=2, width=7), tasks) == 2 * 2 * 7


def test_interventions_change_one_thing_each():
    small, large, permuted = trials(PRESETS["laptop"])
    assert small.learner.model == large.learner.model == permuted.learner.model
    assert small.world == large.world == replace(permuted.world, unpermuted=0.5)
    assert training(small.settings) == replace(training(large.settings), batch=16)
    assert training(large.settings) == training(permuted.settings)


def levels(model, power, test, first, last, dealt=(0.0, 0.01), null=(0.0, 0.02)):
    return [
        {"model": model, "power": power, "test": test, "shown": shown, "trained": t, "untrained": n, "shuffled": s}
        for shown, t, n, s in zip(
            (0, 1, 2), (first, 0.9, last), (null[0], 0.9, null[1]), (dealt[0], 0.9, dealt[1]), strict=True
        )
    ]


def tables():
    accuracy = [
        *levels("small", 0, "seen", 0.6, 0.6),
        *levels("small", 0, "unseen", 0.0, 0.0),
        *levels("small", 8, "seen", 0.0, 0.15),
        *levels("small", 8, "unseen", 0.0, 0.1, dealt=(0.0, 0.03)),
        *levels("large", 0, "seen", 0.9, 0.95),
        *levels("large", 0, "unseen", -0.02, 0.01),
        *levels("large", 4, "seen", 0.1, 0.8, dealt=(0.0, 0.07)),
        *levels("large", 4, "unseen", 0.0, 0.2),
        *levels("large", 8, "seen", 0.0, 0.6),
        *levels("large", 8, "unseen", 0.0, 0.6, null=(0.0, 0.04)),
        *levels("twin", 8, "unseen", 0.0, 0.25, null=(0.0, 0.1)),
        *levels("twin", 8, "seen", 0.0, 0.25),
    ]
    for number, name in enumerate(OTHERS):
        accuracy += levels("large", 8, name, 0.0, 0.1 * number, dealt=(0.0, 0.02))
    accuracy += levels("small", 4, "seen", 0.0, 0.5) + levels("small", 4, "unseen", 0.0, 0.1)
    reference = [
        {"power": power, "test": "seen", "shown": shown, "neighbour": 0.4 * shown}
        for power in (0, 4, 8)
        for shown in (0, 1, 2)
    ]
    reference += [{"power": 8, "test": "unseen", "shown": shown, "neighbour": 0.39 * shown} for shown in (0, 1, 2)]
    models = [
        {"model": name, "power": 8, "parameters": size, "state": kept}
        for name, size, kept in (("small", 10, 50), ("large", 90, 70), ("twin", 91, 60))
    ]
    models.append({"model": "large", "power": 0, "parameters": 1, "state": 1})
    interventions = [
        {"model": name, "step": step, "unseen_first": -0.01, "unseen_last": level}
        for name, found in {
            "small batch": (0.0, 0.0, 0.1),  # never at the bar: counts as step 80
            "large batch": (0.0, 0.4, 0.3),  # at step 20
            "always permuted": (0.0, 0.0, 0.4),  # at step 60
        }.items()
        for step, level in zip((0, 40, 80), found, strict=True)
    ]
    rows = {"accuracy": accuracy, "reference": reference, "models": models, "interventions": interventions}
    return {name: pa.Table.from_pylist(found) for name, found in rows.items()}


def test_quantities_are_read_from_the_tables():
    found = {(quantity.name, quantity.kind): quantity.value for quantity in quantities(tables())}
    expected = {
        "memorised": (0.9, -0.02),
        "identified": (0.5, 0.06),
        "general": (0.6, 0.01),
        "elsewhere": (0.15, 0.02),
        "larger": (0.5, -0.02),
        # 0.2 / 0.8 with 2^4 tasks, 1 with 2^8
        "transition": (4 + 4 / 3, 0.0),
        "over_twin": (0.35, -0.06),
        # levels are ordered as states; of the parameters two are in the other order
        "state_over_size": (1 - 0.5, 0.0),
        "batch_octaves": (np.log2(80 / 20), 0.0),
        "unpermuted_octaves": (np.log2(60 / 20), 0.0),
    }
    assert {name for name, _ in found} == set(expected)
    for name, (measured, sham) in expected.items():
        assert found[name, "measured"] == pytest.approx(measured), name
        assert found[name, "sham"] == pytest.approx(sham), name
    assert {claim.quantity for claim in study.claims if claim.test} == set(expected)


def test_regimes_are_told_apart():
    found = {(row["model"], row["power"]): row["regime"] for row in regimes(tables()["accuracy"]).to_pylist()}
    assert found == {
        ("small", 0): "memorising",
        ("small", 4): "identifying",
        ("small", 8): "failing",
        ("large", 0): "memorising",
        ("large", 4): "identifying",
        ("large", 8): "general",
        ("twin", 8): "general",
    }


def test_known_answers_have_the_levels_that_they_should():
    asked = unseen(SMOKE)["iris"]
    batch = asked.batch(0, 0, 2000, "test")
    assert readings.levels(lambda batch: batch.targets, batch, asked.named) == [1.0] * asked.examples
    guesses = np.zeros_like(batch.targets)
    assert np.abs(readings.levels(lambda _: guesses, batch, asked.named)).max() < 0.1
    near = readings.levels(readings.neighbour, batch, asked.named)
    assert abs(near[0]) < 0.1
    assert near[-1] > 0.6


def test_labels_dealt_anew_are_shown_and_mean_nothing():
    asked = unseen(SMOKE)["unseen"]
    batch = asked.batch(0, 0, 3000, "test")
    dealt = readings.shuffled(asked, batch, 0)
    assert isinstance(dealt, Batch)
    np.testing.assert_array_equal(np.sort(dealt.targets), np.sort(batch.targets))
    np.testing.assert_array_equal(dealt.features[:, 1:, -asked.labels :].argmax(axis=2), dealt.targets[:, :-1])
    told = replace(batch.hidden, labels=dealt.targets)
    shown = replace(dealt, hidden=told)
    assert max(readings.levels(readings.neighbour, shown, asked.named)) < 0.1
    assert readings.levels(readings.neighbour, batch, asked.named)[-1] > 0.3


def test_no_sham_of_the_committed_evidence_comes_out_as_reproduced():
    found = sound_evidence(study)
    assert found
    for evidence in found:
        assert len(study.figures(evidence)) == 7


@pytest.mark.slow
def test_a_run_from_end_to_end_judges_and_draws(tmp_path):
    findings = study.run("smoke", 1, store=tmp_path, workers=1)
    rows = {row["claim"]: row for row in findings.rows}
    assert rows["memorises"]["estimate"] > rows["memorises"]["sham_estimate"] + 0.2
    assert all(row["verdict"] == "undecided" for row in findings.rows)
    assert set(findings.evidence.tables) == {"accuracy", "course", "interventions", "models", "reference", "regimes"}
    assert len(study.figures(findings.evidence)) == 7
    assert study.run("smoke", 1, store=tmp_path, workers=1).rows == findings.rows
