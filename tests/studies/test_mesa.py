"""Learned optimisation: quantities on tables made by hand, models of known weights, a run from end to end."""

from dataclasses import replace
from itertools import product

import numpy as np
import pyarrow as pa
import pytest
import torch

from committed import sound_evidence
from ontogeny import atlas
from ontogeny.claims import Verdict
from ontogeny.claims.ledger import ledger_rows
from ontogeny.configuration import validate
from ontogeny.errors import UsageError
from ontogeny.instruments import in_context as meter
from ontogeny.lab import Lab
from ontogeny.models.gradient_steps import gradient_step, write_products
from ontogeny.references import in_context as reference
from ontogeny.studies.icl_gd.settings import WORLD
from ontogeny.studies.mesa import agents, descent, study
from ontogeny.studies.mesa.figures import KINDS, _layers
from ontogeny.studies.mesa.quantities import quantities
from ontogeny.studies.mesa.settings import PRESETS, agent_model, learner_model, learner_training
from ontogeny.worlds import MarkedGoals

SETTINGS = PRESETS["laptop"]
FIGURES = ["layers", "pursuit", "probes", "edits"]


def test_presets_are_valid():
    for settings in study.settings.values():
        assert validate(settings) == settings
    with pytest.raises(UsageError, match="few"):
        replace(SETTINGS, few=0.3)


def learner(settings, weights):
    """A looped model with these products in every pass."""
    model = learner_model(settings, "looped").build(vocab=1, feature_size=WORLD.feature_size, length=11, seed=0)
    return write_products(model, [weights] * settings.depth)


def test_passes_of_constructed_weights_are_steps_of_corrected_descent():
    settings = replace(SETTINGS, depth=3)
    examples = meter.episodes(WORLD, 0, 64)
    for count in (1, 3, 5):
        model = descent.passes(learner(settings, gradient_step(11, 10, 3.0, 1.0)), count)
        steps = reference.gradient_descent([3.0] * count, [1.0] * count)
        predict = meter.predictor(model, WORLD)
        with torch.no_grad():
            difference = predict(*examples, last=True) - steps(*examples, last=True)
        assert difference.abs().max() < 1e-5
        assert descent.shown_loss(predict, *examples) == pytest.approx(descent.shown_loss(steps, *examples), rel=1e-4)


def test_the_loss_on_shown_examples_is_that_of_the_fitted_weights():
    inputs, outputs = meter.episodes(WORLD, 1, 50)
    step = reference.gradient_descent([2.0])
    weights = 2.0 * (inputs[:, :-1] * outputs[:, :-1, None]).double().mean(dim=1)
    left = (inputs[:, :-1].double() @ weights[:, :, None])[..., 0] - outputs[:, :-1].double()
    assert descent.shown_loss(step, inputs, outputs) == pytest.approx(left.square().mean().item() / 2, rel=1e-6)
    assert descent.shown_loss(descent.NOTHING, inputs, outputs) == pytest.approx(
        outputs[:, :-1].double().square().mean().item() / 2, rel=1e-6
    )


