import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from ontogeny.models.blockwise import BLOCK, attend_blockwise
from ontogeny.models.mask import Mask

LENGTH = 2 * BLOCK + 22
MASKS = {
    "causal": (range(LENGTH), 0, False, 0),
    "causal, last queries": (range(LENGTH), 0, False, BLOCK - 3),
    "prefix within a block": (range(LENGTH), BLOCK // 2, False, 0),
    "prefix over blocks": (range(LENGTH), BLOCK + 7, False, 5),
    "prompt alone": (range(LENGTH), 40, True, 0),
    "continued": (range(30, LENGTH), 0, False, 0),
    "one more": (range(LENGTH - 1, LENGTH), 0, False, 0),
}


def case(name, dtype):
    queries, prompt, given, first = MASKS[name]
    random = torch.Generator().manual_seed(0)
    asked = len(queries) - first
    query, key, value = (
        torch.randn(2, 3, size, 8, generator=random, dtype=torch.float64).to(dtype).requires_grad_()
        for size in (asked, queries.stop, queries.stop)
    )
    return (query, key, value), Mask(queries, prompt, torch.device("cpu"), given=given), first


def exact(parts, mask, first):
    """The same by torch, in float64."""
    query, key, value = (part.double() for part in parts)
    return scaled_dot_product_attention(query, key, value, attn_mask=~mask.hidden[first:])


@pytest.mark.parametrize("name", MASKS)
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 3e-6), (torch.bfloat16, 4e-2)])
def test_values_and_gradients_are_those_of_attention_in_float64(name, dtype, tolerance):
    parts, mask, first = case(name, dtype)
    found, wanted = attend_blockwise(*parts, mask, first), exact(parts, mask, first)
    assert found.dtype == dtype
    torch.testing.assert_close(found.double(), wanted, atol=tolerance, rtol=tolerance)
    to_heads = torch.randn(wanted.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    gradients = torch.autograd.grad(found, parts, to_heads.to(dtype))
    for gradient, other in zip(gradients, torch.autograd.grad(wanted, parts, to_heads), strict=True):
        torch.testing.assert_close(gradient.double(), other.double(), atol=2 * tolerance, rtol=2 * tolerance)


@pytest.mark.parametrize("name", MASKS)
def test_without_gradients_the_bits_are_the_same(name):
    parts, mask, first = case(name, torch.float32)
    with torch.no_grad():
        without = attend_blockwise(*parts, mask, first)
    assert torch.equal(without, attend_blockwise(*parts, mask, first).detach())


def test_autocast_changes_nothing_inside():
    parts, mask, first = case("causal", torch.bfloat16)
    plain = attend_blockwise(*parts, mask, first)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(attend_blockwise(*parts, mask, first), plain)


def test_a_second_derivative_is_refused_rather_than_wrong():
    parts, mask, first = case("causal", torch.float32)
    (gradient,) = torch.autograd.grad(attend_blockwise(*parts, mask, first).square().sum(), parts[0], create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()
