import pytest
import torch
from torch.nn import functional

from ontogeny.models import linear as module
from ontogeny.models.activations import ACTIVATIONS
from ontogeny.models.linear import Linear, linear, twice_differentiable

ROWS, INPUT, OUTPUT = (8, 40), 96, 160


@pytest.fixture(autouse=True)
def by_onednn(monkeypatch):
    """As on a processor whose products MKL is slow at."""
    if not torch.backends.mkldnn.is_available():
        pytest.skip("this torch was built without oneDNN")
    monkeypatch.setattr(module, "_mkl_is_slow", lambda: True)


def drawn(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)))


def results(function, dtype, *, bias, sliced):
    """Output and gradients, for rows that lie one after the other or not."""
    x = drawn(ROWS[0], ROWS[1] + sliced, INPUT).to(dtype).requires_grad_()
    weight, shift = drawn(OUTPUT, INPUT).to(dtype).requires_grad_(), drawn(OUTPUT).to(dtype).requires_grad_()
    y = function(x[:, sliced:], weight, shift if bias else None)
    given = (x, weight, shift) if bias else (x, weight)
    return [y.detach(), *torch.autograd.grad(y, given, drawn(*y.shape).to(dtype))]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("sliced", [0, 3])
def test_values_and_gradients_are_as_near_to_double_precision_as_torchs_own(bias, sliced):
    assert module._by_onednn(drawn(*ROWS, INPUT), drawn(OUTPUT, INPUT))
    exact = results(functional.linear, torch.float64, bias=bias, sliced=sliced)
    for ours, own, true in zip(
        results(linear, torch.float32, bias=bias, sliced=sliced),
        results(functional.linear, torch.float32, bias=bias, sliced=sliced),
        exact,
        strict=True,
    ):
        assert ours.shape == own.shape
        assert ours.is_contiguous()
        assert (ours - true).abs().max() <= 3 * (own - true).abs().max() + 1e-6


@pytest.mark.parametrize("without_copies", [module._WITHOUT_COPIES, None])
def test_without_gradients_the_values_are_the_same(monkeypatch, without_copies):
    monkeypatch.setattr(module, "_WITHOUT_COPIES", without_copies)
    x, weight, bias = drawn(ROWS[0], ROWS[1] + 3, INPUT)[:, 3:], drawn(2 * OUTPUT, INPUT)[OUTPUT:], drawn(OUTPUT)
    with torch.no_grad():
        assert torch.equal(linear(x, weight, bias), linear(x.contiguous(), weight.contiguous(), bias))
        alone = linear(x, weight, bias)
    assert torch.equal(alone, linear(x, weight, bias))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_an_activation_on_the_way_is_as_near_to_double_precision_as_one_after_it(activation):
    x, layer = drawn(*ROWS, INPUT), Linear(INPUT, OUTPUT)
    assert layer.activated(x, activation) is None
    with torch.no_grad():
        ours, own = layer.activated(x, activation), ACTIVATIONS[activation](layer(x))
        assert (ours is None) == (activation == "gated")
        if ours is not None:
            true = ACTIVATIONS[activation](layer.double()(x.double()))
            assert (ours - true).abs().max() <= 3 * (own - true).abs().max() + 1e-6


def test_a_hook_sees_what_is_between_map_and_activation():
    x, layer, seen = drawn(*ROWS, INPUT), Linear(INPUT, OUTPUT), []
    with torch.no_grad():
        assert layer.activated(x, "gelu") is not None
        handle = layer.register_forward_hook(lambda _module, _given, value: seen.append(value))
        assert layer.activated(x, "gelu") is None
        handle.remove()
        assert layer.activated(x, "gelu") is not None


@pytest.mark.parametrize(
    ("rows", "dtype"),
    [(8, torch.float32), (0, torch.float32), (2048, torch.float64), (2048, torch.bfloat16)],
)
def test_what_is_small_or_of_another_precision_is_torchs_own(rows, dtype):
    x, weight = drawn(rows, INPUT).to(dtype), drawn(OUTPUT, INPUT).to(dtype)
    assert torch.equal(linear(x, weight), functional.linear(x, weight))


def test_autocast_is_obeyed():
    with torch.autocast("cpu", torch.bfloat16):
        assert linear(drawn(*ROWS, INPUT), drawn(OUTPUT, INPUT)).dtype == torch.bfloat16


def test_second_derivatives_are_there_where_they_are_asked_for():
    x, weight = drawn(*ROWS, INPUT), drawn(OUTPUT, INPUT).requires_grad_()
    with twice_differentiable():
        loss = linear(x, weight).square().sum() / 2
        (gradient,) = torch.autograd.grad(loss, weight, create_graph=True)
    (second,) = torch.autograd.grad(gradient.sum(), weight)
    row = x.flatten(0, 1).T @ x.flatten(0, 1)
    torch.testing.assert_close(second, row.sum(0).expand(OUTPUT, INPUT), rtol=1e-4, atol=1e-2)
    assert module._by_onednn(x, weight)
