"""Which parameters go to which optimiser, and that their state comes back whole."""

import pytest
import torch
from torch import nn
from training_toys import Copying, Mixer

from ontogeny.errors import DamagedFileError, UsageError
from ontogeny.training import AdamW, Muon, Run, Training
from ontogeny.training.optimisers import Optimisers


def network(seed: int = 0) -> nn.Module:
    return Run(Mixer(), Copying(), Training(steps=1), seed).build()


def give_gradients(model: nn.Module, seed: int) -> None:
    source = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=source)


def test_muon_takes_the_matrices_of_the_layers_and_adamw_the_rest() -> None:
    model = network()
    optimisers = Optimisers(model, Muon())
    give_gradients(model, 0)
    optimisers.step(1.0)
    by_key = {
        key: {name.partition("/")[0] for name in optimisers.state() if name.endswith(key)}
        for key in ("/momentum_buffer", "/exp_avg")
    }
    assert by_key["/momentum_buffer"] == {"layers.0.weight", "layers.1.weight"}
    assert by_key["/exp_avg"] == {name for name, _ in model.named_parameters()} - by_key["/momentum_buffer"]


def test_muon_needs_layers() -> None:
    with pytest.raises(UsageError, match="choose adamw"):
        Optimisers(nn.Linear(3, 3), Muon())


def test_one_step_of_adamw_against_its_formula() -> None:
    model = nn.Linear(3, 2)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    give_gradients(model, 0)
    gradients = {name: parameter.grad.clone() for name, parameter in model.named_parameters()}
    rate = Optimisers(model, AdamW(lr=0.1, weight_decay=0.5, eps=1e-8)).step(0.5)
    assert rate == 0.05
    for name, decay in (("weight", 0.5), ("bias", 0.0)):  # biases are not decayed
        step = gradients[name] / (gradients[name].abs() + 1e-8)  # the first step of Adam, moments corrected
        expected = before[name] * (1 - 0.05 * decay) - 0.05 * step
        torch.testing.assert_close(model.state_dict()[name], expected)


def test_one_step_of_muon_moves_a_matrix_along_an_almost_orthogonal_direction() -> None:
    model = network()
    before = model.layers[0].weight.detach().clone()
    give_gradients(model, 0)
    Optimisers(model, Muon(lr=0.1)).step(1.0)
    singular = torch.linalg.svdvals((before - model.layers[0].weight.detach()) / 0.1)
    assert 0.5 < singular.min() < singular.max() < 1.5


def test_muon_orthogonalises_in_the_precision_of_the_run() -> None:
    models = [network(), network()]
    for model, precision in zip(models, ("fp32", "bf16"), strict=True):
        give_gradients(model, 0)
        Optimisers(model, Muon(), precision).step(1.0)
    exact, coarse = (model.layers[0].weight.detach() for model in models)
    assert not torch.equal(exact, coarse)
    torch.testing.assert_close(exact, coarse, atol=2e-3, rtol=0)


@pytest.mark.parametrize("settings", [AdamW(), Muon()])
def test_restored_state_continues_to_the_same_bits(settings: AdamW | Muon) -> None:
    models = [network(), network()]
    optimisers = [Optimisers(model, settings) for model in models]
    for model, optimiser in zip(models, optimisers, strict=True):
        for step in range(3):
            give_gradients(model, step)
            optimiser.step(0.5)
    fresh = Optimisers(models[1], settings)
    fresh.restore({name: value.clone() for name, value in optimisers[1].state().items()})
    for model, optimiser in ((models[0], optimisers[0]), (models[1], fresh)):
        give_gradients(model, 99)
        optimiser.step(0.7)
    for one, other in zip(models[0].parameters(), models[1].parameters(), strict=True):
        assert torch.equal(one, other)


def test_state_of_another_shape_is_refused() -> None:
    with pytest.raises(DamagedFileError, match=r"position.*another shape"):
        Optimisers(network(), AdamW()).restore({"position/exp_avg": torch.zeros(2, 2)})
