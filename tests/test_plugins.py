"""A package as an installer leaves it: modules, and a folder of metadata that names its entry points."""

import importlib
import sys
from pathlib import Path

import pytest

import ontogeny as og
from ontogeny import plugins, studies
from ontogeny.errors import OntogenyError, UsageError
from ontogeny.training import Run, Training, Trajectory
from ontogeny.training.run import claim

POINTS = """\
[ontogeny.studies]
my_study = foreign:study
misnamed = foreign:study
broken = foreign_broken:study

[ontogeny.worlds]
foreign_counter = foreign:ForeignCounter

[ontogeny.instruments]
half = foreign:half
"""
MODULE = """\
from dataclasses import replace
from typing import Literal

import toy_study
from ontogeny.configuration import configuration
from toys import Counter


@configuration
class ForeignCounter(Counter):
    kind: Literal["foreign_counter"] = "foreign_counter"


def half(value):
    return value / 2


study = replace(toy_study.study, id="my_study")
"""


@pytest.fixture
def foreign(tmp_path: Path, monkeypatch) -> Path:
    """Installs the package; gives the folder that it is installed in."""
    place = tmp_path / "site"
    (place / "foreign_package-1.0.dist-info").mkdir(parents=True)
    (place / "foreign_package-1.0.dist-info" / "METADATA").write_text("Name: foreign-package\nVersion: 1.0\n")
    (place / "foreign_package-1.0.dist-info" / "entry_points.txt").write_text(POINTS)
    (place / "foreign.py").write_text(MODULE)
    (place / "foreign_broken.py").write_text("raise RuntimeError('it does not even start')\n")
    monkeypatch.syspath_prepend(place)
    importlib.invalidate_caches()
    yield place
    sys.modules.pop("foreign", None)


def test_a_study_of_another_package_is_found_like_our_own(foreign):
    assert {"my_study", "emergent_semantics"} <= set(studies.names())
    assert "foreign" not in sys.modules
    assert studies.find("my_study").id == "my_study"
    assert og.study("emergent_semantics").id == "emergent_semantics"


def test_what_a_package_gets_wrong_names_the_package(foreign):
    with pytest.raises(OntogenyError, match="it does not even start; repair or uninstall the package foreign-package"):
        studies.find("broken")
    with pytest.raises(OntogenyError, match=r"'misnamed' of ontogeny.studies is no Study of that id"):
        studies.find("misnamed")


def test_worlds_and_instruments_are_reached_through_their_rooms(foreign):
    assert og.worlds.foreign_counter(modulus=7).modulus == 7
    assert og.instruments.half(3) == 1.5
    with pytest.raises(AttributeError, match="no attribute 'half'"):
        _ = og.worlds.half


def test_a_stored_run_of_an_installed_world_is_read_and_of_another_refused(foreign, tmp_path):
    world = og.worlds.foreign_counter()
    run = Run(og.models.Transformer(layers=1, width=8, heads=1, mlp=8), world, Training(steps=1), 0)
    (tmp_path / "run").mkdir()
    claim(tmp_path / "run", run)
    assert Trajectory(tmp_path / "run").world == world
    (foreign / "foreign_package-1.0.dist-info" / "entry_points.txt").unlink()
    importlib.invalidate_caches()
    assert plugins.installed("worlds") == {}
    with pytest.raises(UsageError, match=r"unknown kind .*foreign_counter"):
        Trajectory(tmp_path / "run")
