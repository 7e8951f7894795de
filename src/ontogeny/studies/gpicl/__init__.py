"""Kirsch et al. (2022): shown ever more tasks, models memorise, then identify tasks, then learn how to learn."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ontogeny.studies.gpicl.claims import CLAIMS
from ontogeny.studies.gpicl.settings import PRESETS, Settings
from ontogeny.studies.study import Paper, SeedResult, Study

if TYPE_CHECKING:
    from ontogeny.atlas import Figure
    from ontogeny.claims import Evidence
    from ontogeny.lab.lab import Lab


def measure(lab: "Lab", settings: Settings, arm: str, seed: int) -> SeedResult:
    """One seed: models of several sizes and kinds, each trained on a number of tasks, asked about tasks new to it."""
    from ontogeny.studies.gpicl.method import measure_seed

    return measure_seed(lab, settings, seed)


def figures(evidence: "Evidence") -> "Sequence[Figure]":
    """The report's figures, from the evidence's tables."""
    from ontogeny.studies.gpicl.figures import draw

    return draw(evidence)


study = Study(
    id="gpicl",
    title="General-purpose learning in context",
    question=(
        "Trained to classify from examples, a model may come to know its tasks, to recognise them, or to learn "
        "tasks and data that it has never seen. Which, for how many tasks, for which size and kind of model?"
    ),
    paper=Paper(
        title="General-Purpose In-Context Learning by Meta-Learning Transformers",
        authors="Louis Kirsch, James Harrison, Jascha Sohl-Dickstein, Luke Metz",
        year=2022,
        venue="arXiv",
        url="https://arxiv.org/abs/2212.04458",
    ),
    family="Learning inside the forward pass",
    settings=PRESETS,
    claims=CLAIMS,
    measure=measure,
    figures=figures,
)
