"""Garg et al. (NeurIPS 2022): transformers learn classes of functions in context, as well as learners made for them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ontogeny.studies.icl_functions.claims import CLAIMS
from ontogeny.studies.icl_functions.settings import PRESETS, Settings
from ontogeny.studies.study import Paper, SeedResult, Study

if TYPE_CHECKING:
    from ontogeny.atlas import Figure
    from ontogeny.claims import Evidence
    from ontogeny.lab.lab import Lab


def measure(lab: "Lab", settings: Settings, arm: str, seed: int) -> SeedResult:
    """One seed: a model a class of functions, held against learners for that class and under shifts."""
    from ontogeny.studies.icl_functions.method import measure_seed

    return measure_seed(lab, settings, seed)


def figures(evidence: "Evidence") -> "Sequence[Figure]":
    """The report's figures, from the evidence's tables."""
    from ontogeny.studies.icl_functions.figures import draw

    return draw(evidence)


study = Study(
    id="icl_functions",
    title="What transformers can learn in context",
    question=(
        "Trained on many functions of one class, can a model learn a new one from examples inside its input alone, "
        "as well as a learner that was made for the class?"
    ),
    paper=Paper(
        title="What Can Transformers Learn In-Context? A Case Study of Simple Function Classes",
        authors="Shivam Garg, Dimitris Tsipras, Percy Liang, Gregory Valiant",
        year=2022,
        venue="NeurIPS 2022",
        url="https://arxiv.org/abs/2208.01066",
        code="https://github.com/dtsip/in-context-learning",
    ),
    family="Learning inside the forward pass",
    settings=PRESETS,
    claims=CLAIMS,
    measure=measure,
    figures=figures,
)
