"""Figures that were drawn before: drawing takes seconds, and gives the same every time."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from pathlib import Path

from ontogeny.atlas.figure import Figure
from ontogeny.kept import digest_of, kept
from ontogeny.lab.evidence_places import PACKAGE, RECORD
from ontogeny.studies import Study


def kept_figures(study: Study, evidence: Path, draw: Callable[[], Sequence[Figure]]) -> list[Figure]:
    """The figures of the evidence in a folder: as they were kept, else by `draw`.

    They follow from the evidence's record, our code and the study's, and the version of matplotlib.
    """
    code = [code_digest(folder) for folder in (PACKAGE, Path(inspect.getfile(study.figures)).parent)]
    digest = digest_of([evidence / RECORD], study.id, version("matplotlib"), *code)
    return [Figure(**entry) for entry in kept("figures", digest, lambda: [asdict(figure) for figure in draw()])]


@cache
def code_digest(folder: Path) -> str:
    """Of all modules in a folder. Once per process, which goes on with the code that it began with."""
    return digest_of(folder.rglob("*.py"))
