"""Muon for many matrices at once, against torch's one by one and against the singular value decomposition."""

import pytest
import torch
from torch import nn

from ontogeny.training.muon import BatchedMuon, orthogonalise

SHAPES = ((6, 4), (6, 4), (4, 6), (5, 5))


def matrices(seed: int = 0) -> list[nn.Parameter]:
    source = torch.Generator().manual_seed(seed)
    return [nn.Parameter(torch.randn(shape, generator=source)) for shape in SHAPES]


def test_steps_equal_those_of_torch_up_to_its_bfloat16() -> None:
    ours, theirs = matrices(), matrices()
    one = BatchedMuon(ours, lr=0.1, momentum=0.9, weight_decay=0.2)
    other = torch.optim.Muon(theirs, lr=0.1, momentum=0.9, weight_decay=0.2)
    for step in range(3):
        for mine, yours, gradient in zip(ours, theirs, matrices(step + 1), strict=True):
            mine.grad, yours.grad = gradient.detach().clone(), gradient.detach().clone()
        one.step()
        other.step()
    for mine, yours in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, yours, atol=0.02, rtol=0)


def test_in_bfloat16_the_directions_are_nearly_the_same() -> None:
    given = torch.randn(3, 48, 32, generator=torch.Generator().manual_seed(0))
    exact, coarse = orthogonalise(given), orthogonalise(given, "bf16")
    assert coarse.dtype == torch.float32
    assert not torch.equal(exact, coarse)
    assert (exact - coarse).norm() < 0.05 * exact.norm()


@pytest.mark.parametrize("shape", [(3, 8, 5), (3, 5, 8), (1, 6, 6)])
def test_directions_keep_the_singular_vectors_and_bring_the_values_near_one(shape: tuple[int, int, int]) -> None:
    given = torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    result = orthogonalise(given)
    u, values, v = torch.linalg.svd(given, full_matrices=False)
    inside = u.mT @ result @ v.mT
    torch.testing.assert_close(inside, torch.diag_embed(inside.diagonal(dim1=1, dim2=2)), atol=1e-9, rtol=0)
    assert 0.6 < inside.diagonal(dim1=1, dim2=2).min() < inside.diagonal(dim1=1, dim2=2).max() < 1.3
    assert values.min() < values.max() / 2  # they were not near one another before


def test_a_matrix_alone_or_among_others_moves_alike_and_zeros_stay() -> None:
    given = torch.stack([matrix.detach() for matrix in matrices()[:2]] + [torch.zeros(6, 4)])
    together = orthogonalise(given)
    torch.testing.assert_close(together[:1], orthogonalise(given[:1]))
    assert torch.equal(together[2], torch.zeros(6, 4))


def test_matrices_without_a_gradient_are_left_alone() -> None:
    given = matrices()
    before = [matrix.detach().clone() for matrix in given]
    given[0].grad = torch.ones(6, 4)
    BatchedMuon(given, lr=0.1, momentum=0.9).step()
    assert [torch.equal(now, was) for now, was in zip(given, before, strict=True)] == [False, True, True, True]
