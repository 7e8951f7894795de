"""The toy study alone, in an empty working directory."""

from pathlib import Path

import pytest

import toy_study
from ontogeny import studies
from ontogeny.errors import unknown_name
from ontogeny.lab import evidence_places
from ontogeny.lab.study_run import run_study


@pytest.fixture(autouse=True)
def toy_alone(monkeypatch, tmp_path):
    """The toy study is the only one, nothing is committed, and the working directory is empty."""

    def find(id: str):
        if id != "toy_study":
            raise unknown_name("study", id, ["toy_study"])
        return toy_study.study

    monkeypatch.setattr(studies, "find", find)
    monkeypatch.setattr(studies, "names", lambda: ["toy_study"])
    monkeypatch.setattr(evidence_places, "committed_folder", lambda: tmp_path / "committed")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


@pytest.fixture
def committed(tmp_path: Path) -> Path:
    """The toy study's evidence of three seeds at laptop, as if it were part of the package."""
    run_study(toy_study.study, tmp_path / "elsewhere", seeds=range(3), workers=1)
    (tmp_path / "committed").mkdir()
    (tmp_path / "elsewhere" / "toy_study" / "evidence").rename(tmp_path / "committed" / "toy_study")
    return tmp_path / "committed"
