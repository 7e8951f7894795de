"""Elhage et al. (2022): toy models hold more features than they have dimensions, when features are sparse."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ontogeny.studies.study import Paper, SeedResult, Study
from ontogeny.studies.superposition.claims import CLAIMS
from ontogeny.studies.superposition.settings import PRESETS, Settings

if TYPE_CHECKING:
    from ontogeny.atlas import Figure
    from ontogeny.claims import Evidence
    from ontogeny.lab.lab import Lab


def measure(lab: "Lab", settings: Settings, arm: str, seed: int) -> SeedResult:
    """One seed: toy models over sparsity, the phase diagram, the geometry of many features, absolute values."""
    from ontogeny.studies.superposition.method import measure_seed

    return measure_seed(lab, settings, seed)


def figures(evidence: "Evidence") -> "Sequence[Figure]":
    """The report's figures, from the evidence's tables."""
    from ontogeny.studies.superposition.figures import draw

    return draw(evidence)


study = Study(
    id="superposition",
    title="Toy models of superposition",
    question=(
        "A narrow layer has to pass on more features than it has dimensions. When does it drop some, when does it keep "
        "them in superposition, and what does that cost?"
    ),
    paper=Paper(
        title="Toy Models of Superposition",
        authors="Nelson Elhage, Tristan Hume, Catherine Olsson, Nicholas Schiefer, et al.",
        year=2022,
        venue="Transformer Circuits Thread",
        url="https://arxiv.org/abs/2209.10652",
        code="https://github.com/anthropics/toy-models-of-superposition",
    ),
    family="Structure inside",
    settings=PRESETS,
    claims=CLAIMS,
    measure=measure,
    figures=figures,
)
