"""Barak et al. (NeurIPS 2022): parities are learned suddenly, after progress that the loss does not show."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ontogeny.studies.hidden_parity.claims import CLAIMS
from ontogeny.studies.hidden_parity.settings import PRESETS, Settings
from ontogeny.studies.study import Paper, SeedResult, Study

if TYPE_CHECKING:
    from ontogeny.atlas import Figure
    from ontogeny.claims import Evidence
    from ontogeny.lab.lab import Lab


def measure(lab: "Lab", settings: Settings, arm: str, seed: int) -> SeedResult:
    """One seed: perceptrons on parities of several sizes, a single neuron, a transformer."""
    from ontogeny.studies.hidden_parity.method import measure_seed

    return measure_seed(lab, settings, seed)


def figures(evidence: "Evidence") -> "Sequence[Figure]":
    """The report's figures, from the evidence's tables."""
    from ontogeny.studies.hidden_parity.figures import draw

    return draw(evidence)


study = Study(
    id="hidden_parity",
    title="Hidden progress in learning parities",
    question=(
        "The parity of a few hidden bits gives no partial credit: until all are found, guesses are right half of the "
        "time. Is it found by luck, or is there progress that neither loss nor accuracy shows?"
    ),
    paper=Paper(
        title="Hidden Progress in Deep Learning: SGD Learns Parities Near the Computational Limit",
        authors="Boaz Barak, Benjamin L. Edelman, Surbhi Goel, Sham Kakade, Eran Malach, Cyril Zhang",
        year=2022,
        venue="NeurIPS 2022",
        url="https://arxiv.org/abs/2207.08799",
    ),
    family="Dynamics of learning",
    settings=PRESETS,
    claims=CLAIMS,
    measure=measure,
    figures=figures,
)
