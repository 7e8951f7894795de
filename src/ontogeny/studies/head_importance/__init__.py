"""Bansal et al. (2022): which heads and MLPs learning in context needs, in one model that does many tasks."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ontogeny.studies.head_importance.claims import CLAIMS
from ontogeny.studies.head_importance.settings import PRESETS, Settings
from ontogeny.studies.study import Paper, SeedResult, Study

if TYPE_CHECKING:
    from ontogeny.atlas import Figure
    from ontogeny.claims import Evidence
    from ontogeny.lab.lab import Lab


def measure(lab: "Lab", settings: Settings, arm: str, seed: int) -> SeedResult:
    """One seed: a model of all tasks, the importance of its parts for each, and how many of them can go."""
    from ontogeny.studies.head_importance.method import measure_seed

    return measure_seed(lab, settings, seed)


def figures(evidence: "Evidence") -> "Sequence[Figure]":
    """The report's figures, from the evidence's tables."""
    from ontogeny.studies.head_importance.figures import draw

    return draw(evidence)


study = Study(
    id="head_importance",
    title="The heads that tasks share",
    question=(
        "A transformer does many tasks by what it reads in its context. How many of its heads and MLPs does each task "
        "need, are they the same ones from task to task, and are induction heads among them?"
    ),
    paper=Paper(
        title=(
            "Rethinking the Role of Scale for In-Context Learning: An Interpretability-based Case Study at 66 Billion "
            "Scale"
        ),
        authors="Hritik Bansal, Karthik Gopalakrishnan, Saket Dingliwal, Sravan Bodapati, Katrin Kirchhoff, Dan Roth",
        year=2022,
        venue="ACL 2023",
        url="https://arxiv.org/abs/2212.09095",
        code="https://github.com/amazon-science/llm-interpret",
    ),
    family="Heads and features",
    settings=PRESETS,
    claims=CLAIMS,
    measure=measure,
    figures=figures,
)
