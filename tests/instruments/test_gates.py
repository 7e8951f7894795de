import dataclasses

import numpy as np
import pytest
import torch

from ontogeny.errors import UsageError
from ontogeny.instruments.ablation import ablate
from ontogeny.instruments.gates import Gates, gate_gradients
from ontogeny.instruments.parts import Part, head, heads_and_mlps, logits_of, mean_loss, mlp, sequences
from ontogeny.models import Transformer
from ontogeny.worlds import IGNORE

CONFIG = Transformer(layers=2, width=16, heads=4, mlp=8, initial_scale=0.5)
MODEL = CONFIG.build(vocab=9, feature_size=0, length=10, seed=0)
BATCH = sequences(np.random.default_rng(0).integers(0, 9, (6, 10)))
PARTS = heads_and_mlps(MODEL)


def one_row(row):
    return dataclasses.replace(BATCH, tokens=BATCH.tokens[row : row + 1], targets=BATCH.targets[row : row + 1])


def gated(parts, values, batch=BATCH):
    return logits_of(MODEL, batch, Gates(parts, torch.tensor(values, dtype=torch.float32)[:, None]))


@pytest.mark.parametrize("part", [*PARTS, Part("embed"), Part("layers.0.attention.pattern", 1)], ids=str)
def test_at_1_nothing_changes_and_at_0_the_part_is_ablated(part):
    torch.testing.assert_close(gated([part], [1.0]), logits_of(MODEL, BATCH))
    torch.testing.assert_close(gated([part], [0.0]), ablate(MODEL, [part], "zero", BATCH), atol=0, rtol=0)


def test_several_gates_at_0_are_an_ablation_of_all_these_parts():
    chosen = [head(0, 1), mlp(1), head(0, 3), head(1, 0)]
    torch.testing.assert_close(gated(chosen, [0.0] * 4), ablate(MODEL, chosen, "zero", BATCH), atol=0, rtol=0)


@pytest.mark.parametrize("stand", [1.0, 0.5])
def test_gradients_are_slopes_of_the_loss_by_finite_differences(stand):
    gates = np.full(len(PARTS), stand)
    gates[4] = 0.0  # the first layer's MLP is out
    found = gate_gradients(MODEL, BATCH, PARTS, gates=gates, chunk=4)
    assert found.shape == (10,)
    for place in range(10):
        slopes = []
        for row in range(6):
            moved = [gates + step * np.eye(10)[place] for step in (0.01, -0.01)]
            above, below = (mean_loss(gated(PARTS, values, one_row(row)), one_row(row)) for values in moved)
            slopes.append(abs(above - below) / 0.02)
        assert found[place] == pytest.approx(np.mean(slopes), rel=0.02, abs=2e-4), PARTS[place]


def test_all_heads_and_mlps_have_gates_unless_parts_are_named():
    every = gate_gradients(MODEL, BATCH)
    assert every == pytest.approx(gate_gradients(MODEL, BATCH, PARTS, chunk=4), rel=1e-4)
    assert gate_gradients(MODEL, BATCH, [mlp(1), head(0, 2)]) == pytest.approx(every[[9, 2]], rel=1e-4)


def test_what_has_no_effect_has_no_importance():
    model = CONFIG.build(vocab=9, feature_size=0, length=10, seed=0)
    with torch.no_grad():
        model.layers[1].attention.output.weight[:, 8:12] = 0
        model.layers[0].mlp.output.weight.zero_()
        model.layers[0].mlp.output.bias.zero_()
    found = dict(zip(PARTS, gate_gradients(model, BATCH), strict=True))
    assert {part for part, value in found.items() if value == 0} == {head(1, 2), mlp(0)}


def test_only_targets_count():
    """What follows the last target makes no difference."""
    targets = np.where(np.arange(10) < 3, BATCH.targets, IGNORE)
    early = dataclasses.replace(BATCH, targets=targets)
    shorter = dataclasses.replace(BATCH, tokens=BATCH.tokens[:, :4], targets=targets[:, :4])
    assert gate_gradients(MODEL, early) == pytest.approx(gate_gradients(MODEL, shorter), rel=1e-4)


def test_the_model_is_left_as_it_was():
    weights = {name: value.clone() for name, value in MODEL.state_dict().items()}
    untouched = logits_of(MODEL, BATCH)
    gate_gradients(MODEL, BATCH)
    gated(PARTS, [0.5] * 10)
    assert torch.equal(logits_of(MODEL, BATCH), untouched)
    assert all(torch.equal(value, weights[name]) for name, value in MODEL.state_dict().items())
    assert all(parameter.grad is None for parameter in MODEL.parameters())


def test_wrong_requests_are_refused(unchecked):
    with pytest.raises(UsageError, match=r"attention\.heads has more than one gate"):
        Gates([head(0, 1), head(0, 1)], torch.ones(2, 1))
    with pytest.raises(UsageError, match=r"attention\.heads has more than one gate"):
        Gates([Part("layers.0.attention.heads"), head(0, 1)], torch.ones(2, 1))
    with pytest.raises(UsageError, match="given 9"):
        gate_gradients(MODEL, BATCH, [head(0, 9)])
    with pytest.raises(UsageError, match="no target"):
        gate_gradients(MODEL, dataclasses.replace(BATCH, targets=np.full_like(BATCH.targets, IGNORE)))
