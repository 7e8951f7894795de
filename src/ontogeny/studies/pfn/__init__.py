"""Mueller et al. (ICLR 2022): trained on data sets of a prior, a transformer gives the posterior predictive at once."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ontogeny.studies.pfn.claims import CLAIMS
from ontogeny.studies.pfn.settings import ARMS, PRESETS, Settings
from ontogeny.studies.study import Paper, SeedResult, Study

if TYPE_CHECKING:
    from ontogeny.atlas import Figure
    from ontogeny.claims import Evidence
    from ontogeny.lab.lab import Lab


def measure(lab: "Lab", settings: Settings, arm: str, seed: int) -> SeedResult:
    """One seed: models of the arm's prior, held against exact and approximate inference or the usual learners."""
    from ontogeny.studies.pfn.method import measure_seed

    return measure_seed(lab, settings, seed)


def figures(evidence: "Evidence") -> "Sequence[Figure]":
    """The report's figures, from the evidence's tables."""
    from ontogeny.studies.pfn.figures import draw

    return draw(evidence)


study = Study(
    id="pfn",
    title="Transformers can do Bayesian inference",
    question=(
        "A transformer is trained on nothing but data sets drawn from a prior. Does one forward pass over a new one "
        "then give what Bayes' rule would, and how much faster than the usual ways of inference?"
    ),
    paper=Paper(
        title="Transformers Can Do Bayesian Inference",
        authors="Samuel Müller, Noah Hollmann, Sebastian Pineda Arango, Josif Grabocka, Frank Hutter",
        year=2022,
        venue="ICLR 2022",
        url="https://arxiv.org/abs/2112.10510",
        code="https://github.com/automl/TransformersCanDoBayesianInference",
    ),
    family="Learning inside the forward pass",
    settings=PRESETS,
    arms=ARMS,
    claims=CLAIMS,
    measure=measure,
    figures=figures,
)
