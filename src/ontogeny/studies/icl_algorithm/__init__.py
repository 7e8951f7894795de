"""Akyurek et al. (ICLR 2023): which learning algorithm a transformer runs in context, by depth and noise."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ontogeny.studies.icl_algorithm.claims import CLAIMS
from ontogeny.studies.icl_algorithm.settings import PRESETS, Settings
from ontogeny.studies.study import Paper, SeedResult, Study

if TYPE_CHECKING:
    from ontogeny.atlas import Figure
    from ontogeny.claims import Evidence
    from ontogeny.lab.lab import Lab


def measure(lab: "Lab", settings: Settings, arm: str, seed: int) -> SeedResult:
    """One seed: models by depth and noise, held against algorithms; probes; finite pools of tasks; programs."""
    from ontogeny.studies.icl_algorithm.method import measure_seed

    return measure_seed(lab, settings, seed)


def figures(evidence: "Evidence") -> "Sequence[Figure]":
    """The report's figures, from the evidence's tables."""
    from ontogeny.studies.icl_algorithm.figures import draw

    return draw(evidence)


study = Study(
    id="icl_algorithm",
    title="Which algorithm learns in context?",
    question=(
        "A transformer that has learned to regress in context predicts as some algorithm does. Which one is it, how "
        "does it change with depth and with noise, and are the algorithm's intermediate results inside?"
    ),
    paper=Paper(
        title="What Learning Algorithm Is In-Context Learning? Investigations with Linear Models",
        authors="Ekin Akyürek, Dale Schuurmans, Jacob Andreas, Tengyu Ma, Denny Zhou",
        year=2023,
        venue="ICLR 2023",
        url="https://arxiv.org/abs/2211.15661",
        code="https://github.com/ekinakyurek/google-research",
    ),
    family="Learning inside the forward pass",
    settings=PRESETS,
    claims=CLAIMS,
    measure=measure,
    figures=figures,
)
