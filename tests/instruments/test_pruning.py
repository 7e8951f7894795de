import numpy as np
import pytest
import torch

from ontogeny.instruments.ablation import ablate
from ontogeny.instruments.gates import gate_gradients
from ontogeny.instruments.parts import head, heads_and_mlps, logits_of, mean_loss, mlp, sequences
from ontogeny.instruments.pruning import prunable, pruning_curve, pruning_order, random_orders
from ontogeny.models import Transformer

CONFIG = Transformer(layers=2, width=16, heads=4, mlp=8, initial_scale=0.5)
MODEL = CONFIG.build(vocab=9, feature_size=0, length=10, seed=0)
BATCH = sequences(np.random.default_rng(0).integers(0, 9, (12, 10)))
PARTS = heads_and_mlps(MODEL)


def test_the_least_important_goes_first_and_importance_is_measured_anew():
    left, expected = list(PARTS), []
    gates = dict.fromkeys(PARTS, 1.0)
    while left:
        found = dict(zip(PARTS, gate_gradients(MODEL, BATCH, PARTS, gates=np.array(list(gates.values()))), strict=True))
        least = min(left, key=found.__getitem__)
        gates[least] = 0.0
        left.remove(least)
        expected.append(least)
    assert pruning_order(MODEL, BATCH, PARTS) == expected


def test_several_at_once_go_by_one_measurement():
    order = pruning_order(MODEL, BATCH, PARTS, at_once=4)
    first = np.argsort(gate_gradients(MODEL, BATCH, PARTS))
    assert order[:4] == [PARTS[place] for place in first[:4]]
    assert sorted(order, key=PARTS.index) == PARTS
    assert sorted(pruning_order(MODEL, BATCH, [mlp(0), mlp(1)], at_once=4), key=str) == [mlp(0), mlp(1)]


def test_what_does_nothing_goes_first_and_costs_nothing():
    model = CONFIG.build(vocab=9, feature_size=0, length=10, seed=0)
    with torch.no_grad():
        model.layers[1].attention.output.weight[:, 8:12] = 0
        model.layers[0].attention.output.weight[:, :4] = 0
    order = pruning_order(model, BATCH, PARTS)
    assert set(order[:2]) == {head(1, 2), head(0, 0)}
    curve = pruning_curve(model, BATCH, order)
    assert curve["loss"][2].as_py() == pytest.approx(curve["loss"][0].as_py(), abs=1e-6)


def test_a_curve_is_what_ablation_gives():
    order = random_orders(PARTS, 1, seed=0)[0]
    curve = pruning_curve(MODEL, BATCH, order, every=3, method="mean").to_pylist()
    assert [row["removed"] for row in curve] == [0, 3, 6, 9, 10]
    assert [row["share"] for row in curve] == [0, 0.3, 0.6, 0.9, 1]
    untouched = logits_of(MODEL, BATCH)
    assert curve[0]["loss"] == mean_loss(untouched, BATCH)
    assert curve[0]["accuracy"] == (untouched.argmax(2).numpy() == BATCH.targets)[BATCH.learned].mean()
    assert curve[2]["loss"] == mean_loss(ablate(MODEL, order[:6], "mean", BATCH), BATCH)
    assert torch.equal(logits_of(MODEL, BATCH), untouched)


def test_random_orders_are_functions_of_seed_and_name():
    orders = random_orders(PARTS, 5, seed=1)
    assert orders == random_orders(PARTS, 5, seed=1)
    assert orders != random_orders(PARTS, 5, seed=2)
    assert orders != random_orders(PARTS, 5, seed=1, name="another")
    assert len(set(map(tuple, orders))) == 5
    assert all(sorted(order, key=PARTS.index) == PARTS for order in orders)


def test_how_much_can_go_ends_with_the_first_loss():
    removed = np.arange(0, 12, 2)
    assert prunable(removed, np.array([0.8, 0.8, 0.77, 0.5, 0.8, 0.1])) == 4
    assert prunable(removed, np.array([0.8, 0.7, 0.8, 0.8, 0.8, 0.8])) == 0
    assert prunable(removed, np.array([0.8, 0.9, 0.8, 0.8, 0.79, 0.78])) == 10
    assert prunable(removed, np.array([0.8, 0.7, 0.6, 0.5, 0.4, 0.3]), tolerance=0.3) == 4
