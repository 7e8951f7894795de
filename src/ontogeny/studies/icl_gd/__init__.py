"""von Oswald et al. (ICML 2023): a layer of linear attention learns to make a step of gradient descent."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ontogeny.studies.icl_gd.claims import CLAIMS
from ontogeny.studies.icl_gd.settings import PRESETS, Settings
from ontogeny.studies.study import Paper, SeedResult, Study

if TYPE_CHECKING:
    from ontogeny.atlas import Figure
    from ontogeny.claims import Evidence
    from ontogeny.lab.lab import Lab


def measure(lab: "Lab", settings: Settings, arm: str, seed: int) -> SeedResult:
    """One seed: models of one and several layers on linear regression, held against gradient descent."""
    from ontogeny.studies.icl_gd.method import measure_seed

    return measure_seed(lab, settings, seed)


def figures(evidence: "Evidence") -> "Sequence[Figure]":
    """The report's figures, from the evidence's tables."""
    from ontogeny.studies.icl_gd.figures import draw

    return draw(evidence)


study = Study(
    id="icl_gd",
    title="Transformers learn in context by gradient descent",
    question=(
        "A model that is shown examples of a function never seen before predicts its next value, without any change of "
        "its weights. Does its forward pass carry out gradient descent on those examples?"
    ),
    paper=Paper(
        title="Transformers Learn In-Context by Gradient Descent",
        authors=(
            "Johannes von Oswald, Eyvind Niklasson, Ettore Randazzo, João Sacramento, Alexander Mordvintsev, "
            "Andrey Zhmoginov, Max Vladymyrov"
        ),
        year=2023,
        venue="ICML 2023",
        url="https://arxiv.org/abs/2212.07677",
        code="https://github.com/google-research/self-organising-systems",
    ),
    family="Learning inside the forward pass",
    settings=PRESETS,
    claims=CLAIMS,
    measure=measure,
    figures=figures,
)
