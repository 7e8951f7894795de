"""Figures that were drawn before: drawing takes seconds, and gives the same every time."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from ontogeny import atlas
from ontogeny.atlas.figure import Figure
from ontogeny.kept import digest_of, kept
from ontogeny.lab.evidence_places import RECORD
from ontogeny.studies import Study


def kept_figures(study: Study, evidence: Path, draw: Callable[[], Sequence[Figure]]) -> list[Figure]:
    """The figures of the evidence in a folder: as they were kept, else by `draw`.

    They follow from the evidence's record, the study's and the atlas's code, and the version of matplotlib.
    """
    code = (Path(inspect.getfile(part)).parent for part in (study.figures, atlas))
    files = [evidence / RECORD, *(module for folder in code for module in folder.glob("*.py"))]
    digest = digest_of(files, study.id, version("matplotlib"))
    return [Figure(**entry) for entry in kept("figures", digest, lambda: [asdict(figure) for figure in draw()])]
