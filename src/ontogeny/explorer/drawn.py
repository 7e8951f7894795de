"""Figures that were drawn before, kept in the user's cache: drawing takes seconds, and gives the same every time.

    $XDG_CACHE_HOME/ontogeny/figures/<digest>.json

The digest follows from the evidence's record, the study's and the atlas's code, and the version of matplotlib.
Everything there can be deleted.
"""

import hashlib
import inspect
import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from ontogeny import atlas
from ontogeny.atlas.figure import Figure
from ontogeny.errors import OntogenyError
from ontogeny.files import write_atomic
from ontogeny.lab.evidence_places import RECORD
from ontogeny.studies import Study


def kept_figures(study: Study, evidence: Path, draw: Callable[[], Sequence[Figure]]) -> list[Figure]:
    """The figures of the evidence in a folder: as they were kept, else by `draw`. Without a cache they are drawn."""
    place = _folder() / f"{_digest(study, evidence)}.json"
    with suppress(OSError, ValueError, TypeError):
        return [Figure(**entry) for entry in json.loads(place.read_bytes())]
    figures = list(draw())
    with suppress(OSError, OntogenyError):
        place.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(place, json.dumps([asdict(figure) for figure in figures]).encode())
    return figures


def _folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "ontogeny" / "figures"


def _digest(study: Study, evidence: Path) -> str:
    content = hashlib.sha256(f"{study.id} {version('matplotlib')}".encode())
    for folder in (Path(inspect.getfile(study.figures)).parent, Path(inspect.getfile(atlas)).parent):
        for module in sorted(folder.glob("*.py")):
            content.update(module.read_bytes())
    content.update((evidence / RECORD).read_bytes())
    return content.hexdigest()[:32]
