"""The explorer's answers in a store of 200 runs and 2,000 checkpoints, over HTTP within one process.

The model has the laptop preset's size. The first time pays for reading files or fitting probes (it stands in the note);
the second is what scrubbing and repeated edits feel like.
"""

import os
import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from frame import Row, Rows, main, medians, row, seconds

from ontogeny.configuration import override
from ontogeny.explorer.app import make_app
from ontogeny.explorer.explorer import Explorer
from ontogeny.lab.lab import Lab
from ontogeny.studies.emergent_semantics.settings import PRESETS

RUNS = 200
LIMIT_MS = 100.0


def rows(quick: bool) -> Rows:
    with tempfile.TemporaryDirectory() as folder:
        run = make_store(Path(folder), 3 if quick else RUNS, "smoke" if quick else "laptop")
        client = TestClient(make_app(Explorer(Path(folder))), base_url="http://localhost")
        edit = {"step": 18, "token": 1, "feature": "heading", "shift": 1, "layer": 1}
        for name, address, content in (
            ("studies", "/api/studies", None),
            ("ledger", "/api/ledger", None),
            ("runs", "/api/runs?limit=200", None),
            ("one run", run, None),
            ("its curves", f"{run}/metrics", None),
            ("a moment", f"{run}/karel/moment?index=0&step=18", None),
            ("a film", f"{run}/karel/film?index=0", None),
            ("an edit", f"{run}/karel/edit", edit),
            ("attention and a silenced head", f"{run}/inspect", {"step": 18, "ablate": [{"layer": 0, "head": 0}]}),
        ):
            yield _row(f"explorer: {name}", partial(ask, client, address, content), 1 if quick else 5)


def make_store(store: Path, runs: int, preset: str) -> str:
    """One training of 10 checkpoints, and copies of its folder; the address of the first."""
    changes = ["training.steps=18", "training.checkpoints.every=2", "training.batch=32"]
    settings = override(PRESETS[preset], changes)
    run = Lab(store).train("karel", settings.model, settings.world, settings.training, 0)
    for number in range(1, runs):
        shutil.copytree(run.folder, store / "karel" / f"{number:016x}", copy_function=os.link)
    return f"/api/runs/karel/{run.folder.name}"


def ask(client: TestClient, address: str, content: dict[str, Any] | None) -> None:
    answer = client.get(address) if content is None else client.post(address, json=content)
    assert answer.status_code in (200, 202), answer.text


def _row(what: str, asking: partial[None], rounds: int) -> Row:
    first = seconds(asking)
    again = medians({what: asking}, rounds)[what]
    return row(what, 1e3 * again, LIMIT_MS, "limit", "ms", bar=1.0, note=f"the first time {1e3 * first:.0f} ms")


if __name__ == "__main__":
    main(__doc__, rows)
