import numpy as np
import pytest
import torch
from torch.nn.functional import gelu

from ontogeny.models import activations
from ontogeny.models.activations import gelu_new
from ontogeny.models.linear import twice_differentiable

EVERY = torch.from_numpy(np.arange(2**16, dtype=np.uint16)).view(torch.bfloat16)


@pytest.fixture(autouse=True)
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_every_number_in_bf16_has_the_bits_that_torch_gives_it():
    found, wanted = gelu_new(EVERY), gelu(EVERY, approximate="tanh")
    assert torch.equal(found.isnan(), wanted.isnan())
    assert torch.equal(found.nan_to_num(), wanted.nan_to_num())


def test_slopes_are_right_to_the_rounding_of_bf16():
    x = EVERY[EVERY.abs() < 1e6].repeat(2).requires_grad_()  # far out torch's own slope is not a number
    exact = x.detach().double().requires_grad_()
    gradient = torch.linspace(-2, 2, len(x)).bfloat16()
    (found,) = torch.autograd.grad(gelu_new(x), x, gradient)
    (wanted,) = torch.autograd.grad(gelu(exact, approximate="tanh"), exact, gradient.double())
    # Where the slope crosses 0 its own error in fp32 shows.
    torch.testing.assert_close(found.double(), wanted, rtol=2**-7, atol=2e-6)


@pytest.mark.parametrize("shape", [(300, 300), (0, 5), (7, 1)])
def test_shapes_and_layouts_are_kept(shape):
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0)).bfloat16()
    assert torch.equal(gelu_new(x.T), gelu(x, approximate="tanh").T)


def test_tables_are_left_aside_where_second_derivatives_are_asked_for():
    x = torch.randn(2**16, generator=torch.Generator().manual_seed(0)).bfloat16().requires_grad_()
    with twice_differentiable():
        (slope,) = torch.autograd.grad(gelu_new(x).sum(), x, create_graph=True)
    slope.sum().backward()
    assert x.grad.abs().sum() > 0


def test_many_threads_compute_faster_than_one_reads(monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 16)
    monkeypatch.setattr(activations, "_Tabulated", None)
    assert torch.equal(gelu_new(EVERY).nan_to_num(), gelu(EVERY, approximate="tanh").nan_to_num())
