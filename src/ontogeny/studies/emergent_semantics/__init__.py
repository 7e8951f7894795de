"""Jin & Rinard (ICML 2024): does a transformer trained on nothing but Karel programs come to hold their meaning?"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ontogeny.studies.emergent_semantics.claims import CLAIMS
from ontogeny.studies.emergent_semantics.settings import ARMS, PRESETS, Settings
from ontogeny.studies.study import Paper, SeedResult, Study

if TYPE_CHECKING:
    from ontogeny.atlas import Figure
    from ontogeny.claims import Evidence
    from ontogeny.lab.lab import Lab


def measure(lab: "Lab", settings: Settings, arm: str, seed: int) -> SeedResult:
    """One seed of one arm: train, then look at every checkpoint, inside the last one, and change what it holds."""
    from ontogeny.studies.emergent_semantics.method import measure_seed

    return measure_seed(lab, settings, seed)


def figures(evidence: "Evidence") -> "Sequence[Figure]":
    """The report's figures, from the evidence's tables."""
    from ontogeny.studies.emergent_semantics.figures import draw

    return draw(evidence)


study = Study(
    id="emergent_semantics",
    title="Emergent semantics in a model of programs",
    question=(
        "A transformer is trained to continue sequences of example grids and Karel programs, and never sees what a "
        "program does step by step. Does it come to hold the meaning of programs, when, and in which form?"
    ),
    paper=Paper(
        title="Emergent Representations of Program Semantics in Language Models Trained on Programs",
        authors="Charles Jin, Martin Rinard",
        year=2024,
        venue="ICML 2024",
        url="https://arxiv.org/abs/2305.11169",
        code="https://github.com/charlesjin/emergent-semantics",
    ),
    family="Meaning in programs, games and grammar",
    settings=PRESETS,
    arms=ARMS,
    claims=CLAIMS,
    measure=measure,
    figures=figures,
)
