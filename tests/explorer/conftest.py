"""One tiny Karel training for all tests of the explorer, and a client of an application on a copy of its store."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

import toy_study
from ontogeny import studies
from ontogeny.errors import unknown_name
from ontogeny.explorer.app import make_app
from ontogeny.explorer.explorer import Explorer
from ontogeny.lab import evidence_places
from ontogeny.lab.lab import Lab
from ontogeny.lab.study_run import run_study
from ontogeny.models import Transformer
from ontogeny.training import Spacing, Training
from ontogeny.worlds import Karel

MODEL = Transformer(layers=2, width=16, heads=2, mlp=16, positions="learned", embedding_scale=0.2)
WORLD = Karel(side=3, lengths=(1, 3), examples=2, held_out=2)
TRAINING = Training(steps=20, batch=32, checkpoints=Spacing(every=10, logarithmic=False))
SEED = 0


@pytest.fixture
def unwritable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may be written; what is there is found all the same."""
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK and access(path, mode))


@pytest.fixture(autouse=True)
def toy_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The toy study is the only one, and nothing is committed."""

    def find(id: str):
        if id != "toy_study":
            raise unknown_name("study", id, ["toy_study"])
        return toy_study.study

    monkeypatch.setattr(studies, "find", find)
    monkeypatch.setattr(studies, "names", lambda: ["toy_study"])
    monkeypatch.setattr(studies, "all", lambda: [toy_study.study])
    monkeypatch.setattr(evidence_places, "committed_folder", lambda: tmp_path / "committed")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one run that is done. Not to be changed: take `store`."""
    place = tmp_path_factory.mktemp("explorer")
    Lab(place).train("karel", MODEL, WORLD, TRAINING, SEED, evaluate=lambda model, step: {"accuracy": step / 20})
    return place


@pytest.fixture(scope="session")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with evidence of the toy study, three seeds. Not to be changed: take `store`."""
    place = tmp_path_factory.mktemp("evidence")
    run_study(toy_study.study, place, preset="laptop", seeds=range(3), workers=1)
    return place


@pytest.fixture
def store(trained: Path, measured: Path, tmp_path: Path) -> Path:
    """A store of the test's own: one Karel run, and the toy study's evidence and runs."""
    place = tmp_path / "runs"
    shutil.copytree(trained, place)
    shutil.copytree(measured, place, dirs_exist_ok=True)
    return place


@pytest.fixture
def folder(store: Path) -> Path:
    """The Karel run's folder."""
    return next((store / "karel").iterdir())


@pytest.fixture
def explorer(store: Path) -> Iterator[Explorer]:
    made = Explorer(store)
    yield made
    made.jobs.close()


@pytest.fixture
def client(explorer: Explorer) -> TestClient:
    return TestClient(make_app(explorer), base_url="http://localhost", raise_server_exceptions=False)


@pytest.fixture
def run(folder: Path) -> str:
    """The address of the Karel run."""
    return f"/api/runs/karel/{folder.name}"


@pytest.fixture
def empty(tmp_path: Path) -> TestClient:
    """A client of an explorer whose store is not there yet."""
    return TestClient(make_app(Explorer(tmp_path / "nothing")), base_url="http://localhost")
