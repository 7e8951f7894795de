"""Zhang et al. (2022): transformers that follow chains of reasoning, how far, by which heads, and by which shortcut."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ontogeny.studies.lego.claims import CLAIMS
from ontogeny.studies.lego.settings import PRESETS, Settings
from ontogeny.studies.study import Paper, SeedResult, Study

if TYPE_CHECKING:
    from ontogeny.atlas import Figure
    from ontogeny.claims import Evidence
    from ontogeny.lab.lab import Lab


def measure(lab: "Lab", settings: Settings, arm: str, seed: int) -> SeedResult:
    """One seed: five learners that are told the beginnings of chains, two that are told whole ones."""
    from ontogeny.studies.lego.method import measure_seed

    return measure_seed(lab, settings, seed)


def figures(evidence: "Evidence") -> "Sequence[Figure]":
    """The report's figures, from the evidence's tables."""
    from ontogeny.studies.lego.figures import draw

    return draw(evidence)


study = Study(
    id="lego",
    title="Chains of reasoning",
    question=(
        "Variables are defined by one another, in shuffled order. Does a transformer that has learned the beginnings "
        "of such chains follow them further, by which heads does it, and when does it find a shortcut instead?"
    ),
    paper=Paper(
        title="Unveiling Transformers with LEGO: a synthetic reasoning task",
        authors="Yi Zhang, Arturs Backurs, Sébastien Bubeck, Ronen Eldan, Suriya Gunasekar, Tal Wagner",
        year=2022,
        venue="arXiv preprint",
        url="https://arxiv.org/abs/2206.04301",
        code="https://github.com/yizhangzzz/transformers-lego",
    ),
    family="Heads and features",
    settings=PRESETS,
    claims=CLAIMS,
    measure=measure,
    figures=figures,
)
