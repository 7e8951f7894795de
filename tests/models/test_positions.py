import pytest
import torch

from ontogeny.models import Transformer
from ontogeny.models.positions import rotary_turns, rotate

CPU = torch.device("cpu")


@pytest.mark.parametrize("style", ["interleaved", "half_split"])
def test_each_pair_turns_by_its_angle(style):
    config = Transformer(width=8, heads=1, rotary_width=4, rotary_style=style)
    turned = rotate(torch.eye(8)[None, None, :1].repeat(1, 1, 3, 1), rotary_turns(config, range(3), CPU),
                    interleaved=style == "interleaved")  # fmt: skip
    partner = 1 if style == "interleaved" else 2
    for position in range(3):  # pair 0 turns by one radian a position
        expected = torch.zeros(8)
        expected[0] = torch.cos(torch.tensor(float(position)))
        expected[partner] = torch.sin(torch.tensor(float(position)))
        torch.testing.assert_close(turned[0, 0, position], expected)


@pytest.mark.parametrize("style", ["interleaved", "half_split"])
@pytest.mark.parametrize("rotary_width", [None, 4])
def test_products_depend_on_the_distance_alone_and_lengths_are_kept(style, rotary_width):
    config = Transformer(width=8, heads=1, rotary_width=rotary_width, rotary_style=style)
    query, key = torch.randn(2, 8, generator=torch.Generator().manual_seed(0)).expand(20, 2, 8).unbind(1)
    interleaved = style == "interleaved"
    turns = rotary_turns(config, range(20), CPU)
    q, k = (rotate(x[None, None], turns, interleaved=interleaved)[0, 0] for x in (query, key))
    products = q @ k.T
    torch.testing.assert_close(products[3:, 3:], products[:-3, :-3], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(q.norm(dim=1), query.norm(dim=1))


def test_turns_continue_where_the_cache_stands():
    config = Transformer()
    assert torch.equal(rotary_turns(config, range(5, 9), CPU), rotary_turns(config, range(9), CPU)[5:])