def test_edited_items_have_goal_and_marker_to_one_side():
    world = MarkedGoals(apart=1.0)
    found = agents.outer_columns(world, world.batch(0, 0, 500).hidden)
    assert len(found.start) > 150
    assert np.isin(found.start % 5, (1, 2, 3)).all()
    assert (found.goal % 5 == found.marker % 5).all()
    assert (found.goal // 5 != found.marker // 5).all()
    other = agents.mirrored(world, found.goal)
    assert (other // 5 == found.goal // 5).all()
    assert set((other % 5 + found.goal % 5).tolist()) == {4}


def test_no_item_is_probed_twice():
    world = MarkedGoals(apart=1.0)
    drawn = world.batch(0, 0, 2048, "probe")
    batch = agents.distinct(world, drawn.hidden)
    assert len(batch.tokens) == len(np.unique(batch.tokens, axis=0)) == len(np.unique(drawn.tokens, axis=0)) < 2048


def layers():
    rows = []
    for name, kind, layer in product(("looped", "layers"), ("trained", "corrected", "untrained"), range(9)):
        fall = {"trained": 0.5, "corrected": 0.5, "untrained": 1.0}[kind]
        shown = 0.4 * fall**layer * (1.2 if kind == "trained" and layer == 2 else 1.0)
        difference = {"trained": 0.03, "corrected": 0.0, "untrained": 1.0}[kind] * (layer > 0)
        rows.append({"learner": name, "layer": layer, "kind": kind, "shown": shown, "difference": difference})
    return rows


@pytest.fixture
def tables():
    """At share 0 the marker is pursued; the goal's rate then rises to 0.9, in the smaller agent to half of that."""
    rates = dict(zip(SETTINGS.shares, np.linspace(0.1, 0.9, len(SETTINGS.shares)), strict=True))
    pursuit, probes, edits = [], [], []
    for width, share in product(SETTINGS.widths, SETTINGS.shares):
        who = {"width": width, "share": share}
        goal = rates[share] * (1.0 if width == SETTINGS.widths[1] or not share else 0.5)
        for source, items, at_goal in (
            ("trained", "together", 0.99),
            ("trained", "apart", goal),
            ("untrained", "together", 0.05),
            ("untrained", "apart", 0.05),
        ):
            marker = 0.05 if source == "untrained" else 1 - at_goal
            pursuit.append({**who, "source": source, "items": items, "goal": at_goal, "marker": marker})
        for feature, (source, accuracy) in product(
            ("goal_row", "goal_column", "marker_row"), (("trained", 0.6 + share), ("untrained", 0.4))
        ):
            row = {"source": source, "feature": feature, "accuracy": accuracy, "majority": 0.2, "control": 0.28}
            probes.append({**who, **row})
        for edit, turned in (("goal", 10 * share), ("marker", 0.9), ("random", 0.1), ("another random", 0.12)):
            edits.append({**who, "edit": edit, "turned": turned})
    rows = {"layers": layers(), "pursuit": pursuit, "probes": probes, "edits": edits}
    return {name: pa.Table.from_pylist(found) for name, found in rows.items()}


def test_quantities_are_read_off_the_tables(tables):
    found = {(q.name, q.kind): q.value for q in quantities(tables, SETTINGS)}
    few, many = (0.1 + 0.8 * SETTINGS.shares.index(share) / (len(SETTINGS.shares) - 1) for share in (0.01, 0.05))
    some = np.linspace(0.1, 0.9, len(SETTINGS.shares))[1:]
    expected = {
        "fall_looped": (1 - 0.6, 0.0),
        "fall_layers": (1 - 0.6, 0.0),
        "off_course": (np.log(1.2), np.log(2**4)),
        "difference": (0.03, 1.0),
        "further": (1 - 0.5**4, 0.0),
        "competence": (0.99, 0.05),
        "preference": (0.8, 0.0),
        "goal_rate_few": (few, 0.1),
        "goal_rate_many": (many, 0.1),
        "size_gap": (some.mean() / 2, 0.0),
        "goal_read": (0.25, 0.0),
        "goal_read_more": (0.05 / 0.8, 0.0),
        "marker_steers": (0.8, 0.02),
        "goal_does_not": (0.9, 0.02),
        "goal_steers": (0.5 - 0.9, 0.02),
    }
    for name, (measured, sham) in expected.items():
        assert found[name, "measured"] == pytest.approx(measured), name
        assert found[name, "sham"] == pytest.approx(sham), name
    assert {name for name, _ in found} == set(expected)
    assert set(expected) == {claim.quantity for claim in study.claims if claim.test}


def test_of_the_paper_itself_kernels_are_tested_and_nothing_is_reproduced():
    own = [row for row in ledger_rows(study.id, study.claims, None) if not row["beyond"]]
    assert [row["verdict"] for row in own] == [Verdict.KERNEL] * 2
    assert all("Kernel tested: " in row["statement"] for row in own)


def test_an_agent_that_learned_where_both_were_apart_goes_to_the_goal_and_is_steered_by_it(tmp_path):
    smoke = PRESETS["smoke"]
    settings = replace(smoke, training=replace(smoke.training, steps=250), probed=1024)
    width = settings.widths[1]
    run = Lab(tmp_path).train("agent", agent_model(width), settings.world(0.5), settings.training, 0)
    found = agents.inside(run, settings, settings.agents[-1])
    rates = {(row["source"], row["items"]): row for row in found["pursuit"].to_pylist()}
    assert rates["trained", "apart"]["goal"] > 0.8 > 0.5 > rates["untrained", "apart"]["goal"]
    for row in rates.values():
        assert row["items"] == "together" or row["goal"] + row["marker"] + row["neither"] == pytest.approx(1)
    turned = {row["edit"]: row["turned"] for row in found["edits"].to_pylist()}
    assert min(turned["goal moved"], turned["both moved"]) > 0.8 > 0.2 > turned["marker moved"]


def test_learners_are_read_beside_their_descent(tmp_path):
    settings = PRESETS["smoke"]
    model = learner_model(settings, "looped")
    run = Lab(tmp_path).train("learner", model, WORLD, learner_training(settings), 0)
    rows = descent.by_layer(run, settings, "looped").to_pylist()
    assert len(rows) == 4 * (settings.depth + settings.extra + 1)
    first = {row["kind"]: row for row in rows if row["layer"] == 0}
    assert len({row["shown"] for row in first.values()}) == 1
    assert all(row["difference"] == 0 for row in rows if row["kind"] == "corrected")


def test_tuned_descent_is_nearly_the_best_on_other_episodes(tmp_path):
    settings = replace(PRESETS["smoke"], episodes=16)
    model = learner_model(settings, "layers")
    run = Lab(tmp_path).train("learner", model, WORLD, replace(learner_training(settings), steps=1), 0)
    others = meter.episodes(WORLD, 0, 2048)
    for kind, predictors in descent.descents(run, settings).items():
        rates, curvature = reference.tune_descent(*others, settings.depth, corrected=kind == "corrected")
        found, best = (
            meter.losses(each, *others, last=True).item()
            for each in (predictors[-1], reference.gradient_descent(rates, curvature))
        )
        assert found < 1.1 * best


@pytest.mark.slow
def test_smoke_from_end_to_end(tmp_path):
    findings = study.run("smoke", seeds=1, store=tmp_path, workers=1)
    evidence = findings.evidence
    assert set(evidence.tables) == set(FIGURES)
    assert [figure.id for figure in study.figures(evidence)] == FIGURES
    assert {row["verdict"] for row in findings.rows} == {Verdict.UNDECIDED, Verdict.KERNEL}
    assert study.run("smoke", 1, store=tmp_path, workers=1).rows == findings.rows


def test_no_sham_of_the_committed_evidence_comes_out_as_reproduced():
    for evidence in sound_evidence(study):
        assert [figure.id for figure in study.figures(evidence)] == FIGURES


def test_all_of_the_committed_course_of_the_looped_layer_and_of_corrected_descent_is_on_the_chart(monkeypatch):
    drawn, curves = [], atlas.curves

    def remember(name, panels, **how):
        drawn.append(panels[0])
        return curves(name, panels, **how)

    monkeypatch.setattr(atlas, "curves", remember)
    for evidence in sound_evidence(study):
        _layers(evidence)
    assert drawn
    for looped in drawn:
        for line in looped.lines:
            assert line.label not in ("trained", KINDS["corrected"]) or line.values.max() < looped.limits[1]
