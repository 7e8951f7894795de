"""Olsson et al. (2022): learning in context comes suddenly, together with heads that look for what came before."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ontogeny.studies.induction.claims import CLAIMS
from ontogeny.studies.induction.settings import ARMS, PRESETS, Settings
from ontogeny.studies.study import Paper, SeedResult, Study

if TYPE_CHECKING:
    from ontogeny.atlas import Figure
    from ontogeny.claims import Evidence
    from ontogeny.lab.lab import Lab


def measure(lab: "Lab", settings: Settings, arm: str, seed: int) -> SeedResult:
    """One seed: two layers, one layer, one layer with smeared keys on repeated segments; two layers on chains.

    In the arm `text` the three learn text instead.
    """
    from ontogeny.studies.induction.method import measure_seed, measure_text

    return measure_text(lab, settings.text, seed) if arm == "text" else measure_seed(lab, settings, seed)


def figures(evidence: "Evidence") -> "Sequence[Figure]":
    """The report's figures, from the evidence's tables."""
    from ontogeny.studies.induction.figures import draw

    return draw(evidence)


study = Study(
    id="induction",
    title="Induction heads and learning in context",
    question=(
        "A language model comes to use what it has just read. Does that come suddenly, and is it the work of heads "
        "that look for where the current token stood before, and copy what followed?"
    ),
    paper=Paper(
        title="In-context Learning and Induction Heads",
        authors="Catherine Olsson, Nelson Elhage, Neel Nanda, Nicholas Joseph, ..., Chris Olah",
        year=2022,
        venue="Transformer Circuits Thread",
        url="https://arxiv.org/abs/2209.11895",
    ),
    family="Heads and features",
    settings=PRESETS,
    arms=ARMS,
    claims=CLAIMS,
    measure=measure,
    figures=figures,
)
