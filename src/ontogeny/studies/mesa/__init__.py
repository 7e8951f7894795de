"""Hubinger et al. (2019): a learned model may itself optimise, and not what it was trained for. Kernels of both."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ontogeny.studies.mesa.claims import CLAIMS
from ontogeny.studies.mesa.settings import PRESETS, Settings
from ontogeny.studies.study import Paper, SeedResult, Study

if TYPE_CHECKING:
    from ontogeny.atlas import Figure
    from ontogeny.claims import Evidence
    from ontogeny.lab.lab import Lab


def measure(lab: "Lab", settings: Settings, arm: str, seed: int) -> SeedResult:
    """One seed: forward passes read out layer by layer, and agents whose goal and marker come apart."""
    from ontogeny.studies.mesa.method import measure_seed

    return measure_seed(lab, settings, seed)


def figures(evidence: "Evidence") -> "Sequence[Figure]":
    """The report's figures, from the evidence's tables."""
    from ontogeny.studies.mesa.figures import draw

    return draw(evidence)


study = Study(
    id="mesa",
    title="Risks from learned optimisation: two kernels",
    question=(
        "Can a forward pass be an optimiser? And does an agent that does what it was trained for pursue that, or "
        "something that always went with it?"
    ),
    paper=Paper(
        title="Risks from Learned Optimization in Advanced Machine Learning Systems",
        authors="Evan Hubinger, Chris van Merwijk, Vladimir Mikulik, Joar Skalse, Scott Garrabrant",
        year=2019,
        venue="arXiv",
        url="https://arxiv.org/abs/1906.01820",
    ),
    family="Learning inside the forward pass",
    settings=PRESETS,
    claims=CLAIMS,
    measure=measure,
    figures=figures,
)
