"""Saxe, McClelland & Ganguli (2013): how a network whose answers are linear comes to learn in stages."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ontogeny.studies.deep_linear.claims import CLAIMS
from ontogeny.studies.deep_linear.settings import PRESETS, Settings
from ontogeny.studies.study import Paper, SeedResult, Study

if TYPE_CHECKING:
    from ontogeny.atlas import Figure
    from ontogeny.claims import Evidence
    from ontogeny.lab.lab import Lab


def measure(lab: "Lab", settings: Settings, arm: str, seed: int) -> SeedResult:
    """One seed: networks on a known spectrum, on items of a hierarchy, and of growing depth."""
    from ontogeny.studies.deep_linear.method import measure_seed

    return measure_seed(lab, settings, seed)


def figures(evidence: "Evidence") -> "Sequence[Figure]":
    """The report's figures, from the evidence's tables."""
    from ontogeny.studies.deep_linear.figures import draw

    return draw(evidence)


study = Study(
    id="deep_linear",
    title="Exact learning dynamics of deep linear networks",
    question=(
        "A deep linear network can only answer linearly, and its learning can be solved. Does it follow the solution: "
        "mode by mode, each with a plateau and a sudden rise, broad distinctions before fine ones?"
    ),
    paper=Paper(
        title="Exact solutions to the nonlinear dynamics of learning in deep linear neural networks",
        authors="Andrew M. Saxe, James L. McClelland, Surya Ganguli",
        year=2013,
        venue="ICLR 2014",
        url="https://arxiv.org/abs/1312.6120",
    ),
    family="Dynamics of learning",
    settings=PRESETS,
    claims=CLAIMS,
    measure=measure,
    figures=figures,
)
