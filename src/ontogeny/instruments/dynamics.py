"""Meters of what moves during training: mode strengths, distance from the start, the Fourier gap."""

import numpy as np
from jaxtyping import Float, Int

from ontogeny.errors import UsageError
from ontogeny.worlds.features.modes import Modes


def mode_strengths(maps: Float[np.ndarray, "*many output feature"], modes: Modes) -> Float[np.ndarray, "*many mode"]:
    """How strongly maps carry out each mode of the task: output direction^T map input direction.

    Equal to the task's own singular value once the mode is learned (Saxe, McClelland & Ganguli 2013).
    """
    return np.einsum("mo,...of,mf->...m", modes.outputs, maps, modes.inputs)


def distance_moved(
    start: Float[np.ndarray, "model ..."], now: Float[np.ndarray, "model ..."]
) -> Float[np.ndarray, " model"]:
    """Euclidean distance of each model's parameters from where they began."""
    return np.linalg.norm((now - start).reshape(len(now), -1), axis=1)


def fourier_gap(
    amplitudes: Float[np.ndarray, "model feature"], relevant: Int[np.ndarray, "model degree"]
) -> Float[np.ndarray, " model"]:
    """By how much the weakest relevant coordinate stands out from the strongest other one, relative to the strongest.

    -1 to 1: above 0 exactly where the relevant coordinates are the largest, 1 where nothing else is left. Applied to
    the size of the gradient on each input it is what makes parities learnable (the Fourier gap of Barak et al. 2022,
    here normalised); applied to how far the weights of each input have moved, it is what training has made of that.
    """
    models, features = amplitudes.shape
    if relevant.shape[1] >= features:
        raise UsageError(f"fourier_gap: expected fewer relevant coordinates than {features}, given {relevant.shape[1]}")
    chosen = np.zeros((models, features), bool)
    np.put_along_axis(chosen, relevant, True, axis=1)
    sizes = np.abs(amplitudes)
    weakest = np.where(chosen, sizes, np.inf).min(axis=1)
    strongest = np.where(chosen, 0, sizes).max(axis=1)
    largest = sizes.max(axis=1)
    return np.divide(weakest - strongest, largest, out=np.zeros(models), where=largest > 0)
