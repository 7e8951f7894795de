"""The curvature of a loss: exact Hessians of small networks, and Lanczos spectra where they would not fit."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ontogeny.errors import UsageError
from ontogeny.models.linear import twice_differentiable
from ontogeny.randomness import torch_generator

LARGEST_EXACT = 5_000
"""Parameters up to which a Hessian is computed whole (200 MB in double precision)."""


def hessian(loss: Callable[[], Tensor], parameters: Sequence[Tensor]) -> Float[np.ndarray, "parameter parameter"]:
    """The matrix of second derivatives of `loss()` by all parameters, flattened in the order given."""
    count = sum(parameter.numel() for parameter in parameters)
    if count > LARGEST_EXACT:
        raise UsageError(f"hessian: {count} parameters are too many (at most {LARGEST_EXACT}); use lanczos")
    gradient = _gradient(loss, parameters)
    rows = [_product(gradient, parameters, unit) for unit in torch.eye(count, dtype=gradient.dtype)]
    matrix = torch.stack(rows).numpy().astype(np.float64)
    return (matrix + matrix.T) / 2


def lanczos(
    loss: Callable[[], Tensor], parameters: Sequence[Tensor], steps: int, *, seed: int = 0
) -> tuple[Float[np.ndarray, " ritz"], Float[np.ndarray, " ritz"]]:
    """Ritz values of the Hessian, ascending, and their weights, from `steps` Hessian-vector products.

    The extreme ones approach the Hessian's extreme eigenvalues; together they are a quadrature of its spectral density
    as one random vector sees it (Golub & Meurant 1994). Every new vector is orthogonalised against all before it.
    """
    gradient = _gradient(loss, parameters)
    count = len(gradient)
    if not 1 <= steps <= count:
        raise UsageError(f"lanczos: expected 1 to {count} steps for {count} parameters, given {steps}")
    vector = torch.randn(count, generator=torch_generator("lanczos", seed)).to(gradient)
    basis, diagonal, beside = [vector / vector.norm()], [], []
    while True:
        image = _product(gradient, parameters, basis[-1])
        diagonal.append(float(image @ basis[-1]))
        known = torch.stack(basis)
        for _ in range(2):  # twice is enough (Kahan)
            image = image - known.T @ (known @ image)
        size = float(image.norm())
        if len(basis) == steps or size < 1e-6 * max(map(abs, diagonal)):
            break
        beside.append(size)
        basis.append(image / size)
    values, vectors = np.linalg.eigh(np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1))
    return values, vectors[0] ** 2


def _gradient(loss: Callable[[], Tensor], parameters: Sequence[Tensor]) -> Tensor:
    with twice_differentiable():
        grads = torch.autograd.grad(loss(), parameters, create_graph=True)
    return torch.cat([grad.flatten() for grad in grads])


def _product(gradient: Tensor, parameters: Sequence[Tensor], vector: Tensor) -> Tensor:
    """Hessian times vector, by differentiating their gradient's product with it."""
    parts = torch.autograd.grad(gradient @ vector, parameters, retain_graph=True, materialize_grads=True)
    return torch.cat([part.detach().flatten() for part in parts])
