"""The explorer's answers in a store of 200 runs and 2,000 checkpoints: `python benchmarks/explorer_server.py`.

Everything over HTTP within one process, the model at the laptop preset's size. The first time pays for reading files
or fitting probes; the second is what scrubbing and repeated edits feel like.
"""

import os
import shutil
import tempfile
import time
from pathlib import Path

from fastapi.testclient import TestClient

from ontogeny.configuration import override
from ontogeny.explorer.app import make_app
from ontogeny.explorer.explorer import Explorer
from ontogeny.lab.lab import Lab
from ontogeny.studies.emergent_semantics.settings import PRESETS

RUNS = 200


def make_store(store: Path) -> str:
    """One training of 10 checkpoints, and 199 copies of its folder; the address of the first."""
    changes = ["training.steps=18", "training.checkpoints.every=2", "training.batch=32"]
    settings = override(PRESETS["laptop"], changes)
    run = Lab(store).train("karel", settings.model, settings.world, settings.training, 0)
    for number in range(1, RUNS):
        shutil.copytree(run.folder, store / "karel" / f"{number:016x}", copy_function=os.link)
    return f"/api/runs/karel/{run.folder.name}"


def report(client: TestClient, name: str, address: str, content: dict | None = None) -> None:
    times = []
    for _ in range(3):
        start = time.perf_counter()
        answer = client.get(address) if content is None else client.post(address, json=content)
        times.append(1000 * (time.perf_counter() - start))
        assert answer.status_code in (200, 202), answer.text
    print(f"{name:<34}{times[0]:8.0f} ms  then {min(times[1:]):6.0f} ms  {len(answer.content) / 1000:8.1f} KB")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        run = make_store(Path(folder))
        client = TestClient(make_app(Explorer(Path(folder))), base_url="http://localhost")
        report(client, "studies", "/api/studies")
        report(client, "ledger", "/api/ledger")
        report(client, f"{RUNS} runs", "/api/runs?limit=200")
        report(client, "one run", run)
        report(client, "its curves", f"{run}/metrics")
        report(client, "a moment", f"{run}/karel/moment?index=0&step=18")
        report(client, "another one of the same block", f"{run}/karel/moment?index=1&step=18")
        report(client, "a film (one moment kept)", f"{run}/karel/film?index=0")
        edit = {"step": 18, "token": 1, "feature": "heading", "shift": 1, "layer": 2}
        report(client, "an edit", f"{run}/karel/edit", edit)
        report(
            client, "attention and a silenced head", f"{run}/inspect", {"step": 18, "ablate": [{"layer": 0, "head": 0}]}
        )
