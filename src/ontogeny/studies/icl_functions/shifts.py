"""Prompts unlike those of training: the published shifts, for linear functions."""

from dataclasses import dataclass, replace
from typing import Any

from ontogeny.worlds import InContext, LinearFunctions

FACTORS = (1 / 3, 0.5, 1.0, 2.0, 3.0)
"""By which inputs or weights are larger than in training (Garg et al. 2022)."""
FAR = (1.0, 2.0, 4.0, 8.0, 16.0)
"""By which inputs are larger where boundary values are looked for."""
NOISE = 1 / 20**0.5
"""Standard deviation of the noise over that of the values: 1 in 20 dimensions, as published."""


@dataclass(frozen=True)
class Shift:
    """Episodes that differ from training's in one way."""

    kind: str
    """What differs: `none`, all of the `prompt`, the `query` alone, or the `scale`."""
    world: InContext


def scaled(world: InContext, factor: float) -> InContext:
    """The world with inputs so many times as large."""
    return replace(world, inputs=replace(world.inputs, scale=factor), curriculum=None)


def shifts(world: InContext) -> dict[str, Shift]:
    """All shifts of a world of linear functions, by name."""
    plain = replace(world, curriculum=None)
    features = plain.inputs.features

    def other(**changes: Any) -> InContext:
        return replace(plain, inputs=replace(plain.inputs, **changes))

    orthogonal = replace(plain, inputs=replace(plain.inputs, query="orthogonal"), examples=features)
    found = {
        "none": Shift("none", plain),
        "skewed covariance": Shift("prompt", other(skew=2.0)),
        "half the dimensions": Shift("prompt", other(subspace=max(1, features // 2))),
        "noisy values": Shift("prompt", replace(plain, noise=NOISE * features**0.5)),
        "opposite orthants": Shift("query", other(query="opposite")),
        "repeated query": Shift("query", other(query="repeated")),
        "orthogonal query": Shift("query", orthogonal),
    }
    for factor in FACTORS:
        if factor != 1:
            found[f"inputs x {factor:.2g}"] = Shift("scale", scaled(plain, factor))
            found[f"weights x {factor:.2g}"] = Shift("scale", replace(plain, functions=LinearFunctions(scale=factor)))
    return found
