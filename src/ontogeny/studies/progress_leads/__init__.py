"""A question across studies: does progress that only the inside shows lead what can be seen from outside?"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ontogeny.studies.progress_leads.claims import CLAIMS
from ontogeny.studies.progress_leads.settings import PRESETS, Settings
from ontogeny.studies.study import Paper, SeedResult, Study

if TYPE_CHECKING:
    from ontogeny.atlas import Figure
    from ontogeny.claims import Evidence
    from ontogeny.lab.lab import Lab


def measure(lab: "Lab", settings: Settings, arm: str, seed: int) -> SeedResult:
    """One seed of every other study's evidence, under one detector."""
    from ontogeny.studies.progress_leads.method import measure_seed

    return measure_seed(lab, settings, seed)


def figures(evidence: "Evidence") -> "Sequence[Figure]":
    """The report's figures, from the evidence's tables."""
    from ontogeny.studies.progress_leads.figures import draw

    return draw(evidence)


study = Study(
    id="progress_leads",
    title="Does hidden progress lead the visible jump?",
    question=(
        "In several studies a measure of the inside moves while behaviour still stands. Under one detector: does it "
        "always, by how much, and by more than the detector's own error?"
    ),
    paper=Paper(
        title="Hidden progress across studies",
        authors="Ontogeny",
        year=2026,
        venue="this laboratory",
        url="https://arxiv.org/abs/2207.08799",
    ),
    family="Dynamics of learning",
    settings=PRESETS,
    claims=CLAIMS,
    measure=measure,
    figures=figures,
)
